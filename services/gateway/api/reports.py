"""What report stored of an exam, found and checked: for every route that passes some of it on."""

import json
from typing import Any

from contracts.artefacts import Report
from contracts.events import BlobRef
from runtime import metrics
from runtime.blobs import BlobMissing
from services.gateway.api.context import Gateway
from services.gateway.core.problems import Code, Problem
from services.gateway.exams import Exam


async def report_of(gateway: Gateway, exam: Exam) -> Report:
    """The report of the last revision that completed; Problem(EXAM_NOT_COMPLETED | RESULT_GONE)."""
    if exam.report is not None:  # also while a later revision runs, and when it fails
        return Report.model_validate_json(await fetch(gateway, exam.report))
    status = exam.position.status
    detail = None
    if status.terminal:
        detail = f"The exam ended as {status.value}. {exam.position.error_message or 'Upload the paper again.'}"
    again = {} if status.terminal else {"Retry-After": "1"}
    more = {"exam_status": status.value, "error_code": exam.position.code}
    raise Problem(Code.EXAM_NOT_COMPLETED, detail, headers=again, **more)


async def document(gateway: Gateway, exam: Exam) -> dict[str, Any]:
    """The result document; Problem as `report_of`."""
    report = await report_of(gateway, exam)
    content: dict[str, Any] = json.loads(await fetch(gateway, own(exam, report.result)))
    return content


def own(exam: Exam, ref: BlobRef) -> BlobRef:
    """The reference, if it stays with the exam: what a report refers to was written by a stage, not by us."""
    if not ref.path.startswith(f"{exam.tenant}/{exam.exam_id}/"):
        metrics.VIOLATIONS.labels("artefact_of_another_exam").inc()
        raise Problem(Code.RESULT_GONE)
    return ref


async def fetch(gateway: Gateway, ref: BlobRef) -> bytes:
    """A blob, whole; Problem(RESULT_GONE)."""
    try:
        return await gateway.blobs.get(ref)
    except BlobMissing as error:
        raise Problem(Code.RESULT_GONE) from error
