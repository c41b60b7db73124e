"""The spans of a record's way, named as OpenTelemetry's conventions for messaging have it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

import structlog

from runtime import trace
from runtime.envelope import FORMER, Record
from runtime.trace import Attributes, Span, Trace, Tracer

_KAFKA = {"messaging.system": "kafka"}


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
