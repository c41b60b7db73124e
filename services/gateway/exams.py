"""Exams as rows: what one is, and how the API reads them. Every statement names the tenant."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, cast

import asyncpg

from contracts.artefacts import TemplateRef
from contracts.errors import ErrorCode
from contracts.events import BlobRef, Priority
from contracts.status import TERMINAL, Status
from runtime import metrics
from services.gateway.core.cursor import Cursor
from services.gateway.core.progress import Position

OUTBOX_CHANNEL = "redink_outbox"
EXAM_CHANNEL = "redink_exam"
Connection: TypeAlias = asyncpg.Connection

IN_FLIGHT = "status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')"
"""SQL, in the words of the partial indexes."""
assert all(f"'{status.value}'" in IN_FLIGHT for status in TERMINAL)


OUR_FAULT = frozenset(
    {ErrorCode.ARTEFACT_MISSING, ErrorCode.STAGE_TIMEOUT, ErrorCode.WORKER_CRASHED, ErrorCode.INTERNAL}
)
"""Why an exam may have FAILED that no other file would have helped: these count against the objectives."""


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
    template: TemplateRef | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will change it any more."""
        return self.position.status.terminal

    @property
    def result_revision(self) -> int | None:
        """The revision that `report` is of: the last that completed, be it this one or an earlier one."""
        return int(self.report.path.split("/")[2]) if self.report else None

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
    template = TemplateRef(id=row["template_id"], version=row["template_version"]) if row["template_id"] else None
    priority = cast("Priority", row["priority"])
    return Exam(position=position, priority=priority, report=report, template=template, **plain)


async def find(pool: asyncpg.Pool, tenant: str, exam_id: uuid.UUID) -> Exam | None:
    """The tenant's exam; another tenant's is as good as none."""
    row = await pool.fetchrow("SELECT * FROM exams WHERE exam_id = $1 AND tenant = $2", exam_id, tenant)
    return exam_of(row) if row else None


def count_end(exam: Exam) -> None:
    """Count an exam that has just ended; call it after the commit, once per transition."""
    if not exam.ended or exam.completed_at is None:
        return
    outcome = exam.position.status.value.lower()
    metrics.TERMINAL.labels(outcome, exam.position.code.value if exam.position.code else "").inc()
    if exam.position.revision > 1:
        return  # its time since the upload says nothing about us
    seconds = (exam.completed_at - exam.created_at).total_seconds()
    if exam.position.code and exam.position.status is Status.FAILED and exam.position.code not in OUR_FAULT:
        outcome = "rejected"
    metrics.E2E.labels(outcome, exam.priority).observe(max(0.0, seconds))


@dataclass(frozen=True)
class Filter:
    """Which exams to list."""

    statuses: tuple[str, ...] = ()
    student_id: str | None = None
    class_id: str | None = None
    subject: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    template_id: str | None = None


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
             AND ($11::text IS NULL OR template_id = $11)
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
        wanted.template_id,
    )
    return [exam_of(row) for row in rows]
