"""What is measured of exams: their events, the times of their stages, and what lies ahead in the queue."""

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from contracts.errors import ErrorCode
from contracts.events import Priority
from contracts.status import Status
from services.gateway.core.eta import Queue, StageTime
from services.gateway.core.progress import Position
from services.gateway.exams import Exam


@dataclass(frozen=True)
class Event:
    """One row of `exam_events`; `number` counts from 1 within an exam, without gaps."""

    number: int
    at: datetime
    position: Position


@dataclass(frozen=True)
class Timing:
    """One stage of one exam, seconds; null where not measured (yet)."""

    stage: str
    attempts: int
    started_at: datetime | None
    completed_at: datetime | None
    queue_seconds: float | None
    work_seconds: float | None
    external_seconds: float | None


async def events_after(pool: asyncpg.Pool, exam_id: uuid.UUID, number: int, limit: int = 200) -> list[Event]:
    """The exam's events with greater numbers, in order."""
    return (await events_of(pool, {exam_id: number}, limit)).get(exam_id, [])


async def events_of(pool: asyncpg.Pool, after: Mapping[uuid.UUID, int], limit: int) -> dict[uuid.UUID, list[Event]]:
    """Of each exam up to `limit` events with greater numbers than given, in order; exams without any are left out."""
    rows = await pool.fetch(_EVENTS, list(after), list(after.values()), limit)
    found: dict[uuid.UUID, list[Event]] = {}
    for row in rows:
        found.setdefault(row["exam_id"], []).append(_event(row))
    return found


def _event(row: asyncpg.Record) -> Event:
    code = row["error_code"]
    position = Position(
        row["revision"],
        Status(row["status"]),
        row["progress"],
        row["stage"],
        row["attempt"],
        row["done"],
        row["total"],
        ErrorCode(code) if code else None,
    )
    return Event(row["number"], row["at"], position)


async def timings(pool: asyncpg.Pool, exam: Exam) -> list[Timing]:
    """The stages of the exam's revision, in the order they began."""
    rows = await pool.fetch(
        """SELECT stage, attempts, started_at, completed_at, queue_seconds, work_seconds, external_seconds
           FROM stage_timings WHERE exam_id = $1 AND revision = $2 ORDER BY coalesce(started_at, completed_at), stage""",
        exam.exam_id,
        exam.position.revision,
    )
    return [Timing(**dict(row)) for row in rows]


async def begun_at(pool: asyncpg.Pool, exam: Exam) -> datetime:
    """When the exam's revision began: with its first event."""
    moment: datetime | None = await pool.fetchval(
        "SELECT min(at) FROM exam_events WHERE exam_id = $1 AND revision = $2", exam.exam_id, exam.position.revision
    )
    return exam.created_at if moment is None or exam.position.revision == 1 else moment


class History:
    """Recent stage times and the queue, asked of the database at most every few seconds."""

    def __init__(self, pool: asyncpg.Pool, keep_seconds: float = 3.0) -> None:
        self._pool = pool
        self._keep = keep_seconds
        self._until = 0.0
        self._times: dict[str, StageTime] = {}
        self._per_second = 0.0
        self._lock = asyncio.Lock()

    async def stage_times(self) -> dict[str, StageTime]:
        """Seconds of work of the last 100 completed runs per stage."""
        await self._refresh()
        return self._times

    async def queue(self, priority: Priority, created_at: datetime) -> Queue:
        """Exams of the same or a more urgent class that wait since before `created_at`, and how fast exams end."""
        ahead = await self._pool.fetchval(
            """SELECT count(*) FROM exams WHERE status = 'UPLOADED' AND created_at < $1
               AND ($2 = 'batch' OR priority = 'interactive')""",
            created_at,
            priority,
        )
        await self._refresh()
        return Queue(int(ahead), self._per_second)

    async def _refresh(self) -> None:
        async with self._lock:
            if time.monotonic() < self._until:
                return
            rows = await self._pool.fetch(_STAGE_TIMES)
            self._times = {row["stage"]: StageTime(row["p50"], row["p90"], row["runs"]) for row in rows}
            self._per_second = float(await self._pool.fetchval(_PER_SECOND) or 0.0)
            self._until = time.monotonic() + self._keep


_EVENTS = """
SELECT found.* FROM unnest($1::uuid[], $2::integer[]) AS wanted (exam_id, number)
CROSS JOIN LATERAL (
    SELECT * FROM exam_events e
    WHERE e.exam_id = wanted.exam_id AND e.number > wanted.number ORDER BY e.number LIMIT $3
) AS found ORDER BY found.exam_id, found.number
"""

_STAGE_TIMES = """
SELECT s.stage, count(*) AS runs, percentile_cont(0.5) WITHIN GROUP (ORDER BY t.work_seconds) AS p50,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY t.work_seconds) AS p90
FROM (VALUES ('ocr'), ('parser'), ('analyzer'), ('diagnostic'), ('report')) AS s (stage)
CROSS JOIN LATERAL (
    SELECT work_seconds FROM stage_timings
    WHERE stage = s.stage AND completed_at IS NOT NULL AND work_seconds IS NOT NULL
    ORDER BY completed_at DESC LIMIT 100
) AS t
GROUP BY s.stage
"""

_PER_SECOND = """
SELECT count(*) / greatest(1.0, extract(epoch FROM max(completed_at) - min(completed_at))) FROM (
    SELECT completed_at FROM exams WHERE status = 'COMPLETED' AND completed_at > now() - interval '2 minutes'
    ORDER BY completed_at DESC LIMIT 50
) AS lately HAVING count(*) > 1
"""
