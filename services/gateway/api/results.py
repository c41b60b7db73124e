"""GET /exams/{id}/result, /report.html, /report.pdf: what report stored, passed on."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InExam

from fastapi import APIRouter, Request, Response

from contracts.events import BlobRef
from contracts.result import Result
from services.gateway.api import downloads, waiting
from services.gateway.api.context import InExam, InGateway
from services.gateway.api.documented import BINARY, CONDITIONAL, problems, ranged
from services.gateway.api.reports import own, report_of
from services.gateway.core.disposition import disposition
from services.gateway.core.problems import Code
from services.gateway.exams import Exam

router = APIRouter(tags=["results"])

REPORT_CSP = (
    "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
)
"""The report is self-contained: no script, nothing fetched. Inline styles are its own, text in it is escaped."""

_REFUSALS = problems(Code.EXAM_NOT_FOUND, Code.EXAM_NOT_COMPLETED, Code.RESULT_GONE, Code.RANGE_NOT_SATISFIABLE)


@router.get(
    "/exams/{exam_id}/result",
    summary="The result document",
    response_model=Result,
    responses={**ranged("application/json"), **CONDITIONAL, **_REFUSALS},
)
async def get_result(request: Request, gateway: InGateway, exam: InExam, prefer: waiting.InPrefer = None) -> Response:
    """Questions, answers, verdicts, scores and diagnosis (`redink.result.v1`). 409 until the exam is COMPLETED."""
    exam, applied = await waiting.preferred(gateway, exam, prefer if exam.report is None else None)
    ref = own(exam, (await report_of(gateway, exam)).result)
    response = await downloads.blob(request, gateway.blobs, ref, _content(exam, ref, "application/json"))
    response.headers.update(applied)
    return response


@router.get(
    "/exams/{exam_id}/report.html",
    summary="The report as a page",
    response_class=Response,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>…"}}},
        **ranged("text/html"),
        **CONDITIONAL,
        **_REFUSALS,
    },
)
async def get_html(request: Request, gateway: InGateway, exam: InExam) -> Response:
    """Self-contained; served with a policy that runs no script and fetches nothing."""
    ref = own(exam, (await report_of(gateway, exam)).html)
    content = _content(
        exam,
        ref,
        "text/html; charset=utf-8",
        Content_Security_Policy=REPORT_CSP,
        Referrer_Policy="no-referrer",
        Content_Disposition=_named(exam, ".html"),
    )
    return await downloads.blob(request, gateway.blobs, ref, content)


@router.get(
    "/exams/{exam_id}/report.pdf",
    summary="The report for printing",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": BINARY}},
        **ranged("application/pdf"),
        **CONDITIONAL,
        **_REFUSALS,
    },
)
async def get_pdf(request: Request, gateway: InGateway, exam: InExam) -> Response:
    """A4, in the exam's language."""
    ref = own(exam, (await report_of(gateway, exam)).pdf)
    content = _content(exam, ref, "application/pdf", Content_Disposition=_named(exam, ".pdf"))
    return await downloads.blob(request, gateway.blobs, ref, content)


def _named(exam: Exam, ending: str) -> str:
    return disposition("inline", f"redink-{exam.exam_id}", exam.title, ending)


def _content(exam: Exam, ref: BlobRef, media_type: str, **headers: str) -> downloads.Content:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return downloads.Content(ref.sha256, media_type, {"Redink-Revision": str(exam.result_revision), **named})
