"""A gateway without an outbox in front of Redink's stages: the row in Postgres first, then the event to Kafka.

Everything else is as careful as Redink: stages, artefacts, idempotent uploads, and an exam is reported in the same
transaction that ends it. `python -m bench.delivery.dual_write NAME` runs a stage or this gateway.
"""

import asyncio
import os
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.delivery import topics
from bench.delivery.contestant import Arena
from bench.delivery.light import serve
from bench.delivery.redink import Redink, fetch
from contracts.artefacts.submission import Submission, UploadedFile
from contracts.events import ExamReported, ExamStatus, ExamUploaded, derived_id
from contracts.status import Status
from contracts.topics import REPORTED, STAGES, STATUS, SUBMISSION, UPLOADED, artefact_path
from runtime import trace
from runtime.envelope import Record, event_of
from runtime.kit import Resources
from runtime.settings import load
from services.gateway.settings import PostgresSettings

NAME = "dual-write"
_TENANT = "bench"
_TABLES = """
CREATE TABLE IF NOT EXISTS uploads (key text PRIMARY KEY, exam_id uuid UNIQUE NOT NULL, done_at timestamptz, failed bool);
CREATE TABLE IF NOT EXISTS reports (exam_id uuid NOT NULL, at timestamptz NOT NULL DEFAULT now());
"""


@dataclass(frozen=True)
class DualWrite(Redink):
    """`again`: a repeated upload is published again, though its row is there."""

    name: str = NAME
    title: str = "Dual write before Redink's stages"
    gateway: str = NAME
    again: bool = False

    def commands(self, arena: Arena) -> Mapping[str, Sequence[str]]:
        return {name: [sys.executable, "-m", __name__, name] for name in super().commands(arena)}

    def environment(self, arena: Arena) -> Mapping[str, str]:
        return {**super().environment(arena), "BENCH_AGAIN": str(int(self.again))}

    def reports(self, arena: Arena) -> Counter[str]:
        return Counter(dict(asyncio.run(fetch(arena, "SELECT exam_id::text, count(*) FROM reports GROUP BY 1"))))

    def failed(self, arena: Arena) -> set[str]:
        return {exam for (exam,) in asyncio.run(fetch(arena, "SELECT exam_id::text FROM uploads WHERE failed"))}

    def held(self, arena: Arena, exams: Collection[str]) -> set[str]:
        """In a topic: a row alone is looked at by nobody."""
        groups = {topic: row.name for row in STAGES for topic in row.sources} | {REPORTED: "gateway"}
        prefixed = {f"{arena.prefix}{topic}": f"{arena.prefix}{group}" for topic, group in groups.items()}
        return asyncio.run(topics.uncommitted(arena.stack.kafka_bootstrap, prefixed, lambda r: r.key.decode()))


class Gateway:
    """Takes uploads, publishes them, and notes which were reported."""

    def __init__(self, pool: asyncpg.Pool, resources: Resources, *, again: bool) -> None:
        self._pool = pool
        self._kafka = resources.kafka
        self._blobs = resources.blobs
        self._again = again

    async def upload(self, request: Request) -> JSONResponse:
        """Store, insert, publish, answer: whoever is killed between the second and the third has written one of two."""
        key = request.headers["Idempotency-Key"]
        async with request.form() as form:
            content = await form["files"].read()  # type: ignore[union-attr]
        event = await self._store(uuid.uuid4(), content)
        first = await self._pool.execute(
            "INSERT INTO uploads (key, exam_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", key, event.exam_id
        )
        if first == "INSERT 0 0":
            exam_id = await self._pool.fetchval("SELECT exam_id FROM uploads WHERE key = $1", key)
            if self._again:
                await self._publish(await self._store(exam_id, content))
            return JSONResponse({"exam_id": str(exam_id)}, 202)
        await self._publish(event)
        return JSONResponse({"exam_id": str(event.exam_id)}, 202)

    async def reported(self, record: Record) -> None:
        """End the exam and report it, once, in one transaction."""
        event = event_of(record, ExamReported)
        async with self._pool.acquire() as connection, connection.transaction():
            ended = await connection.execute(
                "UPDATE uploads SET done_at = now() WHERE exam_id = $1 AND done_at IS NULL", event.exam_id
            )
            if ended == "UPDATE 1":
                await connection.execute("INSERT INTO reports (exam_id) VALUES ($1)", event.exam_id)

    async def spoken(self, record: Record) -> None:
        """Note what a stage says has failed."""
        event = event_of(record, ExamStatus)
        if isinstance(event, ExamStatus) and event.status is Status.FAILED:
            await self._pool.execute("UPDATE uploads SET failed = true WHERE exam_id = $1", event.exam_id)

    async def heard(self, record: Record) -> None:
        """A record of either topic."""
        await (self.spoken(record) if record.topic == STATUS else self.reported(record))

    async def _store(self, exam_id: uuid.UUID, content: bytes) -> ExamUploaded:
        blob = await self._blobs.put(f"{_TENANT}/{exam_id}/1/upload-1", content)
        file = UploadedFile(blob=blob, media_type="application/pdf")
        submission = Submission(subject="math", grade=7, files=(file,))
        path = artefact_path(_TENANT, exam_id, 1, SUBMISSION)
        artefact = await self._blobs.put(path, submission.model_dump_json().encode())
        now = datetime.now(UTC)
        deadline = now + timedelta(minutes=10)
        return ExamUploaded(exam_id=exam_id, tenant=_TENANT, uploaded_at=now, deadline=deadline, artefact=artefact)

    async def _publish(self, event: ExamUploaded) -> None:
        await self._kafka.publish(
            UPLOADED[event.priority],
            event,
            event_id=derived_id(event.exam_id, SUBMISSION, event.revision),
            source="/bench/gateway",
            trace=trace.start(),
        )


@asynccontextmanager
async def open_dual_write(resources: Resources) -> AsyncIterator[Starlette]:
    """The gateway as an application."""
    dsn = load(PostgresSettings).dsn.get_secret_value()
    async with asyncpg.create_pool(dsn, min_size=1) as pool:
        await pool.execute(_TABLES)
        gateway = Gateway(pool, resources, again=os.environ["BENCH_AGAIN"] == "1")
        async with resources.kafka.consume([REPORTED, STATUS], "gateway", gateway.heard):
            yield Starlette(routes=[Route("/api/v1/exams", gateway.upload, methods=["POST"])])


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1], {NAME: open_dual_write}))
