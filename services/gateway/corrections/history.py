"""The revisions of an exam, as its events tell them."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from contracts.artefacts import Submission
from contracts.artefacts.correction import Correction
from contracts.topics import SUBMISSION, artefact_path
from runtime.blobs import BlobMissing, Blobs
from runtime.job import understood
from services.gateway.core.problems import Code, Problem
from services.gateway.exams import Exam


@dataclass(frozen=True)
class Revision:
    """One run of an exam: from its first event to its last."""

    revision: int
    status: str
    began_at: datetime
    ended_at: datetime | None


async def revisions(pool: asyncpg.Pool, exam: Exam) -> list[Revision]:
    """Newest first."""
    rows = await pool.fetch(
        """SELECT revision, min(at) AS began_at, (array_agg(status ORDER BY number DESC))[1] AS status,
                  max(at) FILTER (WHERE status IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')) AS ended_at
           FROM exam_events WHERE exam_id = $1 GROUP BY revision ORDER BY revision DESC""",
        exam.exam_id,
    )
    return [Revision(row["revision"], row["status"], row["began_at"], row["ended_at"]) for row in rows]


async def log_of(blobs: Blobs, exam: Exam) -> tuple[Correction, ...]:
    """All that teachers said of the exam, in order; Problem(RESULT_GONE) when its submission is no longer stored."""
    try:
        data = await blobs.read(artefact_path(exam.tenant, exam.exam_id, exam.position.revision, SUBMISSION))
    except BlobMissing as error:
        raise Problem(Code.RESULT_GONE) from error
    return understood(Submission, data).corrections
