"""Which exams of a batch a report is about, and their results. Results are read one after another: a batch may have 500."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import asyncpg
from pydantic import ValidationError

from contracts.artefacts import Report
from contracts.events import BlobRef
from runtime import log, metrics
from runtime.blobs import BlobMissing, Blobs
from services.gateway.batches import rows
from services.gateway.batches.rows import Batch
from services.gateway.classreport.core.compose import About
from services.gateway.classreport.core.document import Disclosure
from services.gateway.classreport.core.sheet import Outcome, Sitting
from services.gateway.core.problems import Code, Problem
from services.gateway.exams import Exam

_AT_ONCE = 8
_VERSION = 1
"""Of how figures are made of results: another one is another ETag."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for; None: whatever there is."""

    disclosure: Disclosure = "band"
    subject: str | None = None
    grade: int | None = None
    class_id: str | None = None


@dataclass(frozen=True)
class Chosen:
    """The exams of a report, in the order of the batch, and what it is about but for `unreadable`."""

    about: About
    exams: tuple[Exam, ...]

    @property
    def tag(self) -> str:
        """The same as long as the report is: made of what it is about and of the exams' results."""
        results = [(str(exam.exam_id), exam.report.sha256 if exam.report else "") for exam in self.exams]
        return hashlib.sha256(repr((_VERSION, asdict(self.about), results)).encode()).hexdigest()


async def choose(pool: asyncpg.Pool, batch: Batch, wanted: Wanted) -> Chosen:
    """Problem(CLASS_REPORT_MIXED) when more than one paper fits, CLASS_REPORT_EMPTY when none does."""
    papers = await rows.papers(pool, batch.tenant, batch.batch_id)
    exams = [paper.exam for paper in papers if paper.exam is not None and paper.exam.report is not None]
    fitting = [exam for exam in exams if _fits(exam, wanted)]
    if not fitting:
        raise Problem(Code.CLASS_REPORT_EMPTY)
    kinds = sorted({(exam.subject, exam.grade) for exam in fitting})
    if len(kinds) > 1:
        choices = [{"subject": subject, "grade": grade} for subject, grade in kinds]
        raise Problem(Code.CLASS_REPORT_MIXED, choices=choices)
    (subject, grade), count = kinds[0], len(papers)
    about = About(
        batch_id=str(batch.batch_id),
        name=batch.name,
        subject=subject,
        grade=grade,
        disclosure=wanted.disclosure,
        papers=count,
        not_completed=count - len(exams),
        other=len(exams) - len(fitting),
        unreadable=0,
    )
    return Chosen(about, tuple(fitting))


def _fits(exam: Exam, wanted: Wanted) -> bool:
    pairs = ((wanted.subject, exam.subject), (wanted.grade, exam.grade), (wanted.class_id, exam.class_id))
    return all(asked is None or asked == has for asked, has in pairs)


async def sittings_of(blobs: Blobs, exams: Sequence[Exam]) -> list[Sitting]:
    """Their results, without those that can't be read."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(exam: Exam) -> Sitting | None:
        async with gate:
            try:
                return Sitting(await _outcome(blobs, exam), exam.student_id, exam.class_id)
            except (BlobMissing, ValidationError) as error:
                log.get("gateway.classreport").warning(
                    "result not readable", exam_id=str(exam.exam_id), error=type(error).__name__
                )
                return None

    found = await asyncio.gather(*(read(exam) for exam in exams))
    return [sitting for sitting in found if sitting is not None]


async def _outcome(blobs: Blobs, exam: Exam) -> Outcome:
    assert exam.report is not None
    report = Report.model_validate_json(await blobs.get(_own(exam, exam.report)))
    return Outcome.model_validate_json(await blobs.get(_own(exam, report.result)))


def _own(exam: Exam, ref: BlobRef) -> BlobRef:
    """The reference, if it stays with the exam: what it refers to was written by a stage, not by us."""
    if not ref.path.startswith(f"{exam.tenant}/{exam.exam_id}/"):
        metrics.VIOLATIONS.labels("artefact_of_another_exam").inc()
        raise BlobMissing(str(exam.exam_id))
    return ref
