"""Counts what completed exams used, every revision once, whoever counts and however often it is tried.

A revision used only what its own stages did: pages count when it began with ocr, tokens and cost when analyzer ran in it.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import asyncpg
from pydantic import ValidationError

from contracts.artefacts import Report
from contracts.errors import Transient
from contracts.events import BlobRef
from contracts.result import Cost, Result
from contracts.status import Status
from runtime import log, metrics
from runtime.blobs import BlobMissing, Blobs
from services.gateway.background import regularly
from services.gateway.exams import Exam, exam_of
from services.gateway.pauses import Pauses

_BATCH = 50
_BEGAN = """
(SELECT b.status FROM exam_events b WHERE b.exam_id = e.exam_id AND b.revision = e.revision ORDER BY b.number LIMIT 1)
"""
"""The status that an exam's revision began at."""
_PENDING = f"""
SELECT e.*, {_BEGAN} AS began FROM exams e WHERE status = 'COMPLETED' AND metered < revision AND NOT exam_id = ANY($1)
ORDER BY completed_at LIMIT $2
"""  # noqa: S608 - constants
_ONE = f"SELECT metered, {_BEGAN} AS began FROM exams e WHERE exam_id = $1 AND revision = $2"  # noqa: S608 - constants
# One statement, so that a revision is counted once, or not at all.
_COUNT = """
WITH counted AS (
    UPDATE exams SET metered = $2 WHERE exam_id = $1 AND metered < $2 RETURNING tenant
), added AS (
    INSERT INTO usage_months AS u (tenant, month, pages, tokens_in, tokens_cached, tokens_out, cost)
    SELECT tenant, date_trunc('month', $3::timestamptz AT TIME ZONE 'UTC')::date, $4::bigint, $5::bigint, $6::bigint,
           $7::bigint, $8::numeric FROM counted
    ON CONFLICT (tenant, month) DO UPDATE SET pages = u.pages + excluded.pages,
      tokens_in = u.tokens_in + excluded.tokens_in, tokens_cached = u.tokens_cached + excluded.tokens_cached,
      tokens_out = u.tokens_out + excluded.tokens_out, cost = u.cost + excluded.cost
)
SELECT 1 FROM counted
"""


@dataclass(frozen=True)
class Reading:
    """What one revision of an exam used."""

    pages: int = 0
    cost: Cost = field(default_factory=Cost)


class Meter:
    """One meter; several processes may have one."""

    def __init__(self, pool: asyncpg.Pool, blobs: Blobs, every_seconds: float) -> None:
        self._pool = pool
        self._blobs = blobs
        self._every = every_seconds
        self._pauses = Pauses()
        self._log = log.get("gateway.meter")

    async def run(self) -> None:
        """For ever; a database or store that is away is waited for."""
        await regularly(self._catch_up, self._every, self._log, "usage not counted")

    async def _catch_up(self) -> None:
        while await self.turn() == _BATCH:
            continue

    async def turn(self) -> int:
        """Count the oldest completed exams that are not counted yet; how many there were. One that fails is left for later."""
        rows = await self._pool.fetch(_PENDING, self._pauses.current(), _BATCH)
        for row in rows:
            await self._apart(exam_of(row), row["began"])
        return len(rows)

    async def _apart(self, exam: Exam, began: str | None) -> None:
        """What can't be read of this exam is no matter of the others."""
        try:
            await self._count(exam, began)
            self._pauses.well(exam.exam_id)
        except Transient as error:
            self._pauses.failed(exam.exam_id)
            self._log.error("usage of an exam not counted", exam_id=str(exam.exam_id), error=log.what(error))

    async def count(self, exam: Exam) -> None:
        """Count the exam's revision, unless it is counted. What can't be read any more counts as nothing, and is told.

        Raises Transient: the store is away (Unavailable), or a blob is not what its reference says.
        """
        revision = exam.position.revision
        row = await self._pool.fetchrow(_ONE, exam.exam_id, revision)
        if row is not None and row["metered"] < revision:
            await self._count(exam, row["began"])

    async def _count(self, exam: Exam, began: str | None) -> None:
        reading = Reading()
        if exam.report is not None:
            try:
                reading = await self._read(exam.report)
            except (BlobMissing, ValidationError) as error:
                self._log.error("usage of an exam unknown", exam_id=str(exam.exam_id), error=log.what(error))
        used = _own(reading, began)
        if await self._pool.fetchval(_COUNT, exam.exam_id, exam.position.revision, exam.completed_at, *_columns(used)):
            metrics.PAGES.inc(used.pages)

    async def _read(self, ref: BlobRef) -> Reading:
        report = Report.model_validate_json(await self._blobs.get(ref))
        result = Result.model_validate_json(await self._blobs.get(report.result))
        return Reading(len(report.pages), result.cost)


def _own(reading: Reading, began: str | None) -> Reading:
    """The part of a reading that belongs to a revision that began at that status."""
    if began in {None, Status.UPLOADED}:
        return reading
    return Reading() if began in {Status.ANALYZED, Status.DIAGNOSED} else replace(reading, pages=0)


def _columns(reading: Reading) -> tuple[object, ...]:
    """(pages, tokens in, cached and out, cost)."""
    tokens = reading.cost.llm_tokens
    cost = Decimal(str(reading.cost.amount)).quantize(Decimal("0.000001"))
    return reading.pages, tokens.in_, tokens.cached, tokens.out, cost
