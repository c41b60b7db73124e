"""PATCH /exams/{id}/questions and /questions/{q}: what the machine got wrong."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Response
from fastapi.responses import JSONResponse

from services.gateway.api import waiting
from services.gateway.api.context import Gateway, InCaller, InExam, InGateway
from services.gateway.api.correction_views import (
    PATCHABLE,
    CorrectedView,
    QuestionPatch,
    QuestionPatches,
    corrected_view,
)
from services.gateway.api.documented import problems
from services.gateway.api.headers import InKey
from services.gateway.api.json_body import json_body
from services.gateway.auth import Caller
from services.gateway.core.problems import Code, Problem
from services.gateway.corrections.rules import Author, Wish
from services.gateway.corrections.service import Asked, Done, correct
from services.gateway.exams import Exam

router = APIRouter(tags=["corrections"])

_MERGE_PATCH = "application/merge-patch+json"
_read_patch, _patch = json_body(QuestionPatch, 128, _MERGE_PATCH, "application/json")
_read_patches, _patches = json_body(QuestionPatches, 1024, "application/json", _MERGE_PATCH)
_REFUSALS = problems(
    Code.EXAM_NOT_FOUND, Code.QUESTION_NOT_FOUND, Code.EXAM_NOT_COMPLETED, Code.RESULT_GONE, Code.ARTEFACT_GONE,
    Code.PRECONDITION_REQUIRED, Code.PRECONDITION_FAILED, Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE,
    Code.UNSUPPORTED_CONTENT_TYPE, Code.INVALID_IDEMPOTENCY_KEY, Code.IDEMPOTENCY_IN_FLIGHT, Code.IDEMPOTENCY_MISMATCH,
)  # fmt: skip
_RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {"description": "Safe; a new revision is on its way"},
    200: {"model": CorrectedView, "description": "It holds already, or has ended within the `Prefer: wait` time"},
    **_REFUSALS,
}
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='The ETag of the result that was looked at, or its revision in quotes, as "2"; `*` for any.',
    ),
]
Actor = Annotated[
    str | None,
    Header(
        alias="Redink-Actor",
        max_length=128,
        pattern=r"^[\x21-\x7e]*$",
        description="Your own id for the teacher, kept with the correction; a pseudonym is best.",
    ),
]


def _author(caller: InCaller, actor: Actor = None) -> Author:
    return author_of(caller, actor)


def author_of(caller: Caller, actor: str | None) -> Author:
    """Who makes this request, now."""
    return Author(caller.key_id, actor or None, datetime.now(UTC))


InAuthor = Annotated[Author, Depends(_author)]


@router.patch(
    "/exams/{exam_id}/questions/{question}",
    status_code=202,
    summary="Correct a question",
    response_model=CorrectedView,
    openapi_extra=_patch,
    responses=_RESPONSES,
)
async def correct_question(
    gateway: InGateway,
    exam: InExam,
    author: InAuthor,
    patch: Annotated[QuestionPatch, Depends(_read_patch)],
    question: Annotated[
        str, Path(max_length=200, description="Its number, or its path joined with dots.", examples=["17(1)"])
    ],
    *,
    if_match: IfMatch = None,
    idempotency_key: InKey = None,
    prefer: waiting.InPrefer = None,
) -> Response:
    """Say what the machine got wrong: the exam is graded, diagnosed and reported again as its next revision.

    Until that has completed, result and reports stay those of the last one. A 409 while a revision is being worked on.
    """
    wishes = [Wish(question, patch.fields())] if patch.fields() else []
    asked = Asked(exam, wishes, author, if_match, idempotency_key, lambda _index: "", _answer)
    return await _respond(gateway, await _done(gateway, asked), prefer)


@router.patch(
    "/exams/{exam_id}/questions",
    status_code=202,
    summary="Correct several questions",
    response_model=CorrectedView,
    openapi_extra=_patches,
    responses=_RESPONSES,
)
async def correct_questions(
    gateway: InGateway,
    exam: InExam,
    author: InAuthor,
    patches: Annotated[QuestionPatches, Depends(_read_patches)],
    *,
    if_match: IfMatch = None,
    idempotency_key: InKey = None,
    prefer: waiting.InPrefer = None,
) -> Response:
    """As one question, for several at once and with one new revision; all of them, or none."""
    asked = Asked(exam, patches.wishes(), author, if_match, idempotency_key, "/corrections/{}".format, _answer)
    return await _respond(gateway, await _done(gateway, asked), prefer)


async def _done(gateway: Gateway, asked: Asked) -> Done:
    if not asked.wishes:
        names = ", ".join(PATCHABLE)
        raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "", "detail": f"say at least one of {names}"}])
    return await correct(gateway.ledger, gateway.blobs, gateway.settings, asked)


def _answer(exam: Exam, entries: Any) -> dict[str, Any]:
    return corrected_view(exam, entries).model_dump(mode="json")


async def _respond(gateway: Gateway, done: Done, prefer: str | None) -> Response:
    base = f"/api/v1/exams/{done.exam.exam_id}"
    content, headers = dict(done.response), {"Location": base, "Operation-Location": f"{base}/status"}
    ended = not done.begun
    if done.begun and prefer is not None:
        exam, applied = await waiting.preferred(gateway, done.exam, prefer)
        content["status"] = exam.position.status.value
        headers |= applied
        ended = exam.ended and bool(applied)
    if not ended:
        headers["Retry-After"] = "1"
    if done.replayed:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(content, 200 if ended else 202, headers)
