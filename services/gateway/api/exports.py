"""GET /exams/{id}/export.zip: everything of an exam in one file, written while it is sent."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InExam

import hashlib

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from contracts.artefacts import Report
from services.gateway.api import downloads
from services.gateway.api.context import InExam, InGateway
from services.gateway.api.documented import BINARY, CONDITIONAL, problems
from services.gateway.api.reports import own, report_of
from services.gateway.core.disposition import disposition
from services.gateway.core.problems import Code
from services.gateway.downloads.archive import Entry, archive, size_of
from services.gateway.exams import Exam

router = APIRouter(tags=["results"])


@router.get(
    "/exams/{exam_id}/export.zip",
    summary="Everything as a ZIP",
    response_class=Response,
    responses={
        200: {"content": {"application/zip": BINARY}},
        **CONDITIONAL,
        **problems(Code.EXAM_NOT_FOUND, Code.EXAM_NOT_COMPLETED, Code.RESULT_GONE),
    },
)
async def get_export(request: Request, gateway: InGateway, exam: InExam) -> Response:
    """`result.json`, `report.html`, `report.pdf` and `pages/1.jpg` … of one revision. Its length is known; no ranges."""
    entries = _entries(exam, await report_of(gateway, exam))
    content = downloads.Content(
        hashlib.sha256("\n".join(f"{entry.name} {entry.ref.sha256}" for entry in entries).encode()).hexdigest(),
        "application/zip",
        {
            "Accept-Ranges": "none",
            "Content-Length": str(size_of(entries)),
            "Content-Disposition": disposition("attachment", f"redink-{exam.exam_id}", exam.title, ".zip"),
            "Redink-Revision": str(exam.result_revision),
        },
    )
    if known := downloads.not_modified(request, content):
        del known.headers["Content-Length"]
        return known
    body = await downloads.begun(request, archive(gateway.blobs, entries, exam.created_at))
    return StreamingResponse(body, 200, content.all_headers(), content.media_type)


def _entries(exam: Exam, report: Report) -> list[Entry]:
    fixed = [
        Entry("result.json", own(exam, report.result)),
        Entry("report.html", own(exam, report.html)),
        Entry("report.pdf", own(exam, report.pdf)),
    ]
    return fixed + [Entry(f"pages/{number}.jpg", own(exam, page)) for number, page in enumerate(report.pages, 1)]
