"""What lies on the topics, and what a row puts there: records as bytes, past every contract."""

import asyncio
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.events import ExamEvent
from contracts.topics import STAGES, TOPICS
from runtime import trace
from runtime.envelope import Envelope, Record, encode
from runtime.kafka import Kafka
from runtime.settings import KafkaSettings
from runtime.topics import read_topic

_EVENT = {row.sink: row.event for row in STAGES}


@dataclass(frozen=True)
class Wire:
    """The world's broker. `kafka` publishes; reading opens consumers of its own, in no group."""

    kafka: Kafka
    settings: KafkaSettings

    async def records(self, *topics: str) -> list[Record]:
        """All that topics hold now; they are read side by side, as reading one is mostly waiting."""
        found = await asyncio.gather(*(self._read(topic) for topic in topics))
        return [record for records in found for record in records]

    async def _read(self, topic: str) -> list[Record]:
        return [record async for record in read_topic(self.settings, topic)]

    async def of(self, exam: str, *topics: str) -> list[Record]:
        """The records of one exam on topics."""
        return [record for record in await self.records(*topics) if record.key == exam.encode()]

    async def everything(self) -> list[Record]:
        """All records of all topics."""
        return await self.records(*(topic.name for topic in TOPICS))

    async def stories(self, *exams: str) -> dict[str, dict[str, list[str]]]:
        """What the sink events of exams refer to, by exam and topic: one SHA-256 per event."""
        found: dict[str, dict[str, list[str]]] = {exam: {} for exam in exams}
        for record in await self.records(*_EVENT):
            exam = (record.key or b"").decode(errors="replace")
            if exam in found:
                event = _EVENT[record.topic].model_validate_json(record.value or b"")
                found[exam].setdefault(record.topic, []).append(f"{event.revision}:{event.artefact.sha256}")
        return found

    async def put(self, topic: str, value: bytes, *, key: bytes | None = None, **headers: str) -> None:
        """Publish bytes as they are."""
        await self.kafka.send(topic, key, value, headers)

    async def say(self, topic: str, event: ExamEvent, event_id: uuid.UUID | None = None) -> None:
        """Publish a well-formed event that no stage of ours sent."""
        envelope = Envelope(event_id or uuid.uuid4(), topic, "/torture", datetime.now(UTC), trace.start())
        await self.kafka.send(topic, *encode(envelope, event))

    async def again(self, records: Iterable[Record], times: int, chance: random.Random) -> int:
        """Publish records again, each `times` times, in an order of the seed's own; how many."""
        copies = [record for record in records for _ in range(times)]
        chance.shuffle(copies)
        for record in copies:
            headers = {name: value.decode(errors="replace") for name, value in record.headers}
            await self.kafka.send(record.topic, record.key, record.value, headers)
        return len(copies)


def ids(records: Iterable[Record]) -> set[str]:
    """The distinct ids of events."""
    return {record.header("ce_id") or "" for record in records}


def sinks(upto: str | None = None) -> list[str]:
    """The topics that stages write, in order, up to that of a stage."""
    names = [row.name for row in STAGES]
    return [row.sink for row in STAGES[: names.index(upto) + 1 if upto else None]]


def said(exam: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What every event about an exam says, from its row; `changes` make it a lie."""
    truth = {
        "exam_id": exam["exam_id"],
        "tenant": exam["tenant"],
        "revision": exam["revision"],
        "priority": exam["priority"],
        "uploaded_at": exam["created_at"],
        "deadline": exam["deadline"],
    }
    return truth | changes
