"""Exams in Postgres: the rows, and how a row moves. Every statement names the tenant or comes from an event."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, cast

import asyncpg

from contracts.errors import ErrorCode
from contracts.events import BlobRef, ExamEvent, Priority
from contracts.status import Status
from runtime import metrics
from services.gateway.core.cursor import Cursor
from services.gateway.core.form import Form
from services.gateway.core.progress import Position

OUTBOX_CHANNEL = "redink_outbox"
EXAM_CHANNEL = "redink_exam"
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "EXPIRED")

Connection: TypeAlias = asyncpg.Connection


@dataclass(frozen=True)
class Exam:
    """One row of `exams`."""

    exam_id: uuid.UUID
    tenant: str
    position: Position
    priority: Priority
    subject: str
    grade: int
    student_id: str
    class_id: str | None
    title: str | None
    locale: str
    files: int
    traceparent: str | None
    created_at: datetime
    deadline: datetime
    updated_at: datetime
    status_at: datetime
    completed_at: datetime | None
    last_event: int
    republished: int
    report: BlobRef | None

    @property
    def ended(self) -> bool:
        """Whether nothing will change it any more."""
        return self.position.status.terminal

    def said(self) -> dict[str, Any]:
        """What every event about it says."""
        return {
            "exam_id": self.exam_id,
            "tenant": self.tenant,
            "revision": self.position.revision,
            "priority": self.priority,
            "uploaded_at": self.created_at,
            "deadline": self.deadline,
        }


def exam_of(row: asyncpg.Record) -> Exam:
    """A row as an Exam."""
    code = row["error_code"]
    position = Position(
        revision=row["revision"],
        status=Status(row["status"]),
        progress=row["progress"],
        stage=row["stage"],
        attempt=row["attempt"],
        done=row["done"],
        total=row["total"],
        code=ErrorCode(code) if code else None,
    )
    plain = {
        name: row[name]
        for name in (
            "exam_id", "tenant", "subject", "grade", "student_id", "class_id", "title", "locale", "files", "traceparent",
            "created_at", "deadline", "updated_at", "status_at", "completed_at", "last_event", "republished",
        )
    }  # fmt: skip
    report = BlobRef.model_validate(row["report"]) if row["report"] else None
    return Exam(position=position, priority=cast("Priority", row["priority"]), report=report, **plain)


async def find(pool: asyncpg.Pool, tenant: str, exam_id: uuid.UUID) -> Exam | None:
    """The tenant's exam; another tenant's is as good as none."""
    row = await pool.fetchrow("SELECT * FROM exams WHERE exam_id = $1 AND tenant = $2", exam_id, tenant)
    return exam_of(row) if row else None


async def lock(connection: Connection, exam_id: uuid.UUID) -> Exam | None:
    """The exam, locked until the transaction ends."""
    row = await connection.fetchrow("SELECT * FROM exams WHERE exam_id = $1 FOR UPDATE", exam_id)
    return exam_of(row) if row else None


async def insert(connection: Connection, event: ExamEvent, form: Form, files: int, traceparent: str) -> Exam:
    """A new exam at UPLOADED, with its first event."""
    row = await connection.fetchrow(
        """INSERT INTO exams (exam_id, tenant, revision, priority, subject, grade, student_id, class_id, title, locale,
                              files, traceparent, created_at, deadline, updated_at, status_at, heard_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $13, $13) RETURNING *""",
        event.exam_id,
        event.tenant,
        event.revision,
        event.priority,
        form.subject,
        form.grade,
        form.student_id,
        form.class_id,
        form.title,
        form.locale,
        files,
        traceparent,
        event.uploaded_at,
        event.deadline,
    )
    exam = exam_of(row)
    await _record(connection, exam, exam.position, 1)
    await connection.execute("UPDATE exams SET last_event = 1 WHERE exam_id = $1", event.exam_id)
    return exam


async def move(
    connection: Connection, exam: Exam, positions: Sequence[Position], report: BlobRef | None = None
) -> Exam:
    """Take a locked exam through `positions`, one event row each, and tell whoever follows it."""
    if not positions:
        return exam
    for number, position in enumerate(positions, exam.last_event + 1):
        await _record(connection, exam, position, number)
    last = positions[-1]
    row = await connection.fetchrow(
        """UPDATE exams SET revision = $2, status = $3, progress = $4, stage = $5, attempt = $6, done = $7, total = $8,
                  error_code = $9, last_event = last_event + $10, report = coalesce($11, report),
                  updated_at = clock_timestamp(), heard_at = clock_timestamp(), republished = 0,
                  status_at = CASE WHEN status = $3 THEN status_at ELSE clock_timestamp() END,
                  completed_at = CASE WHEN $12 THEN clock_timestamp() END
           WHERE exam_id = $1 RETURNING *""",
        exam.exam_id,
        last.revision,
        last.status.value,
        last.progress,
        last.stage,
        last.attempt,
        last.done,
        last.total,
        last.code.value if last.code else None,
        len(positions),
        report.model_dump() if report else None,
        last.status.terminal,
    )
    moved = exam_of(row)
    await connection.execute("SELECT pg_notify($1, $2)", EXAM_CHANNEL, str(exam.exam_id))
    return moved


def count_end(exam: Exam) -> None:
    """Count an exam that has just ended; call it after the commit, once per transition."""
    if not exam.ended or exam.completed_at is None:
        return
    outcome = exam.position.status.value.lower()
    metrics.TERMINAL.labels(outcome, exam.position.code.value if exam.position.code else "").inc()
    seconds = (exam.completed_at - exam.created_at).total_seconds()
    metrics.E2E.labels(outcome, exam.priority).observe(max(0.0, seconds))


async def enqueue(connection: Connection, topic: str, event: ExamEvent, traceparent: str | None) -> None:
    """Put an event into the outbox; published once the transaction has committed."""
    await connection.execute(
        "INSERT INTO outbox (exam_id, topic, event, traceparent) VALUES ($1, $2, $3, $4)",
        event.exam_id,
        topic,
        event.model_dump(mode="json"),
        traceparent,
    )
    await connection.execute("SELECT pg_notify($1, '')", OUTBOX_CHANNEL)


@dataclass(frozen=True)
class Filter:
    """Which exams to list."""

    statuses: tuple[str, ...] = ()
    student_id: str | None = None
    class_id: str | None = None
    subject: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


async def page(pool: asyncpg.Pool, tenant: str, wanted: Filter, after: Cursor | None, limit: int) -> list[Exam]:
    """Up to `limit` exams, newest first, beginning after the cursor."""
    rows = await pool.fetch(
        """SELECT * FROM exams
           WHERE tenant = $1
             AND (cardinality($2::text[]) = 0 OR status = ANY($2))
             AND ($3::text IS NULL OR student_id = $3) AND ($4::text IS NULL OR class_id = $4)
             AND ($5::text IS NULL OR subject = $5)
             AND ($6::timestamptz IS NULL OR created_at >= $6) AND ($7::timestamptz IS NULL OR created_at < $7)
             AND ($8::timestamptz IS NULL OR (created_at, exam_id) < ($8, $9::uuid))
           ORDER BY created_at DESC, exam_id DESC LIMIT $10""",
        tenant,
        list(wanted.statuses),
        wanted.student_id,
        wanted.class_id,
        wanted.subject,
        wanted.created_after,
        wanted.created_before,
        after.created_at if after else None,
        after.exam_id if after else None,
        limit,
    )
    return [exam_of(row) for row in rows]


async def _record(connection: Connection, exam: Exam, position: Position, number: int) -> None:
    await connection.execute(
        """INSERT INTO exam_events (exam_id, number, revision, status, progress, stage, attempt, done, total, error_code)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        exam.exam_id,
        number,
        position.revision,
        position.status.value,
        position.progress,
        position.stage,
        position.attempt,
        position.done,
        position.total,
        position.code.value if position.code else None,
    )
