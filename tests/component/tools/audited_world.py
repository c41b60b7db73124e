"""A healthy installation, made by hand: exams in the books, their events on the topics, their artefacts in the store.

Each test spoils one thing in it and sees that the audit says so. Nothing runs here but the servers.
"""

import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiokafka
import asyncpg

from contracts.artefacts import Report, Submission, UploadedFile
from contracts.errors import ErrorCode
from contracts.events import BlobRef, ExamEvent, ExamStatus, ExamUploaded, StatusKind, derived_id
from contracts.status import STEPS, Status
from contracts.topics import REPORTED, STAGES, STATUS, SUBMISSION, UPLOADED, artefact_path
from runtime import trace
from runtime.blobs_local import LocalBlobs
from runtime.kafka import Kafka
from runtime.settings import KafkaSettings

MARKER = "marker-of-"

Audit = Callable[..., Awaitable[dict[str, Any]]]
"""Runs the tool in this process; its JSON."""


@dataclass
class Made:
    """One exam as it was made."""

    exam_id: uuid.UUID
    tenant: str
    revision: int
    uploaded_at: datetime
    deadline: datetime
    file: BlobRef
    refs: dict[str, BlobRef] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, Any]:
        """What every event about it says."""
        return {name: getattr(self, name) for name in ("exam_id", "tenant", "revision", "uploaded_at", "deadline")}

    @property
    def marker(self) -> str:
        """What its report carries of its upload."""
        return f"{MARKER}{self.exam_id}"

    def journal(self, outcome: str = "ok", **changes: Any) -> dict[str, Any]:
        """The line its uploader wrote."""
        line = {
            "key": f"key-{self.exam_id}",
            "sha256": self.file.sha256,
            "marker": self.marker,
            "started": 1.0,
            "ended": 2.0,
            "outcome": outcome,
            "exam_id": str(self.exam_id) if outcome == "ok" else None,
            "tenant": self.tenant,
        }
        return line | changes


@dataclass
class World:
    """The servers, and how to put things there."""

    sql: asyncpg.Connection
    kafka: Kafka
    kafka_settings: KafkaSettings
    blobs: LocalBlobs
    folder: Path

    async def exam(self, status: Status = Status.COMPLETED, *, tenant: str = "dev", code: str | None = None) -> Made:
        """An exam that went the whole way, or ended at its start with `status`."""
        now = datetime.now(UTC) - timedelta(seconds=60)
        exam_id = uuid.uuid4()
        content = f"{MARKER}{exam_id}".encode()
        file = await self.blobs.put(f"{tenant}/{exam_id}/1/upload-1", content)
        made = Made(exam_id, tenant, 1, now, now + timedelta(minutes=10), file)
        await self._upload(made)
        path = [Status.UPLOADED]
        if status is Status.COMPLETED:
            path += [word for row in STAGES for word in (row.running, row.done)]
            await self._stages(made)
        await self._books(made, path if status is Status.UPLOADED else [*path, status], code)
        return made

    async def _upload(self, made: Made) -> None:
        submission = Submission(subject="math", grade=7, files=(UploadedFile(blob=made.file, media_type="image/jpeg"),))
        path = artefact_path(made.tenant, made.exam_id, 1, SUBMISSION)
        made.refs[SUBMISSION] = await self.blobs.put(path, submission.model_dump_json().encode())
        await self.say(UPLOADED["interactive"], ExamUploaded(**made.said, artefact=made.refs[SUBMISSION]), "upload")

    async def _stages(self, made: Made) -> None:
        for row in STAGES:
            await self.status(made, row.name, StatusKind.STARTED, row.running)
            made.refs[row.name] = await self._artefact(made, row.name)
            await self.say(row.sink, row.event(**made.said, artefact=made.refs[row.name]), row.name)
            await self.status(made, row.name, StatusKind.COMPLETED, row.done)

    async def _artefact(self, made: Made, name: str) -> BlobRef:
        data = json.dumps({"made": name}).encode()
        if name == "report":
            base = f"{made.tenant}/{made.exam_id}/1"
            html = await self.blobs.put(f"{base}/report.html", f"<p>{made.marker}</p>".encode())
            data = Report(result=html, html=html, pdf=html).model_dump_json().encode()
        return await self.blobs.put(artefact_path(made.tenant, made.exam_id, 1, name), data)

    async def status(self, made: Made, stage: str, kind: StatusKind, status: Status, **more: Any) -> None:
        """A stage's word."""
        word = ExamStatus(**made.said, stage=stage, kind=kind, status=status, at=datetime.now(UTC), **more)
        await self.say(STATUS, word, f"{stage}/{kind}/{status}/{word.attempt}")

    async def say(self, topic: str, event: ExamEvent, step: str) -> None:
        """Publish an event with its derived id."""
        event_id = derived_id(event.exam_id, step, event.revision)
        await self.kafka.publish(topic, event, event_id=event_id, source="/test", trace=trace.start())

    async def dead(
        self, made: Made, stage: str, *, offset: int = 0, value: bytes | None = None, **headers: str
    ) -> None:
        """A dead letter of a stage about its source record."""
        row = next(row for row in STAGES if row.name == stage)
        before = made.refs[{"ocr": SUBMISSION}.get(stage, STAGES[STAGES.index(row) - 1].name)]
        event = ExamUploaded(**made.said, artefact=before)
        why = {
            "x-dead-stage": stage,
            "x-dead-topic": row.sources[0],
            "x-dead-partition": "0",
            "x-dead-offset": str(offset),
            "x-dead-reason": "transient_exhausted",
            "x-dead-error": "Transient at blobs.get",
            "x-dead-attempt": "4",
            "x-dead-at": datetime.now(UTC).isoformat(),
        }
        ce = {
            "ce_specversion": "1.0",
            "ce_id": str(derived_id(made.exam_id, stage, made.revision)),
            "ce_type": row.sources[0],
            "ce_source": "/test",
            "ce_time": datetime.now(UTC).isoformat(),
        }
        data = event.model_dump_json().encode() if value is None else value
        await self.kafka.send(f"redink.dead.{stage}.v1", str(made.exam_id).encode(), data, ce | why | headers)

    async def _books(self, made: Made, path: Sequence[Status], code: str | None) -> None:
        last = path[-1]
        report = made.refs["report"].model_dump_json() if last is Status.COMPLETED else None
        async with self.sql.transaction():
            await self.sql.execute("INSERT INTO tenants (name) VALUES ($1) ON CONFLICT DO NOTHING", made.tenant)
            await self.sql.execute(
                """INSERT INTO exams (exam_id, tenant, status, error_code, priority, subject, grade, locale, files,
                       created_at, deadline, updated_at, status_at, heard_at, completed_at, last_event, report)
                   VALUES ($1, $2, $3, $4, 'interactive', 'math', 7, 'zh-CN', 1, $5, $6, $5, $5, $5, $7, $8, $9)""",
                made.exam_id,
                made.tenant,
                last.value,
                code,
                made.uploaded_at,
                made.deadline,
                made.uploaded_at if last.terminal else None,
                len(path),
                report,
            )
            for number, status in enumerate(path, 1):
                await self.event(made, number, status)

    async def event(self, made: Made, number: int, status: Status | str, revision: int = 1) -> None:
        """One row of the exam's history."""
        await self.sql.execute(
            "INSERT INTO exam_events (exam_id, number, revision, status, progress, attempt) VALUES ($1, $2, $3, $4, $5, 1)",
            made.exam_id,
            number,
            revision,
            str(status),
            (STEPS[Status(status)].progress or 0) if status in Status.__members__ else 0,
        )

    async def commit(self, group: str, topic: str, offset: int) -> None:
        """Commit an offset for every partition, as a group would that is past so many records in each."""
        prefix = self.kafka_settings.topic_prefix
        consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=self.kafka_settings.bootstrap, group_id=f"{prefix}{group}", enable_auto_commit=False
        )
        await consumer.start()
        try:
            places = [aiokafka.TopicPartition(f"{prefix}{topic}", number) for number in range(12)]
            consumer.assign(places)
            await consumer.commit(dict.fromkeys(places, offset))
        finally:
            await consumer.stop()

    def journal(self, *lines: dict[str, Any]) -> str:
        """A journal file with these lines."""
        path = self.folder / "journal.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(path)


def sha(text: str) -> str:
    """The hash of an upload that may never have come."""
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = ["MARKER", "REPORTED", "ErrorCode", "Made", "World", "sha"]
