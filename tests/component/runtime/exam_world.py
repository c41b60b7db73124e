"""What a test of delivery holds: events in, one stage, and what came out."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.artefacts import Paper
from contracts.artefacts.paper import Header
from contracts.events import BlobRef, ExamRead, ExamStatus, StatusKind, derived_id
from contracts.topics import STAGE, STATUS, artefact_path, dead_topic, retry_topic
from runtime import trace
from runtime.blobs_local import LocalBlobs
from runtime.cancellations import Cancellations
from runtime.envelope import Record
from runtime.intake import Intake
from runtime.job import Job
from runtime.kafka import Kafka
from runtime.kit import Resources
from runtime.process import run_stage
from runtime.stage import Pool, Stage
from runtime.topics import end_offsets

ROW = STAGE["parser"]
SOURCE, SINK = ROW.sources[0], ROW.sink
EMPTY = Paper(header=Header())
DEAD, RETRY = dead_topic(ROW.name), retry_topic(ROW.name)


def new_event(**changes: Any) -> ExamRead:
    """An event of the stage's source; its artefact is never read by these tests."""
    exam = uuid.uuid4()
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "exam_id": exam,
        "tenant": "school-a",
        "uploaded_at": now,
        "deadline": now + timedelta(minutes=10),
        "artefact": BlobRef(path=artefact_path("school-a", exam, 1, "ocr"), sha256="0" * 64, size=0),
    }
    return ExamRead(**(fields | changes))


async def paper(_: Job) -> Paper:
    """The simplest work."""
    return EMPTY


@dataclass
class World:
    """What a test holds: a way to put events in, run the stage, and see what came out."""

    kafka: Kafka
    resources: Resources
    blobs: LocalBlobs
    topic_prefix: str
    cancellations: Cancellations = field(default_factory=Cancellations)
    seen: dict[str, list[Record]] = field(default_factory=dict)

    async def put(self, event: ExamRead, topic: str = SOURCE, attempt: int = 1) -> None:
        """Publish an event as the stage before would."""
        event_id = derived_id(event.exam_id, "ocr", event.revision)
        await self.kafka.publish(topic, event, event_id=event_id, source="/redink/ocr", trace=trace.start())

    @asynccontextmanager
    async def stage(
        self, work: Callable[[Job], Awaitable[Any]] = paper, pool: Pool | None = None, **options: Any
    ) -> AsyncIterator[Intake]:
        """The stage running with this work; once it has ended, all that it published has been seen."""
        stage = Stage(ROW.name, work, pool, **options)
        async with run_stage(stage, self.resources, self.cancellations) as intake:
            yield intake
        if self.seen:
            await self.settled()

    async def settled(self) -> None:
        """Each topic has a reader of its own: what one has seen says nothing of the others, until all are at the end."""
        ends = await end_offsets(self.resources.settings.kafka, self.seen)
        written = Counter[str]()
        for partition, end in ends.items():
            written[partition.topic] += end
        await self.until(lambda: all(len(records) >= written[topic] for topic, records in self.seen.items()))

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait for an outcome; the test fails with what was seen when it doesn't come."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                counts = {topic: len(records) for topic, records in self.seen.items()}
                raise AssertionError(f"not within {seconds} s; records seen: {counts}")
            await asyncio.sleep(0.02)

    def out(self, topic: str, event: ExamRead | None = None) -> list[Record]:
        """Records that came out on a topic, of one exam if given."""
        records = self.seen.get(topic, [])
        return [record for record in records if event is None or record.key == str(event.exam_id).encode()]

    def statuses(self, event: ExamRead, kind: StatusKind | None = None) -> list[ExamStatus]:
        """What the stage said of an exam."""
        words = [ExamStatus.model_validate_json(record.value or b"") for record in self.out(STATUS, event)]
        return [word for word in words if kind is None or word.kind is kind]
