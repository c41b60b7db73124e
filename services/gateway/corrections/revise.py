"""An exam that shows a result, begun anew with corrections: the next revision from analyzer on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.artefacts import Report, Submission
from contracts.artefacts.correction import Correction
from contracts.events import BlobRef
from contracts.result import Result
from contracts.topics import SUBMISSION, artefact_path
from runtime.blobs import BlobMissing, Blobs
from runtime.job import understood
from services.gateway.core.problems import Code, Problem
from services.gateway.exams import Exam
from services.gateway.ledger import Transaction
from services.gateway.replay import Order, begin
from services.gateway.settings import GatewaySettings

FIRST_STAGE = "analyzer"


@dataclass(frozen=True)
class Shown:
    """What an exam shows, the result of its last completed revision; and its submission with the log, of the last of all."""

    report: BlobRef
    etag: str
    result: Result
    submission: Submission


async def shown(blobs: Blobs, exam: Exam) -> Shown:
    """Problem(EXAM_NOT_COMPLETED | RESULT_GONE)."""
    if exam.report is None:
        raise not_completed(exam)
    home = f"{exam.tenant}/{exam.exam_id}/"
    try:
        report = understood(Report, await blobs.get(exam.report))
        if not report.result.path.startswith(home):  # what a report refers to was written by a stage, not by us
            raise Problem(Code.RESULT_GONE)
        path = artefact_path(exam.tenant, exam.exam_id, exam.position.revision, SUBMISSION)
        result, submission = await asyncio.gather(blobs.get(report.result), blobs.read(path))
    except BlobMissing as error:
        raise Problem(Code.RESULT_GONE) from error
    revised = understood(Result, result).model_copy(update={"revision": exam.result_revision})
    return Shown(exam.report, f'"{report.result.sha256}"', revised, understood(Submission, submission))


async def revise(
    transaction: Transaction,
    blobs: Blobs,
    exam: Exam,
    seen: Shown,
    entries: Sequence[Correction],
    *,
    settings: GatewaySettings,
) -> Exam:
    """Begin the next revision of a locked exam that still shows what was seen, with the entries in its log.

    Also after a revision that failed: what a correction broke, another one can mend.
    Problem(EXAM_NOT_COMPLETED | PRECONDITION_FAILED | ARTEFACT_GONE).
    """
    if not exam.ended:
        raise not_completed(exam)
    if exam.report != seen.report:
        raise Problem(Code.PRECONDITION_FAILED)

    def amend(submission: Submission, revision: int) -> Submission:
        known = {entry.id for entry in submission.corrections}
        new = [entry.model_copy(update={"revision": revision}) for entry in entries if entry.id not in known]
        return submission.model_copy(update={"corrections": (*submission.corrections, *new)})

    return await begin(transaction, blobs, exam, Order(settings, FIRST_STAGE, amend=amend))


def not_completed(exam: Exam) -> Problem:
    """Why it can't be corrected now, and what to do."""
    status = exam.position.status
    if not status.terminal:
        detail = "The exam is being worked on: send this again when it has ended, with the ETag of its new result."
        return Problem(Code.EXAM_NOT_COMPLETED, detail, headers={"Retry-After": "2"}, exam_status=status.value)
    detail = f"The exam ended as {status.value}: POST /exams/{exam.exam_id}/retry first."
    return Problem(Code.EXAM_NOT_COMPLETED, detail, exam_status=status.value)
