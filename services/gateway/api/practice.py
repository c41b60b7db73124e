"""/practice: papers composed of item banks, for what a student should practise."""

# ruff: noqa: FAST003 - practice_id is taken by the dependency InPaper

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.gateway import idempotency
from services.gateway.api import downloads
from services.gateway.api.context import InCaller, InGateway, InTenant, existing
from services.gateway.api.documented import BINARY, CONDITIONAL, problems
from services.gateway.api.headers import InCheckedKey
from services.gateway.api.json_body import json_body
from services.gateway.api.paging import InPage
from services.gateway.api.practice_making import made
from services.gateway.api.practice_views import (
    NewPractice,
    PracticeKey,
    PracticePage,
    PracticeView,
    entry_view,
    key_json,
    practice_view,
)
from services.gateway.core.cursor import decode, named
from services.gateway.core.disposition import disposition
from services.gateway.core.problems import Code
from services.gateway.core.scopes import Scope
from services.gateway.practice import papers
from services.gateway.practice.papers import PREFIX, Asked, Paper
from services.gateway.practice.printer import Kind, Printer

router = APIRouter(prefix="/practice", tags=["practice"])

_read_new, _new = json_body(NewPractice, 64)
_KNOWN = re.compile(PREFIX + "[0-9a-f]{32}")
_PDF = {200: {"content": {"application/pdf": BINARY}}, **CONDITIONAL, **problems(Code.PRACTICE_NOT_FOUND)}


async def _paper(
    gateway: InGateway,
    tenant: InTenant,
    practice_id: Annotated[str, Path(examples=[PREFIX + "2f1c7a50be2c84b8f9f0d3c5a1b2e4d6"])],
) -> Paper:
    known = _KNOWN.fullmatch(practice_id) is not None
    return existing(await papers.find(gateway.pool, tenant, practice_id) if known else None, Code.PRACTICE_NOT_FOUND)


InPaper = Annotated[Paper, Depends(_paper)]


@router.post(
    "",
    status_code=201,
    summary="Make a practice paper",
    openapi_extra=_new,
    responses=problems(
        Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_CONTENT_TYPE, Code.INVALID_IDEMPOTENCY_KEY,
        Code.IDEMPOTENCY_MISMATCH, Code.EXAM_NOT_FOUND, Code.EXAM_NOT_COMPLETED, Code.RESULT_GONE,
        Code.PRACTICE_WITHOUT_POINTS, Code.PRACTICE_WITHOUT_ITEMS, Code.PRACTICE_LIMIT,
    ),
)  # fmt: skip
async def create_practice(
    response: Response,
    gateway: InGateway,
    caller: InCaller,
    wanted: Annotated[NewPractice, Depends(_read_new)],
    key: InCheckedKey,
) -> PracticeView:
    """Compose a paper: weak points first, what they build on before them, easier items first, none that the student had.

    It comes with a template: upload the photographed answer sheet with its `template_id`. The same request and bank
    give the same paper for the same `seed`. `lacking` says for which points the bank has too few items. From an exam
    or a student's record, the key needs the scope `exams:read` as well.
    """
    if wanted.exam_id is not None or wanted.student_id is not None:
        caller.require(Scope.EXAMS_READ)
    asked = Asked(key, idempotency.digest(wanted.fingerprint()))
    earlier = await papers.repeated(gateway.pool, caller.tenant, asked)
    paper = earlier or await made(gateway, caller.tenant, wanted, asked)
    if earlier is not None:
        response.headers["Idempotent-Replayed"] = "true"
    response.headers["Location"] = f"/api/v1/practice/{paper.id}"
    return practice_view(paper)


@router.get("", summary="List practice papers", responses=problems(Code.INVALID_CURSOR, Code.VALIDATION_FAILED))
async def list_practice(
    gateway: InGateway,
    tenant: InTenant,
    *,
    student_id: Annotated[
        str | None, Query(max_length=128, pattern=r"^[^\x00]*$", description="Only of this student.")
    ] = None,
    page: InPage,
) -> PracticePage:
    """The tenant's papers, newest first, without their questions."""
    made_papers = await papers.page(gateway.pool, tenant, student_id, page.after(decode), page.more)
    items, following = page.cut(made_papers, lambda last: named(last.created_at, last.id))
    return PracticePage(items=[entry_view(paper) for paper in items], next_cursor=following)


@router.get("/{practice_id}", summary="One practice paper", responses=problems(Code.PRACTICE_NOT_FOUND))
async def get_practice(paper: InPaper) -> PracticeView:
    """Its questions, without answers."""
    return practice_view(paper)


@router.delete(
    "/{practice_id}", status_code=204, summary="Delete a practice paper", responses=problems(Code.PRACTICE_NOT_FOUND)
)
async def delete_practice(gateway: InGateway, tenant: InTenant, paper: InPaper) -> None:
    """Forget the paper and its template. Exams keep the key they were accepted with; its items may come again."""
    await papers.delete(gateway.pool, tenant, paper.id)


@router.get("/{practice_id}/key", summary="The key of a practice paper", responses=problems(Code.PRACTICE_NOT_FOUND))
async def get_practice_key(paper: InPaper) -> PracticeKey:
    """Answers, what is accepted beside them, marking and solutions."""
    return key_json(paper)


@router.get("/{practice_id}/paper.pdf", summary="The paper for printing", response_class=Response, responses=_PDF)
async def get_practice_paper(request: Request, gateway: InGateway, paper: InPaper) -> Response:
    """A4: the questions, and an answer sheet after them."""
    return await _set(request, gateway.printer, paper, "paper")


@router.get("/{practice_id}/key.pdf", summary="The key for printing", response_class=Response, responses=_PDF)
async def get_practice_key_pdf(request: Request, gateway: InGateway, paper: InPaper) -> Response:
    """A4: answers and solutions."""
    return await _set(request, gateway.printer, paper, "key")


async def _set(request: Request, printer: Printer, paper: Paper, kind: Kind) -> Response:
    named = disposition("inline", f"redink-practice-{kind}", f"{paper.practice.title} {kind}", ".pdf")
    content = downloads.Content(printer.tag(paper, kind), "application/pdf", {"Content-Disposition": named})
    if known := downloads.not_modified(request, content):
        return known
    return Response(await printer.pdf(paper, kind), media_type=content.media_type, headers=content.all_headers())
