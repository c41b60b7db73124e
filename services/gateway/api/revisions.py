"""GET /exams/{id}/corrections, /revisions and the documents of each revision."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InExam

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Response

from contracts.artefacts import Report
from contracts.result import Result
from contracts.topics import artefact_path
from runtime.blobs import BlobMissing
from runtime.job import understood
from services.gateway.api.context import InExam, InGateway
from services.gateway.api.correction_views import CorrectionPage, RevisionList, logged_view, revision_view
from services.gateway.api.documented import problems
from services.gateway.api.paging import Page, paged
from services.gateway.api.results import REPORT_CSP
from services.gateway.core.cursor import counted, number_in
from services.gateway.core.problems import Code, Problem
from services.gateway.corrections.history import log_of, revisions
from services.gateway.corrections.revise import shown

router = APIRouter(tags=["corrections"])


@router.get(
    "/exams/{exam_id}/corrections",
    summary="What teachers corrected",
    responses=problems(Code.EXAM_NOT_FOUND, Code.RESULT_GONE, Code.INVALID_CURSOR, Code.VALIDATION_FAILED),
)
async def list_corrections(
    gateway: InGateway,
    exam: InExam,
    page: Annotated[Page, Depends(paged(50, 200, 64))],
) -> CorrectionPage:
    """Who said what when, and what the result said before; newest first."""
    log = await log_of(gateway.blobs, exam)
    older = page.after(partial(number_in, "log"))
    end = len(log) if older is None else min(older, len(log))
    start = max(0, end - page.limit)
    paths: set[tuple[str, ...]] = set()
    if log and exam.report is not None:
        paths = {
            question.path for question in (await shown(gateway.blobs, exam)).result.questions if question.reviewed_by
        }
    items = [logged_view(entry, exam.result_revision, entry.path in paths) for entry in reversed(log[start:end])]
    return CorrectionPage(items=items, next_cursor=page.link(counted("log", start)) if start else None)


@router.get(
    "/exams/{exam_id}/revisions",
    summary="The runs of an exam",
    responses=problems(Code.EXAM_NOT_FOUND, Code.RESULT_GONE),
)
async def list_revisions(gateway: InGateway, exam: InExam) -> RevisionList:
    """The upload, retries and corrections, newest first."""
    log = await log_of(gateway.blobs, exam)
    return RevisionList(items=[revision_view(exam, each, log) for each in await revisions(gateway.pool, exam)])


_MEDIA = {
    "result": "application/json",
    "report.html": "text/html; charset=utf-8",
    "report.pdf": "application/pdf",
}


@router.get(
    "/exams/{exam_id}/revisions/{revision}/{document}",
    summary="What an earlier revision came to",
    response_class=Response,
    responses={
        200: {
            "model": Result,
            "description": "As it was then",
            "content": {
                "text/html": {"schema": {"type": "string"}},
                "application/pdf": {"schema": {"type": "string", "format": "binary"}},
            },
        },
        **problems(Code.EXAM_NOT_FOUND, Code.REVISION_NOT_FOUND, Code.VALIDATION_FAILED),
    },
)
async def get_of_revision(
    gateway: InGateway,
    exam: InExam,
    revision: Annotated[str, Path(description="From 1.", examples=["1"])],
    document: Literal["result", "report.html", "report.pdf"],
) -> Response:
    """The result or report of any revision that completed."""
    known = {str(each.revision) for each in await revisions(gateway.pool, exam) if each.status == "COMPLETED"}
    if revision not in known:
        raise Problem(Code.REVISION_NOT_FOUND)
    try:
        stored = await gateway.blobs.read(artefact_path(exam.tenant, exam.exam_id, int(revision), "report"))
        report = understood(Report, stored)
        ref = {"result": report.result, "report.html": report.html, "report.pdf": report.pdf}[document]
        if not ref.path.startswith(f"{exam.tenant}/{exam.exam_id}/"):
            raise Problem(Code.REVISION_NOT_FOUND)
        content = await gateway.blobs.get(ref)
    except BlobMissing as error:
        raise Problem(Code.REVISION_NOT_FOUND, "Its documents are no longer stored.") from error
    headers = {"ETag": f'"{ref.sha256}"', "Cache-Control": "private, no-cache", "Redink-Revision": revision}
    if document == "report.html":
        headers |= {"Content-Security-Policy": REPORT_CSP, "Referrer-Policy": "no-referrer"}
    return Response(content, media_type=_MEDIA[document], headers=headers)
