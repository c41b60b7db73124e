"""The spans of a record's way, named as OpenTelemetry's conventions for messaging have it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

import structlog

from runtime import trace
from runtime.envelope import FORMER, Record
from runtime.trace import UNTRACED, Attributes, Span, Trace, Tracer

_KAFKA = {"messaging.system": "kafka"}


class External:
    """Seconds in which at least one call to others was under way: calls side by side are waited for once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._open = 0
        self._since = 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around a call, however it ends."""
        if not self._open:
            self._since = _now()
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                self.seconds += _now() - self._since


_UNDER_WAY: ContextVar[tuple[Tracer, Span | None, External]] = ContextVar("redink_span")
"""Below what a call to others is to be seen: whoever makes it is deep inside a stage and knows nothing of spans."""

_TRIES: ContextVar[list[Trace]] = ContextVar("redink_tries")
"""The call before this one, where calls are tries of one thing."""


def sending(tracer: Tracer, topic: str, parent: Trace) -> AbstractContextManager[Span]:
    """Around a publish: what reads the record has this as its parent."""
    attributes = _KAFKA | {"messaging.operation.type": "send", "messaging.destination.name": topic}
    return tracer.span(f"send {topic}", kind="producer", parent=parent, attributes=attributes)


def processing(tracer: Tracer, record: Record, group: str) -> AbstractContextManager[Span]:
    """Around the work on a record: a child of what sent it, linked to the try before when it is tried again."""
    former = trace.parse(record.header(FORMER))
    attributes: Attributes = {
        **_KAFKA,
        "messaging.operation.type": "process",
        "messaging.destination.name": record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.consumer.group.name": group,
        "messaging.kafka.offset": record.offset,
        "redink.attempt": record.attempt,
    }
    return tracer.span(
        f"process {record.topic}",
        kind="consumer",
        parent=trace.parse(record.header("traceparent")),
        links=[former] if former else (),
        attributes=attributes,
    )


@contextmanager
def working(tracer: Tracer, parent: Trace) -> Iterator[External]:
    """Around a stage's own work; calls it makes are below, and add up in what it yields."""
    external = External()
    with tracer.span("work", parent=parent) as span:
        before = _UNDER_WAY.set((tracer, span, external))
        try:
            yield external
        finally:
            _UNDER_WAY.reset(before)


@contextmanager
def calling(name: str, attributes: Attributes) -> Iterator[Span]:
    """Around a call to others, such as a language model."""
    tracer, span, external = _UNDER_WAY.get((UNTRACED, None, External()))
    parent, former = span.trace if span else None, _TRIES.get([])
    opened = tracer.span(name, kind="client", parent=parent, links=tuple(former), attributes=attributes)
    with external.call(), opened as below:
        former[:] = [below.trace]
        yield below


@contextmanager
def tries() -> Iterator[None]:
    """Around calls that repeat each other: the span of each is linked to that of the one before."""
    before = _TRIES.set([])
    try:
        yield
    finally:
        _TRIES.reset(before)


def traced(
    tracer: Tracer, group: str, handler: Callable[[Record], Awaitable[None]]
) -> Callable[[Record], Awaitable[None]]:
    """The handler of a group, each call in a span and its log lines under the trace's id."""

    async def handle(record: Record) -> None:
        with (
            processing(tracer, record, group) as span,
            structlog.contextvars.bound_contextvars(trace_id=span.trace.trace_id),
        ):
            await handler(record)

    return handle


def _now() -> float:
    """Seconds, by the loop's clock."""
    return asyncio.get_running_loop().time()
