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
from services.gateway.ledger import Advance, Standing, UsedUp
from services.gateway.limits.quotas import ACCOUNT, COUNT_EXAM, account_of

_SILENT = f"{IN_FLIGHT} AND heard_at < clock_timestamp() - make_interval(secs => $1 * 2 ^ least(republished, 1))"

# The exam and its month's count in one statement. Its first event is another: whether that is the tenant's row is asked
# of the exam's, which the same statement would not see.
_INSERT = f"""
WITH accepted AS (
    INSERT INTO exams (exam_id, tenant, revision, priority, subject, grade, student_id, class_id, title, locale, files,
                       traceparent, created_at, deadline, updated_at, status_at, heard_at, last_event, callback_url,
                       template_id, template_version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $13, $13, 1, $15, $16, $17)
    RETURNING *
), counted AS ({COUNT_EXAM})
SELECT * FROM accepted
"""

# What one more exam is admitted by. There is always a row; without such a tenant, one without an account.
_STANDING = f"""
SELECT now() AS moment, account.*,
       (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT $2) AS leaving) AS waiting,
       (SELECT count(*) FROM exams WHERE tenant = $1 AND {IN_FLIGHT}) AS in_flight
FROM (SELECT 1) AS always LEFT JOIN ({ACCOUNT}) AS account ON true
"""

# The stages' words are merged into their timings: any order and repetition of the same words ends in the same row. {0} is
# the number of the statement's parameters before these.
_TIMED = """
INSERT INTO stage_timings AS t
  (exam_id, revision, stage, attempts, started_at, completed_at, queue_seconds, work_seconds, external_seconds)
SELECT * FROM unnest({}::uuid[], {}::integer[], {}::text[], {}::integer[], {}::timestamptz[], {}::timestamptz[],
                     {}::float8[], {}::float8[], {}::float8[])
ON CONFLICT (exam_id, revision, stage) DO UPDATE SET
  attempts = greatest(t.attempts, excluded.attempts),
  started_at = least(t.started_at, excluded.started_at),
  completed_at = least(t.completed_at, excluded.completed_at),
  queue_seconds = least(t.queue_seconds, excluded.queue_seconds),
  work_seconds = greatest(t.work_seconds, excluded.work_seconds),
  external_seconds = greatest(t.external_seconds, excluded.external_seconds)
"""

# A word that moves nothing breaks the silence, and may bring times.
_HEARD = f"""
WITH timed AS ({_TIMED.format(*(f"${n}" for n in range(2, 11)))})
UPDATE exams SET heard_at = clock_timestamp() WHERE exam_id = ANY($1::uuid[])
"""

# One statement, as an exam comes here ten times: a numbered event for each position, the row as the last one has it, and
# whoever listens hears of it; beside it, of exams that don't move as well, what _HEARD does.
_MOVE = f"""
WITH passed AS (
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::smallint[], $5::text[], $6::integer[], $7::integer[],
                         $8::integer[], $9::text[], $10::integer[], $11::jsonb[], $12::boolean[])
        AS p (exam_id, revision, status, progress, stage, attempt, done, total, error_code, number, report, ended)
), told AS (
    INSERT INTO exam_events (exam_id, revision, status, progress, stage, attempt, done, total, error_code, number)
    SELECT exam_id, revision, status, progress, stage, attempt, done, total, error_code, number FROM passed
), heard AS (
    UPDATE exams SET heard_at = clock_timestamp() WHERE exam_id = ANY($14::uuid[])
), timed AS ({_TIMED.format(*(f"${n}" for n in range(15, 24)))})
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
            _INSERT,
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
        return exam

    async def move(self, exam: Exam, positions: Sequence[Position], report: BlobRef | None = None) -> Exam:
        [moved] = await self.move_all([Advance(exam, positions, report)])
        return moved

    async def move_all(self, advances: Sequence[Advance], heard: Collection[ExamEvent] = ()) -> list[Exam]:
        moving = {advance.exam.exam_id for advance in advances if advance.positions}
        still = [event.exam_id for event in heard if event.exam_id not in moving]
        timed = _columned([_timing(event) for event in heard if isinstance(event, ExamStatus)], 9)
        if not moving:
            if still:
                await self._connection.execute(_HEARD, still, *timed)
            return [advance.exam for advance in advances]
        passed = [row for advance in advances for row in _passed(advance)]
        rows = await self._connection.fetch(_MOVE, *_columned(passed, 12), EXAM_CHANNEL, still, *timed)
        written = {row["exam_id"]: row for row in rows}
        return [
            _moved(advance, written[advance.exam.exam_id]) if advance.positions else advance.exam
            for advance in advances
        ]

    async def reopen(self, exam: Exam, position: Position, deadline: datetime) -> Exam:
        await self._connection.execute("UPDATE exams SET deadline = $2 WHERE exam_id = $1", exam.exam_id, deadline)
        return await self.move(replace(exam, deadline=deadline), [position])

    async def standing(self, tenant: str, most_waiting: int, *, exactly: bool = True) -> Standing:
        if exactly:
            # The count is a statement of its own, begun when the lock is held: it sees what earlier holders committed.
            await self._connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        row = await self._connection.fetchrow(_STANDING, tenant, most_waiting)
        account = account_of(row) if row["month"] else None
        over = UsedUp(account.used_up, account.seconds_left) if account and account.used_up else None
        return Standing(row["moment"], row["waiting"], row["in_flight"], over)

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


def _columned(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    """What unnest takes: an array of each column, empty where there is no row."""
    return [[row[n] for row in rows] for n in range(width)]


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
