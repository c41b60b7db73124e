"""Rows of `exams` and their numbered events: how they are made, and how they move."""

# ruff: noqa: S608 - what is put into statements is a constant

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg

from contracts.events import BlobRef, ExamEvent, ExamStatus, StatusKind
from services.gateway.core.form import Form
from services.gateway.core.progress import Position
from services.gateway.exams import EXAM_CHANNEL, IN_FLIGHT, Exam, exam_of
from services.gateway.ledger import Advance, UsedUp
from services.gateway.limits.quotas import account, count_exam

_SILENT = f"{IN_FLIGHT} AND heard_at < clock_timestamp() - make_interval(secs => $1 * 2 ^ least(republished, 1))"

# One statement, as an exam comes here ten times: a numbered event for each position, the row as the last one has it, and
# whoever listens hears of it.
_MOVE = """
WITH passed AS (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::smallint[], $5::text[], $6::integer[], $7::integer[],
                         $8::integer[], $9::text[], $10::integer[], $11::jsonb[], $12::boolean[])
        AS p (exam_id, revision, status, progress, stage, attempt, done, total, error_code, number, report, ended)
), told AS (
    INSERT INTO exam_events (exam_id, revision, status, progress, stage, attempt, done, total, error_code, number)
    SELECT exam_id, revision, status, progress, stage, attempt, done, total, error_code, number FROM passed
)
UPDATE exams SET revision = last.revision, status = last.status, progress = last.progress, stage = last.stage,
       attempt = last.attempt, done = last.done, total = last.total, error_code = last.error_code,
       last_event = last.number, report = coalesce(last.report, exams.report),
       updated_at = clock_timestamp(), heard_at = clock_timestamp(), republished = 0,
       status_at = CASE WHEN exams.status = last.status THEN status_at ELSE clock_timestamp() END,
       completed_at = CASE WHEN last.ended THEN clock_timestamp() END
FROM (SELECT DISTINCT ON (exam_id) * FROM passed ORDER BY exam_id, number DESC) AS last
WHERE exams.exam_id = last.exam_id
RETURNING exams.exam_id, updated_at, status_at, completed_at, pg_notify($13, exams.exam_id::text)
"""

# They aren't silent, which is nothing to write where this transaction has moved them; and the stages' words are merged into
# their timings: any order and repetition of the same words ends in the same row.
_HEARD = "UPDATE exams SET heard_at = clock_timestamp() WHERE exam_id = ANY($1::uuid[]) AND heard_at < now()"
_TIMED = f"""
WITH heard AS ({_HEARD})
INSERT INTO stage_timings AS t
  (exam_id, revision, stage, attempts, started_at, completed_at, queue_seconds, work_seconds, external_seconds)
SELECT * FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::integer[], $6::timestamptz[], $7::timestamptz[],
                     $8::float8[], $9::float8[], $10::float8[])
ON CONFLICT (exam_id, revision, stage) DO UPDATE SET
  attempts = greatest(t.attempts, excluded.attempts),
  started_at = least(t.started_at, excluded.started_at),
  completed_at = least(t.completed_at, excluded.completed_at),
  queue_seconds = least(t.queue_seconds, excluded.queue_seconds),
  work_seconds = greatest(t.work_seconds, excluded.work_seconds),
  external_seconds = greatest(t.external_seconds, excluded.external_seconds)
"""


class Exams:
    """The part of a transaction that is about exams."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def lock(self, exam_id: uuid.UUID) -> Exam | None:
        row = await self._connection.fetchrow("SELECT * FROM exams WHERE exam_id = $1 FOR UPDATE", exam_id)
        return exam_of(row) if row else None

    async def lock_all(self, exam_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Exam]:
        rows = await self._connection.fetch(
            "SELECT * FROM exams WHERE exam_id = ANY($1::uuid[]) ORDER BY exam_id FOR UPDATE", list(exam_ids)
        )
        return {row["exam_id"]: exam_of(row) for row in rows}

    async def insert(self, event: ExamEvent, form: Form, files: int, traceparent: str) -> Exam:
        row = await self._connection.fetchrow(
            """INSERT INTO exams (exam_id, tenant, revision, priority, subject, grade, student_id, class_id, title,
                                  locale, files, traceparent, created_at, deadline, updated_at, status_at, heard_at,
                                  last_event, callback_url, template_id, template_version)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $13, $13, 1, $15, $16, $17)
               RETURNING *""",
            event.exam_id,
            event.tenant,
            event.revision,
            event.priority,
            form.subject,
            form.grade,
            form.student_id,
            form.class_id,
            form.exam_title,
            form.locale,
            files,
            traceparent,
            event.uploaded_at,
            event.deadline,
            form.callback_url,
            form.template.id if form.template else None,
            form.template.version if form.template else None,
        )
        exam = exam_of(row)
        await self._record(exam.exam_id, exam.position, 1)
        await count_exam(self._connection, exam.tenant, exam.created_at)
        return exam

    async def move(self, exam: Exam, positions: Sequence[Position], report: BlobRef | None = None) -> Exam:
        [moved] = await self.move_all([Advance(exam, positions, report)])
        return moved

    async def move_all(self, advances: Sequence[Advance]) -> list[Exam]:
        passed = [row for advance in advances for row in _passed(advance)]
        if not passed:
            return [advance.exam for advance in advances]
        rows = await self._connection.fetch(_MOVE, *map(list, zip(*passed, strict=True)), EXAM_CHANNEL)
        written = {row["exam_id"]: row for row in rows}
        return [
            _moved(advance, written[advance.exam.exam_id]) if advance.positions else advance.exam
            for advance in advances
        ]

    async def reopen(self, exam: Exam, position: Position, deadline: datetime) -> Exam:
        await self._connection.execute("UPDATE exams SET deadline = $2 WHERE exam_id = $1", exam.exam_id, deadline)
        return await self.move(replace(exam, deadline=deadline), [position])

    async def heard(self, events: Collection[ExamEvent]) -> None:
        exam_ids = [event.exam_id for event in events]
        if timings := [_timing(event) for event in events if isinstance(event, ExamStatus)]:
            await self._connection.execute(_TIMED, exam_ids, *map(list, zip(*timings, strict=True)))
        elif exam_ids:
            await self._connection.execute(_HEARD, exam_ids)

    async def in_flight(self, tenant: str, *, exactly: bool = True) -> int:
        if exactly:
            # The count is a statement of its own, begun when the lock is held: it sees what earlier holders committed.
            await self._connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        counted = await self._connection.fetchval(
            f"SELECT count(*) FROM exams WHERE tenant = $1 AND {IN_FLIGHT}", tenant
        )
        return int(counted)

    async def used_up(self, tenant: str) -> UsedUp | None:
        found = await account(self._connection, tenant)
        return UsedUp(found.used_up, found.seconds_left) if found and found.used_up else None

    async def overdue(self, limit: int) -> list[Exam]:
        rows = await self._connection.fetch(
            f"SELECT * FROM exams WHERE {IN_FLIGHT} AND deadline < clock_timestamp() ORDER BY deadline LIMIT $1", limit
        )
        return [exam_of(row) for row in rows]

    async def silent(self, seconds: float, limit: int) -> list[Exam]:
        rows = await self._connection.fetch(
            f"""SELECT * FROM exams e
                WHERE {_SILENT} AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.exam_id = e.exam_id)
                ORDER BY heard_at LIMIT $2""",
            seconds,
            limit,
        )
        return [exam_of(row) for row in rows]

    async def claim(self, exam: Exam, seconds: float) -> bool:
        done = await self._connection.execute(
            f"""UPDATE exams SET republished = republished + 1, heard_at = clock_timestamp()
                WHERE exam_id = $2 AND revision = $3 AND {_SILENT}""",
            seconds,
            exam.exam_id,
            exam.position.revision,
        )
        return bool(done == "UPDATE 1")

    async def _record(self, exam_id: uuid.UUID, position: Position, number: int) -> None:
        await self._connection.execute(
            """INSERT INTO exam_events (exam_id, revision, status, progress, stage, attempt, done, total, error_code,
                                        number)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
            exam_id,
            *_columns(position),
            number,
        )


def _passed(advance: Advance) -> list[tuple[object, ...]]:
    """What the positions are to _MOVE, a row each."""
    exam, report = advance.exam, advance.report.model_dump() if advance.report else None
    return [
        (exam.exam_id, *_columns(position), exam.last_event + n, report, position.status.terminal)
        for n, position in enumerate(advance.positions, 1)
    ]


def _moved(advance: Advance, row: asyncpg.Record) -> Exam:
    """The exam as _MOVE has written it."""
    exam, positions = advance.exam, advance.positions
    return replace(
        exam,
        position=positions[-1],
        last_event=exam.last_event + len(positions),
        report=advance.report or exam.report,
        republished=0,
        updated_at=row["updated_at"],
        status_at=row["status_at"],
        completed_at=row["completed_at"],
    )


def _timing(event: ExamStatus) -> tuple[object, ...]:
    """What a stage's word is to _TIMED."""
    ended = event.kind in {StatusKind.COMPLETED, StatusKind.FAILED}
    return (
        event.exam_id,
        event.revision,
        event.stage,
        event.attempt,
        event.at if event.kind is StatusKind.STARTED else None,
        event.at if ended else None,
        event.queue_seconds,
        event.work_seconds,
        event.external_seconds,
    )


def _columns(position: Position) -> tuple[object, ...]:
    """(revision, status, progress, stage, attempt, done, total, error_code)."""
    return (
        position.revision,
        position.status.value,
        position.progress,
        position.stage,
        position.attempt,
        position.done,
        position.total,
        position.code.value if position.code else None,
    )
