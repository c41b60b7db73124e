"""GET /exams/{id}/result, /report.html, /report.pdf, /pages/{n}.jpg: what report stored, passed on."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InExam

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from contracts.artefacts import Report
from contracts.events import BlobRef
from contracts.result import Result
from runtime import metrics
from runtime.blobs import BlobMissing
from services.gateway.api.context import Gateway, InExam, InGateway
from services.gateway.api.documented import problems
from services.gateway.core.problems import Code, Problem
from services.gateway.core.ranges import Unsatisfiable, byte_range
from services.gateway.exams import Exam

router = APIRouter(tags=["results"])

REPORT_CSP = (
    "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
)
"""The report is self-contained: no script, nothing fetched. Inline styles are its own, text in it is escaped."""

_REFUSALS = problems(Code.EXAM_NOT_FOUND, Code.EXAM_NOT_COMPLETED, Code.RESULT_GONE)


async def document(gateway: Gateway, exam: Exam) -> dict[str, Any]:
    """The result document of a completed exam."""
    content: dict[str, Any] = json.loads(await _fetch(gateway, exam, lambda report: report.result))
    return content


@router.get(
    "/exams/{exam_id}/result",
    summary="The result document",
    response_model=Result,
    responses={304: {"description": "Unchanged since `If-None-Match`"}, **_REFUSALS},
)
async def get_result(request: Request, gateway: InGateway, exam: InExam) -> Response:
    """Questions, answers, verdicts, scores and diagnosis (`redink.result.v1`). 409 until the exam is COMPLETED."""
    return await _blob(request, gateway, exam, lambda report: report.result, "application/json")


@router.get(
    "/exams/{exam_id}/report.html",
    summary="The report as a page",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, **_REFUSALS},
)
async def get_html(request: Request, gateway: InGateway, exam: InExam) -> Response:
    """Self-contained; served with a policy that runs no script and fetches nothing."""
    response = await _blob(request, gateway, exam, lambda report: report.html, "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = REPORT_CSP
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/exams/{exam_id}/report.pdf",
    summary="The report for printing",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": _BINARY}},
        206: {"description": "The bytes of `Range`"},
        **problems(Code.EXAM_NOT_FOUND, Code.EXAM_NOT_COMPLETED, Code.RESULT_GONE, Code.RANGE_NOT_SATISFIABLE),
    },
)
async def get_pdf(request: Request, gateway: InGateway, exam: InExam) -> Response:
    """A4, in the exam's language."""
    response = await _blob(request, gateway, exam, lambda report: report.pdf, "application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="redink-{exam.exam_id}.pdf"'
    return response


@router.get(
    "/exams/{exam_id}/pages/{number}.jpg",
    summary="A rectified page",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": _BINARY}},
        **problems(Code.EXAM_NOT_FOUND, Code.PAGE_NOT_FOUND, Code.EXAM_NOT_COMPLETED, Code.RESULT_GONE),
    },
)
async def get_page(
    request: Request, gateway: InGateway, exam: InExam, number: Annotated[str, Path(description="From 1.")]
) -> Response:
    """The page that the result's coordinates refer to."""

    def choose(report: Report) -> BlobRef:
        if not (number.isascii() and number.isdigit() and len(number) < 6 and 1 <= int(number) <= len(report.pages)):
            raise Problem(Code.PAGE_NOT_FOUND)
        return report.pages[int(number) - 1]

    return await _blob(request, gateway, exam, choose, "image/jpeg")


async def _blob(
    request: Request, gateway: Gateway, exam: Exam, choose: Callable[[Report], BlobRef], media_type: str
) -> Response:
    """One blob of the report, with ETag and single ranges."""
    ref = _own(exam, choose(await _report(gateway, exam)))
    headers = {"ETag": f'"{ref.sha256}"', "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes"}
    headers["Redink-Revision"] = str(exam.result_revision)
    if _unchanged(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    content = await _get(gateway, ref)
    try:
        part = byte_range(request.headers.get("range"), len(content))
    except Unsatisfiable as error:
        raise Problem(Code.RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{len(content)}"}) from error
    if part is None or request.headers.get("if-range", headers["ETag"]) != headers["ETag"]:
        return Response(content, media_type=media_type, headers=headers)
    start, stop = part
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    return Response(content[start:stop], 206, media_type=media_type, headers=headers)


async def _fetch(gateway: Gateway, exam: Exam, choose: Callable[[Report], BlobRef]) -> bytes:
    return await _get(gateway, _own(exam, choose(await _report(gateway, exam))))


async def _report(gateway: Gateway, exam: Exam) -> Report:
    status = exam.position.status
    if exam.report is None:  # while a later revision runs, and when it fails, the last completed one is shown
        more = {"exam_status": status.value, "error_code": exam.position.code}
        detail = None
        if status.terminal:
            detail = f"The exam ended as {status.value}. {exam.position.error_message or 'Upload the paper again.'}"
        raise Problem(Code.EXAM_NOT_COMPLETED, detail, headers={} if status.terminal else {"Retry-After": "1"}, **more)
    return Report.model_validate_json(await _get(gateway, exam.report))


def _own(exam: Exam, ref: BlobRef) -> BlobRef:
    """The reference, if it stays with the exam: what a report refers to was written by a stage, not by us."""
    if not ref.path.startswith(f"{exam.tenant}/{exam.exam_id}/"):
        metrics.VIOLATIONS.labels("artefact_of_another_exam").inc()
        raise Problem(Code.RESULT_GONE)
    return ref


async def _get(gateway: Gateway, ref: BlobRef) -> bytes:
    try:
        return await gateway.blobs.get(ref)
    except BlobMissing as error:
        raise Problem(Code.RESULT_GONE) from error


def _unchanged(if_none_match: str | None, etag: str) -> bool:
    given = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return etag in given or given == ["*"]
