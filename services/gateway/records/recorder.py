"""Records what completed exams say of their students. Derived from results, so a crash or a rebuild loses none.

An exam counts as recorded only with its rows, in one transaction. A revision that fails leaves those of the last that
completed; one that completes replaces them.
"""

from collections.abc import Sequence

import asyncpg
from pydantic import ValidationError

from contracts.artefacts import Report
from contracts.result import Result, ResultMastery
from runtime import log
from runtime.blobs import BlobMissing, Blobs
from services.gateway.background import regularly
from services.gateway.exams import Exam, exam_of
from services.gateway.pauses import Pauses
from services.gateway.records.responses import Response, responses_of
from services.gateway.records.settings import RecordSettings

_BATCH = 50
_BEGIN_ANEW = """
WITH same AS (
    UPDATE exams SET recorded_revision = $2
    WHERE exam_id = $1 AND revision = $2 AND status = 'COMPLETED' AND recorded_revision < $2 RETURNING exam_id
), responded AS (
    DELETE FROM responses USING same WHERE responses.exam_id = same.exam_id
), mastered AS (
    DELETE FROM masteries USING same WHERE masteries.exam_id = same.exam_id
)
SELECT 1 FROM same
"""
"""The exam's revision counts as recorded, and what was recorded before is gone; no row when another was first."""
OF_A_TYPE = "type."
"""Codes of question types: no knowledge points."""


class Recorder:
    """One of possibly several: what another did first is found done, under the exam's lock."""

    def __init__(self, pool: asyncpg.Pool, blobs: Blobs, settings: RecordSettings) -> None:
        """`pool` sees all tenants."""
        self._pool = pool
        self._blobs = blobs
        self._settings = settings
        self._pauses = Pauses()
        self._log = log.get("gateway.records")

    async def run(self) -> None:
        """For ever; a database or store that is away is waited for."""
        await regularly(self.round, self._settings.poll_seconds, self._log, "responses not recorded")

    async def round(self) -> None:
        """Record all that completed."""
        while found := await self._completed():
            for exam in found:
                await self._apart(exam)

    async def _completed(self) -> list[Exam]:
        rows = await self._pool.fetch(
            """SELECT * FROM exams WHERE status = 'COMPLETED' AND recorded_revision < revision
                 AND NOT exam_id = ANY($1) ORDER BY completed_at LIMIT $2""",
            self._pauses.current(),
            _BATCH,
        )
        return [exam_of(row) for row in rows]

    async def _apart(self, exam: Exam) -> None:
        """What goes wrong with this exam is no matter of the others."""
        try:
            result = await self._result(exam)
            async with self._pool.acquire() as connection:
                await _record(connection, exam, result)
            self._pauses.well(exam.exam_id)
        except Exception as error:  # noqa: BLE001 - met again after a pause
            self._pauses.failed(exam.exam_id)
            self._log.error("exam not recorded", exam_id=str(exam.exam_id), error=log.what(error), at=log.where(error))

    async def _result(self, exam: Exam) -> Result | None:
        """None when it can't be read any more: then there is nothing to be recorded of the exam."""
        try:
            if exam.report is None:
                return None
            report = Report.model_validate_json(await self._blobs.get(exam.report))
            if not report.result.path.startswith(f"{exam.tenant}/{exam.exam_id}/"):  # what it refers to, a stage wrote
                self._log.error("result of another exam", exam_id=str(exam.exam_id))
                return None
            return Result.model_validate_json(await self._blobs.get(report.result))
        except (BlobMissing, ValidationError) as error:
            self._log.error("result of an exam unknown", exam_id=str(exam.exam_id), error=log.what(error))
            return None


async def _record(connection: asyncpg.Connection, exam: Exam, result: Result | None) -> None:
    """All of it or nothing, and nothing when another was first."""
    found = responses_of(exam.exam_id, result) if result else ()
    mastered = result.diagnosis.mastery if result else ()
    if not found and not mastered:
        await connection.execute(_BEGIN_ANEW, exam.exam_id, exam.position.revision)
        return
    async with connection.transaction():
        if await connection.fetchval(_BEGIN_ANEW, exam.exam_id, exam.position.revision):
            await _put_responses(connection, exam, found)
            await _put_masteries(connection, exam, mastered)


async def _put_responses(connection: asyncpg.Connection, exam: Exam, found: Sequence[Response]) -> None:
    await connection.executemany(
        """INSERT INTO responses (response_id, tenant, exam_id, sitting, student_id, class_id, subject, taken_at, place,
             item, path, codes, names, parts, weight, share, earned, max_score, difficulty)
           VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)""",
        [
            (
                each.response_id, exam.tenant, exam.exam_id, exam.student_id, exam.class_id, exam.subject, exam.created_at,
                each.place, each.item, list(each.path), [a.code for a in each.asked], [a.name for a in each.asked],
                [a.part for a in each.asked], each.weight, each.share, each.earned, each.max_score, each.difficulty,
            )
            for each in found
        ],
    )  # fmt: skip


async def _put_masteries(connection: asyncpg.Connection, exam: Exam, found: Sequence[ResultMastery]) -> None:
    await connection.executemany(
        """INSERT INTO masteries (exam_id, code, tenant, student_id, subject, taken_at, name, mastery, low, high, sufficient)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING""",
        [
            (
                exam.exam_id, each.code, exam.tenant, exam.student_id, exam.subject, exam.created_at, each.name,
                each.mastery, each.low, each.high, each.sufficient,
            )
            for each in found
            if not each.code.startswith(OF_A_TYPE)
        ],
    )  # fmt: skip
