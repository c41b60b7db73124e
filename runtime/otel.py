"""Spans over OpenTelemetry: an SDK of its own (nothing global), exported by OTLP over HTTP. Needs the extra `tracing`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from opentelemetry import trace as api
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from runtime import log
from runtime.settings import TraceSettings
from runtime.trace import Attributes, Kind, Span, Trace, Tracer

_KINDS = {
    "internal": api.SpanKind.INTERNAL,
    "server": api.SpanKind.SERVER,
    "client": api.SpanKind.CLIENT,
    "producer": api.SpanKind.PRODUCER,
    "consumer": api.SpanKind.CONSUMER,
}
_FLUSH_LIMIT = 3.0
"""Seconds that the last spans may take on their way out: a collector that is away must not hold up a process."""


class _Recorded:
    def __init__(self, span: api.Span) -> None:
        self._span = span
        self._trace = _trace(span.get_span_context())

    @property
    def trace(self) -> Trace:
        return self._trace

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def fail(self, error: str) -> None:
        self._span.set_attribute("error.type", error)
        self._span.set_status(api.StatusCode.ERROR)


class OtelTracer:
    """A `runtime.trace.Tracer` over OpenTelemetry's."""

    def __init__(self, tracer: api.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(
        self,
        name: str,
        *,
        kind: Kind = "internal",
        parent: Trace | None = None,
        links: Sequence[Trace] = (),
        attributes: Attributes | None = None,
    ) -> Iterator[Span]:
        """Also OpenTelemetry's current span while it lasts, so that libraries' own spans find their place below it."""
        above = api.set_span_in_context(api.NonRecordingSpan(_context(parent))) if parent else None
        linked = [api.Link(_context(link)) for link in links]
        span = self._tracer.start_span(name, above, _KINDS[kind], attributes, linked)
        recorded = _Recorded(span)
        # By itself it would write down the messages of errors, and those of strangers quote what they were given.
        with api.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield recorded
            except BaseException as error:
                recorded.fail(type(error).__name__)
                raise


@asynccontextmanager
async def exporting(settings: TraceSettings, service: str, version: str) -> AsyncIterator[Tracer]:
    """A tracer whose spans are sent in batches, by a thread; what can't be sent is dropped.

    The standard's variables OTEL_EXPORTER_OTLP_*, OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME are honoured as well.
    """
    exporter = OTLPSpanExporter(f"{str(settings.endpoint).rstrip('/')}/v1/traces")
    provider = provider_of(BatchSpanProcessor(exporter), settings.ratio, service, version)
    log.get("runtime.tracing").info("spans are exported", ratio=settings.ratio)
    try:
        yield OtelTracer(provider.get_tracer("redink", version))
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_LIMIT):
                await asyncio.to_thread(provider.shutdown)


def provider_of(processor: SpanProcessor, ratio: float, service: str, version: str) -> TracerProvider:
    """The SDK, set up.

    Sampling goes by the trace's id, so that all processes decide alike; a caller may decline, but not ask for more.
    """
    share = TraceIdRatioBased(ratio)
    ours = Resource({"service.name": service, "service.namespace": "redink", "service.version": version})
    provider = TracerProvider(
        sampler=ParentBased(share, remote_parent_sampled=share),
        resource=ours.merge(OTELResourceDetector().detect()),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(processor)
    return provider


def _context(trace: Trace) -> api.SpanContext:
    flags = api.TraceFlags(int(trace.flags, 16))
    return api.SpanContext(int(trace.trace_id, 16), int(trace.span_id, 16), is_remote=True, trace_flags=flags)


def _trace(context: api.SpanContext) -> Trace:
    return Trace(f"{context.trace_id:032x}", f"{context.span_id:016x}", f"{context.trace_flags:02x}")
