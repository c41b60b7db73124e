"""GET /exams/{id}/pages/{n}.jpg, .png, /questions/{q}/crop.png: what the paper looks like, and each question on it."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InExam

import hashlib
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Request, Response

from contracts.artefacts import Report
from contracts.events import BlobRef
from contracts.result import ResultQuestion
from services.gateway.api import downloads
from services.gateway.api.context import InExam, InGateway
from services.gateway.api.documented import BINARY, CONDITIONAL, problems, ranged
from services.gateway.api.reports import document, fetch, own, report_of
from services.gateway.core.problems import Code, Problem
from services.gateway.corrections.questions import named
from services.gateway.downloads.pictures import Pictures
from services.gateway.exams import Exam

router = APIRouter(tags=["results"])

_MADE = "1"
"""Changes when pictures are made differently, so that clients get the new ones."""

_REFUSALS = (Code.EXAM_NOT_FOUND, Code.EXAM_NOT_COMPLETED, Code.RESULT_GONE)


def _pictures(request: Request) -> Pictures:
    return cast("Pictures", request.app.state.pictures)


InPictures = Annotated[Pictures, Depends(_pictures)]
InNumber = Annotated[str, Path(description="From 1, in the order of the result document.", examples=["1"])]


@router.get(
    "/exams/{exam_id}/pages/{number}.jpg",
    summary="A rectified page",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": BINARY}},
        **ranged("image/jpeg"),
        **CONDITIONAL,
        **problems(*_REFUSALS, Code.PAGE_NOT_FOUND, Code.RANGE_NOT_SATISFIABLE),
    },
)
async def get_page(request: Request, gateway: InGateway, exam: InExam, number: InNumber) -> Response:
    """The page that the result's coordinates refer to, as stored."""
    ref = _page(exam, await report_of(gateway, exam), number)
    content = downloads.Content(ref.sha256, "image/jpeg", _revision(exam))
    return await downloads.blob(request, gateway.blobs, ref, content)


@router.get(
    "/exams/{exam_id}/pages/{number}.png",
    summary="A rectified page as PNG",
    response_class=Response,
    responses={
        200: {"content": {"image/png": BINARY}},
        **CONDITIONAL,
        **problems(*_REFUSALS, Code.PAGE_NOT_FOUND),
    },
)
async def get_page_as_png(
    request: Request, gateway: InGateway, pictures: InPictures, exam: InExam, number: InNumber
) -> Response:
    """The same pixels as the JPEG, several times its size: for tools that want no JPEG."""
    ref = _page(exam, await report_of(gateway, exam), number)
    content = downloads.Content(_tag(ref.sha256), "image/png", _revision(exam))
    if known := downloads.not_modified(request, content):
        return known
    return _picture(content, await pictures.png(await fetch(gateway, ref)))


@router.get(
    "/exams/{exam_id}/questions/{question}/crop.png",
    summary="One question as it stands on the paper",
    response_class=Response,
    responses={
        200: {"content": {"image/png": BINARY}},
        **CONDITIONAL,
        **problems(*_REFUSALS, Code.QUESTION_NOT_FOUND),
    },
)
async def get_crop(
    request: Request,
    gateway: InGateway,
    pictures: InPictures,
    exam: InExam,
    question: Annotated[
        str,
        Path(
            description="`number` of the result document, such as `17(1)`; if several have it, their `path` with dots:"
            " `三.17.(1)`.",
            examples=["17(1)"],
        ),
    ],
) -> Response:
    """Stem, options, figure and answer space; parts on several pages or columns below each other."""
    result = await document(gateway, exam)
    found = named([ResultQuestion.model_validate(entry) for entry in result["questions"]], question)
    pages = (await report_of(gateway, exam)).pages
    parts = [(own(exam, pages[at.page - 1]), at.box) for at in found.regions if at.page <= len(pages)]
    content = downloads.Content(_tag(*(f"{ref.sha256}{box}" for ref, box in parts)), "image/png", _revision(exam))
    if known := downloads.not_modified(request, content):
        return known
    jpegs = {ref: await fetch(gateway, ref) for ref in {ref for ref, _ in parts}}
    picture = await pictures.cut([(jpegs[ref], box) for ref, box in parts])
    if picture is None:
        raise Problem(Code.QUESTION_NOT_FOUND, "The question has no place on a page: it was not found on the paper.")
    return _picture(content, picture)


def _page(exam: Exam, report: Report, number: str) -> BlobRef:
    if not (number.isascii() and number.isdigit() and len(number) < 6 and 1 <= int(number) <= len(report.pages)):
        raise Problem(Code.PAGE_NOT_FOUND)
    return own(exam, report.pages[int(number) - 1])


def _revision(exam: Exam) -> dict[str, str]:
    return {"Redink-Revision": str(exam.result_revision)}


def _tag(*of: str) -> str:
    return hashlib.sha256("\n".join((_MADE, *of)).encode()).hexdigest()


def _picture(content: downloads.Content, data: bytes) -> Response:
    return Response(data, 200, content.all_headers(), content.media_type)
