"""GET /exams, /exams/{id}, /exams/{id}/status; POST /exams/{id}/cancel, /retry."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InExam

import re
import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BeforeValidator

from contracts.events import ExamControl
from contracts.status import Status
from contracts.topics import CONTROL
from services.gateway import exams, idempotency, keyed
from services.gateway.api import estimates, waiting
from services.gateway.api.context import Gateway, InExam, InGateway, InTenant, trace_of
from services.gateway.api.documented import ACCEPTED, CONDITIONAL, problems
from services.gateway.api.exam_views import ExamPage, ExamView, RetryOrder, StatusView, exam_fields, status_view
from services.gateway.api.headers import InKey
from services.gateway.api.json_body import json_body
from services.gateway.api.paging import InPage
from services.gateway.core.cursor import Cursor, decode, encode
from services.gateway.core.form import named_subject
from services.gateway.core.problems import Code, Problem
from services.gateway.core.progress import Fact
from services.gateway.endings import take
from services.gateway.exams import Exam, Filter, count_end
from services.gateway.ledger import Transaction, transact
from services.gateway.replay import replay

router = APIRouter(tags=["exams"])

_read_order, _order = json_body(RetryOrder, 4, required=False)


_SPACED_OFFSET = re.compile(r"(T[0-9:.]+) (?=[0-9]{2}:?[0-9]{2}$)")
"""+08:00 as it arrives from who did not write the + as %2B in an address."""


def _written(moment: str) -> str:
    if re.match(r"[0-9]{4}-", moment) is None:  # pydantic also takes seconds since 1970, which the API doesn't promise
        raise ValueError("must be a time such as 2026-11-22T03:14:15Z")
    return _SPACED_OFFSET.sub(r"\1+", moment)


InMoment = Annotated[datetime, BeforeValidator(_written)]


@router.get(
    "/exams",
    summary="List exams",
    responses={**CONDITIONAL, **problems(Code.INVALID_CURSOR, Code.VALIDATION_FAILED)},
)
async def list_exams(
    gateway: InGateway,
    tenant: InTenant,
    *,
    status: Annotated[list[Status] | None, Query(description="Only these; may be given several times.")] = None,
    student_id: Annotated[str | None, Query(max_length=128)] = None,
    class_id: Annotated[str | None, Query(max_length=128)] = None,
    subject: Annotated[str | None, Query(max_length=32, description="As an upload names it.")] = None,
    template_id: Annotated[str | None, Query(max_length=64, description="Uploaded with this template.")] = None,
    created_after: Annotated[InMoment | None, Query(description="Inclusive.")] = None,
    created_before: Annotated[InMoment | None, Query(description="Exclusive.")] = None,
    page: InPage,
) -> ExamPage:
    """The tenant's exams, newest first."""
    wanted = Filter(
        tuple(status or ()),
        _clean(student_id),
        _clean(class_id),
        named_subject(_clean(subject)),
        _utc(created_after),
        _utc(created_before),
        _clean(template_id),
    )
    found = await exams.page(gateway.pool, tenant, wanted, page.after(decode), page.more)
    items, following = page.cut(found, lambda last: encode(Cursor(last.created_at, last.exam_id)))
    return ExamPage(items=[await _view(gateway, exam) for exam in items], next_cursor=following)


@router.get("/exams/{exam_id}", summary="One exam", responses={**CONDITIONAL, **problems(Code.EXAM_NOT_FOUND)})
async def get_exam(response: Response, gateway: InGateway, exam: InExam, prefer: waiting.InPrefer = None) -> ExamView:
    """What was uploaded and where it is."""
    exam, applied = await waiting.preferred(gateway, exam, prefer)
    response.headers.update(applied)
    return await _view(gateway, exam)


@router.get(
    "/exams/{exam_id}/status", summary="Progress of an exam", responses={**CONDITIONAL, **problems(Code.EXAM_NOT_FOUND)}
)
async def get_status(
    response: Response, gateway: InGateway, exam: InExam, prefer: waiting.InPrefer = None
) -> StatusView:
    """Cheap enough to poll once a second; `/events` pushes the same."""
    exam, applied = await waiting.preferred(gateway, exam, prefer)
    response.headers.update(applied)
    if not exam.ended:
        response.headers["Retry-After"] = "1"
    known = await gateway.statuses.beside(exam)
    estimate = await estimates.remaining(gateway.history, exam, known.queue)
    return status_view(exam, estimate, known.timings)


@router.post(
    "/exams/{exam_id}/cancel", summary="Cancel an exam", responses=problems(Code.EXAM_NOT_FOUND, Code.EXAM_ENDED)
)
async def cancel(request: Request, gateway: InGateway, exam: InExam) -> ExamView:
    """Stop working on the exam. Cancelling a cancelled exam changes nothing; an exam that ended otherwise is a 409."""
    trace = trace_of(request).traceparent
    before, moved = await transact(gateway.ledger, "cancel", lambda books: _cancel(books, exam.exam_id, trace))
    if moved is not before:
        count_end(moved)
    return await _view(gateway, moved)


@router.post(
    "/exams/{exam_id}/retry",
    status_code=202,
    summary="Try an exam again",
    openapi_extra=_order,
    responses={
        **ACCEPTED,
        **problems(
            Code.EXAM_NOT_FOUND, Code.EXAM_IN_FLIGHT, Code.ARTEFACT_GONE, Code.TOO_MANY_IN_FLIGHT, Code.OVERLOADED,
            Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_CONTENT_TYPE, Code.INVALID_IDEMPOTENCY_KEY,
            Code.IDEMPOTENCY_IN_FLIGHT, Code.IDEMPOTENCY_MISMATCH,
        ),
    },
)  # fmt: skip
async def retry(
    response: Response,
    gateway: InGateway,
    exam: InExam,
    order: Annotated[RetryOrder, Depends(_read_order)],
    *,
    idempotency_key: InKey = None,
    prefer: waiting.InPrefer = None,
) -> ExamView:
    """Run an exam that has ended again, as its next revision with a new deadline. An exam in flight is a 409.

    Repeated under the same key, it begins no further revision, and answers with the exam as it is.
    """
    stage = order.from_
    settings = gateway.settings
    digest = idempotency.digest("retry", exam.exam_id, stage)
    async with keyed.once(gateway.ledger, exam.tenant, idempotency_key, digest, settings.lease_seconds) as once:
        begun = exam
        if once.earlier is None:
            begun = await replay(
                gateway.ledger, gateway.blobs, exam.exam_id, stage, settings, limits=settings.limits, once=once
            )
        else:
            response.headers["Idempotent-Replayed"] = "true"
    begun, applied = await waiting.preferred(gateway, begun, prefer)
    response.headers.update(applied)
    response.headers["Location"] = f"/api/v1/exams/{exam.exam_id}"
    response.headers["Operation-Location"] = f"/api/v1/exams/{exam.exam_id}/status"
    if not begun.ended:
        response.headers["Retry-After"] = "1"
    return await _view(gateway, begun)


async def _cancel(transaction: Transaction, exam_id: uuid.UUID, trace: str) -> tuple[Exam, Exam]:
    """The exam before and after."""
    locked = await transaction.lock(exam_id)
    if locked is None:
        raise Problem(Code.EXAM_NOT_FOUND)
    position = locked.position
    if position.status.terminal and position.status is not Status.CANCELLED:
        raise Problem(Code.EXAM_ENDED, exam_status=position.status.value)
    moved = await take(transaction, locked, Fact(position.revision, Status.CANCELLED, position.stage))
    if moved is not locked:
        await transaction.enqueue(CONTROL, ExamControl(**moved.said()), trace)
    return locked, moved


async def _view(gateway: Gateway, exam: Exam) -> ExamView:
    return ExamView(**exam_fields(exam, await estimates.remaining(gateway.history, exam)))


def _clean(text: str | None) -> str | None:
    if text is not None and "\x00" in text:
        raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "", "detail": "must not contain NUL"}])
    return text


def _utc(moment: datetime | None) -> datetime | None:
    """In UTC; a time without zone is taken as UTC."""
    if moment is None or moment.tzinfo is None:
        return moment.replace(tzinfo=UTC) if moment else None
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "", "detail": "no such time"}]) from error
