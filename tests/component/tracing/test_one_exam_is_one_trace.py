"""An exam followed through its spans: request, outbox, broker, five stages, projection, webhook; tries are linked."""

from contextlib import AsyncExitStack
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.base import Contract
from contracts.errors import Transient
from contracts.topics import STAGES, UPLOADED, retry_topic
from deploy.native.stack import Stack as Servers
from runtime import health, log, trace
from runtime.blobs_local import LocalBlobs
from runtime.cache import Nothing
from runtime.cancellations import Cancellations
from runtime.job import Job
from runtime.kafka import open_kafka
from runtime.kit import Resources
from runtime.otel import OtelTracer, provider_of
from runtime.process import run_stage
from runtime.settings import FlowSettings, KafkaSettings, Settings
from runtime.stage import Stage
from services.gateway.webhooks.settings import WebhookSettings
from tests.component.gateway.harness import Outside, gateway, until
from tests.component.gateway.webhooks.receiver import answers, receiving
from tests.faults.light import _MAKERS, Light, Story
from tests.faults.light_pool import Upload

GIVEN = trace.Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")


async def _reads_at_the_second_try(job: Job) -> Contract:
    if job.attempt == 1:
        raise Transient("not yet")
    return await _MAKERS["ocr"](job, Story(Upload("marker", 1, ""), ""))


class Spans:
    """What was recorded, asked for as a person would."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = provider_of(SimpleSpanProcessor(self._exporter), 1.0, "redink", "test")
        self.tracer = OtelTracer(provider.get_tracer("test"))

    def named(self, name: str) -> list[ReadableSpan]:
        return sorted(
            (span for span in self._exporter.get_finished_spans() if span.name == name), key=lambda s: s.start_time or 0
        )

    def path(self, span: ReadableSpan) -> list[str]:
        """Names from this span up to the request that began it all."""
        by_id = {each.context.span_id: each for each in self._exporter.get_finished_spans() if each.context}
        names = [span.name]
        while span.parent and (above := by_id.get(span.parent.span_id)):
            span = above
            names.append(span.name)
        return names


def _links(span: ReadableSpan) -> list[int]:
    return [link.context.span_id for link in span.links]


def _id(span: ReadableSpan) -> int:
    assert span.context
    return span.context.span_id


async def test_one_exam_is_one_trace_from_its_request_to_its_webhook(
    stack: Servers, database: str, topic_prefix: str, tmp_path: Path
) -> None:
    spans, blobs = Spans(), LocalBlobs(tmp_path)
    settings = Settings.__new__(Settings)
    settings.flow = FlowSettings(retry_base=0.2, drain_seconds=5)
    settings.kafka = KafkaSettings(
        bootstrap=stack.kafka_bootstrap,
        profile=stack.kafka_profile,  # type: ignore[arg-type]
        topic_prefix=topic_prefix,
    )
    hooks = WebhookSettings(allow_loopback=True, poll_seconds=0.1, retry_seconds=(0.05,) * 3)
    async with AsyncExitStack() as opened:
        kafka = await opened.enter_async_context(open_kafka(settings.kafka))
        await kafka.create_topics()
        receiver = await opened.enter_async_context(receiving())
        receiver.manners.append(answers(500))
        resources = Resources(
            kafka, blobs, Nothing(), Nothing(), health.Health(), settings, log.get("test"), tracer=spans.tracer
        )
        for row in STAGES:
            work = _reads_at_the_second_try if row.name == "ocr" else Light(row.name, None, None).work
            await opened.enter_async_context(run_stage(Stage(row.name, work), resources, Cancellations()))
        outside = Outside(kafka, blobs, tracer=spans.tracer)  # type: ignore[arg-type]
        running = await opened.enter_async_context(
            gateway(database, tmp_path, outside=outside, opened={"hooks": hooks})
        )
        response = await running.upload(headers={"traceparent": GIVEN.traceparent}, callback_url=receiver.url())
        assert response.status_code == 202, response.text
        assert response.headers["trace-id"] == GIVEN.trace_id
        await until(lambda: len(spans.named("POST webhook")) == 2, 180)

    # the request goes on from where its caller stood, and everything goes on from the request
    (request,) = spans.named("POST /exams")
    assert request.parent is not None
    assert request.parent.span_id == int(GIVEN.span_id, 16)
    last = spans.named(f"process {STAGES[-1].sources[0]}")[0]  # a broker may deliver a record more than once
    way = [name for row in reversed(STAGES[1:]) for name in (f"process {row.sources[0]}", f"send {row.sources[0]}")]
    uploaded = UPLOADED["interactive"]
    assert spans.path(last) == [*way, f"process {retry_topic('ocr')}", f"send {uploaded}", "POST /exams"]

    # the second try is linked to the first, of the stage and of the webhook alike
    first, second = spans.named(f"process {uploaded}")[0], spans.named(f"process {retry_topic('ocr')}")[0]
    assert _links(second) == [_id(first)]
    refused, taken = spans.named("POST webhook")
    assert (_links(refused), _links(taken)) == ([], [_id(refused)])
    assert (refused.status.is_ok, taken.attributes and taken.attributes["http.response.status_code"]) == (False, 200)

    # the receiver is told where it stands, and so are the books
    told = [trace.parse(message.headers["traceparent"]) for message in receiver.heard]
    assert [int(each.span_id, 16) for each in told if each] == [_id(refused), _id(taken)]
    assert {each.trace_id for each in told if each} == {GIVEN.trace_id}
    reported = spans.named(f"process {STAGES[-1].sink}")
    assert reported
    assert spans.path(reported[0])[1] == f"send {STAGES[-1].sink}"
