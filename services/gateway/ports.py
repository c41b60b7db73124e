"""What the gateway needs of Kafka; `runtime.kafka.Kafka` has it, and tests may bring less."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from contracts.events import ExamEvent, derived_id
from contracts.topics import CONTROL, STAGES, SUBMISSION, UPLOADED
from runtime.blobs import Blobs
from runtime.cache import Cache
from runtime.envelope import Record
from runtime.trace import Trace, Tracer

Handler = Callable[[Record], Awaitable[None]]


class EventBus(Protocol):
    """Kafka, as far as the gateway goes."""

    async def publish(self, topic: str, event: ExamEvent, *, event_id: uuid.UUID, source: str, trace: Trace) -> None:
        """Publish and wait for the broker's acknowledgement; whatever it raises, the event is published again."""
        ...

    def consume(
        self, topics: Sequence[str], group: str, handler: Handler, *, concurrency: int = 8
    ) -> AbstractAsyncContextManager[Any]:
        """Deliver records at least once while the context lasts; a handler that raises gets the record again.

        Up to `concurrency` side by side, one of an exam at a time.
        """
        ...


class Health(Protocol):
    """Conditions of readiness."""

    def check(self, name: str, check: Callable[[], Awaitable[None]]) -> None:
        """Ready only while `check` returns."""
        ...


class Resources(Protocol):
    """What the composition root hands in."""

    @property
    def kafka(self) -> EventBus: ...

    @property
    def blobs(self) -> Blobs: ...

    @property
    def cache(self) -> Cache: ...

    @property
    def health(self) -> Health: ...

    @property
    def tracer(self) -> Tracer: ...


_STEPS = {row.sink: row.name for row in STAGES} | dict.fromkeys(UPLOADED.values(), SUBMISSION) | {CONTROL: "cancel"}


def event_id(topic: str, event: ExamEvent) -> uuid.UUID:
    """The derived id of an event the gateway publishes, the same as that of the stage whose artefact it names."""
    return derived_id(event.exam_id, _STEPS[topic], event.revision)
