"""What a stage says on its topics: its sink, the status topic, its retries and its dead letters."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from contracts.events import BlobRef, ExamEvent, ExamStatus, StatusKind, derived_id
from contracts.status import Status
from contracts.topics import STATUS, StageRow, dead_topic, retry_topic
from runtime.clock import Clock, moment
from runtime.envelope import Headers, Record, again, first_try, text_headers
from runtime.spans import sending
from runtime.trace import UNTRACED, Trace, Tracer


class Publisher(Protocol):
    """What a stage needs of `runtime.kafka.Kafka`."""

    async def publish(self, topic: str, event: ExamEvent, *, event_id: uuid.UUID, source: str, trace: Trace) -> None:
        """Publish an event and wait until the broker has it."""
        ...

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Publish a record as it is, and wait until the broker has it."""
        ...


class Unsaid(Exception):
    """The broker didn't confirm: maybe it has the event, maybe not. No fault of the exam, whose tries it doesn't use up."""


class Voice:
    """One stage's. Every event's id is derived from what it says, so that saying it twice is saying it once.

    All methods raise Unsaid.
    """

    def __init__(
        self, row: StageRow, publisher: Publisher, clock: Clock = time.time, tracer: Tracer = UNTRACED
    ) -> None:
        self._row = row
        self._publisher = publisher
        self._clock = clock
        self._tracer = tracer

    async def done(self, event: ExamEvent, artefact: BlobRef, trace: Trace) -> None:
        """The artefact exists: the next stage's cue."""
        result = self._row.event(**_exam(event), artefact=artefact)
        await self._publish(self._row.sink, result, self._row.name, trace)

    async def status(
        self, event: ExamEvent, trace: Trace, kind: StatusKind, status: Status, *, attempt: int, **more: Any
    ) -> None:
        """A word on the status topic; `more` are fields of ExamStatus."""
        word = ExamStatus(
            **_exam(event),
            stage=self._row.name,
            kind=kind,
            status=status,
            at=moment(self._clock),
            attempt=attempt,
            **more,
        )
        step = f"{self._row.name}/{kind}/{status}/{attempt}" + (f"/{word.done}" if word.done is not None else "")
        await self._publish(STATUS, word, step, trace)

    async def retry(self, record: Record, due: float, former: Trace) -> None:
        """The same record again, not before `due` (seconds since 1970); `former` is the try that failed."""
        headers = again(record, attempt=record.attempt + 1, due=due, former=former)
        with _confirmed():
            await self._publisher.send(retry_topic(self._row.name), record.key, record.value, headers)

    async def dead(self, record: Record, reason: str, error: str) -> None:
        """Set the record aside: its own bytes and headers, and why beside them."""
        why = {
            "x-dead-stage": self._row.name,
            "x-dead-topic": record.topic,
            "x-dead-partition": str(record.partition),
            "x-dead-offset": str(record.offset),
            "x-dead-reason": reason,
            "x-dead-error": error,
            "x-dead-attempt": str(record.attempt),
            "x-dead-at": moment(self._clock).isoformat(),
        }
        headers = text_headers(first_try(record)) | why
        with _confirmed():
            await self._publisher.send(dead_topic(self._row.name), record.key, record.value, headers)

    async def _publish(self, topic: str, event: ExamEvent, step: str, trace: Trace) -> None:
        with sending(self._tracer, topic, trace) as span, _confirmed():
            await self._publisher.publish(
                topic,
                event,
                event_id=derived_id(event.exam_id, step, event.revision),
                source=f"/redink/{self._row.name}",
                trace=span.trace,
            )


@contextmanager
def _confirmed() -> Iterator[None]:
    """Unsaid for whatever the broker's client raises; a ValueError is about the record, which is as wrong tomorrow."""
    try:
        yield
    except ValueError:
        raise
    except Exception as error:
        raise Unsaid(type(error).__name__) from error


def _exam(event: ExamEvent) -> dict[str, Any]:
    """What all events of an exam share."""
    return {name: getattr(event, name) for name in ExamEvent.model_fields}
