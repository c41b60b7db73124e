"""Closes the loop: silent exams are published again from their last artefact, overdue ones end visibly as EXPIRED.

So "no exam lost" is a query: accepted = completed + failed + cancelled + expired + in flight within the deadline.
"""

# ruff: noqa: S608 - what is put into statements is a constant

import asyncio
import contextlib

import asyncpg

from contracts.errors import ErrorCode
from contracts.events import ExamUploaded, StageDone
from contracts.status import Status
from contracts.topics import STAGES, SUBMISSION, UPLOADED, artefact_path
from runtime import log, metrics
from runtime.blobs import BlobMissing, Blobs, ref_of
from services.gateway.core.progress import Fact, advance
from services.gateway.exams import ENDED, Connection, Exam, count_end, enqueue, exam_of, lock, move
from services.gateway.projection import Projection
from services.gateway.relay import Relay
from services.gateway.settings import GatewaySettings

_BATCH = 100
_IN_FLIGHT = "status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')"
assert all(status in _IN_FLIGHT for status in ENDED)


class Sweeper:
    """One sweeper; several processes may sweep, rows are shared out by SKIP LOCKED."""

    def __init__(
        self, pool: asyncpg.Pool, blobs: Blobs, projection: Projection, relay: Relay, settings: GatewaySettings
    ) -> None:
        self._pool = pool
        self._blobs = blobs
        self._projection = projection
        self._relay = relay
        self._settings = settings
        self._log = log.get("gateway.sweeper")

    async def run(self) -> None:
        """Sweep regularly, for ever; a database or store that is away is waited for."""
        while True:
            try:
                await self.sweep()
            except Exception as error:  # noqa: BLE001 - nobody would notice that a sweeper died
                self._log.error("sweep failed", error=log.what(error), at=log.where(error))
            await asyncio.sleep(self._settings.sweep_seconds)

    async def sweep(self) -> None:
        """One round."""
        await self._projection.retry_parked()
        while await self.expire() == _BATCH:
            continue
        await self.republish()
        await self._forget()
        await self._measure()

    async def expire(self) -> int:
        """End exams past their deadline; how many."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                f"SELECT * FROM exams WHERE {_IN_FLIGHT} AND deadline < clock_timestamp()"
                " ORDER BY deadline LIMIT $1 FOR UPDATE SKIP LOCKED",
                _BATCH,
            )
            ended = [await self._expire(connection, exam_of(row)) for row in rows]
        for exam in ended:
            count_end(exam)
            self._log.warning("exam expired", exam_id=str(exam.exam_id), stage=exam.position.stage)
        return len(ended)

    async def republish(self) -> int:
        """Publish silent exams again; how many. The pause doubles each time, as a long queue is silent too."""
        count = 0
        for exam in await self._silent():
            try:
                topic, event = await self._last_event(exam)
            except BlobMissing:
                await self._give_up(exam)
                continue
            async with self._pool.acquire() as connection, connection.transaction():
                taken = await connection.execute(
                    f"UPDATE exams SET republished = republished + 1, heard_at = clock_timestamp()"
                    f" WHERE exam_id = $1 AND republished = $2 AND revision = $3 AND {_IN_FLIGHT}",
                    exam.exam_id,
                    exam.republished,
                    exam.position.revision,
                )
                if taken != "UPDATE 1":
                    continue
                await enqueue(connection, topic, event, exam.traceparent)
            count += 1
            self._log.warning("silent exam published again", exam_id=str(exam.exam_id), topic=topic)
        return count

    async def _give_up(self, exam: Exam) -> None:
        """Fail an exam whose upload is gone."""
        async with self._pool.acquire() as connection, connection.transaction():
            locked = await lock(connection, exam.exam_id)
            if locked is None:
                return
            code = ErrorCode.ARTEFACT_MISSING
            fact = Fact(exam.position.revision, Status.FAILED, locked.position.stage, code=code)
            moved = await move(connection, locked, advance(locked.position, fact))
        count_end(moved)
        self._log.error("upload of a silent exam is gone", exam_id=str(exam.exam_id))

    async def _expire(self, connection: Connection, exam: Exam) -> Exam:
        fact = Fact(exam.position.revision, Status.EXPIRED, exam.position.stage, code=ErrorCode.DEADLINE_EXCEEDED)
        return await move(connection, exam, advance(exam.position, fact))

    async def _silent(self) -> list[Exam]:
        rows = await self._pool.fetch(
            f"""SELECT * FROM exams e WHERE {_IN_FLIGHT}
                  AND heard_at < clock_timestamp() - make_interval(secs => $1 * 2 ^ least(republished, 10))
                  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.exam_id = e.exam_id)
                ORDER BY heard_at LIMIT $2""",
            self._settings.silence_seconds,
            _BATCH,
        )
        return [exam_of(row) for row in rows]

    async def _last_event(self, exam: Exam) -> tuple[str, StageDone]:
        """The event of the latest artefact there is, and its topic; BlobMissing when not even the upload is there."""
        for row in reversed(STAGES):
            path = artefact_path(exam.tenant, exam.exam_id, exam.position.revision, row.name)
            with contextlib.suppress(BlobMissing):
                data = await self._blobs.read(path)
                return row.sink, row.event(**exam.said(), artefact=ref_of(path, data))
        path = artefact_path(exam.tenant, exam.exam_id, exam.position.revision, SUBMISSION)
        data = await self._blobs.read(path)
        return UPLOADED[exam.priority], ExamUploaded(**exam.said(), artefact=ref_of(path, data))

    async def _forget(self) -> None:
        hours, days = self._settings.idempotency_hours, self._settings.parked_days
        await self._pool.execute(
            "DELETE FROM idempotency WHERE created_at < now() - make_interval(secs => $1)", hours * 3600
        )
        dropped = await self._pool.fetchval(
            "WITH gone AS (DELETE FROM parked WHERE received_at < now() - make_interval(secs => $1) RETURNING 1)"
            " SELECT count(*) FROM gone",
            days * 86400,
        )
        if dropped:
            self._log.error("parked events given up", count=dropped)

    async def _measure(self) -> None:
        row = await self._pool.fetchrow(
            f"SELECT count(*) AS n, extract(epoch FROM clock_timestamp() - min(created_at)) AS age"
            f" FROM exams WHERE {_IN_FLIGHT}"
        )
        metrics.INFLIGHT.set(row["n"])
        metrics.OLDEST_INFLIGHT.set(float(row["age"] or 0.0))
        await self._relay.measure()
