"""/review: questions that a teacher should look at, leased, skipped and decided."""

import uuid
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query

from services.gateway.api.context import Gateway, InGateway, InTenant, existing, uuid_of
from services.gateway.api.corrections import InAuthor
from services.gateway.api.documented import problems
from services.gateway.api.json_body import json_body
from services.gateway.api.paging import InPage
from services.gateway.api.review_views import (
    DecisionOrder,
    DecisionView,
    KeptDecisions,
    LeaseOrder,
    LeaseView,
    ReviewItem,
    ReviewPage,
    SkipOrder,
    item_view,
    kept_view,
    lease_view,
)
from services.gateway.core.cursor import Cursor
from services.gateway.core.cursor import decode as decode_place
from services.gateway.core.cursor import encode as encode_place
from services.gateway.core.form import named_subject
from services.gateway.core.problems import Code, Problem
from services.gateway.corrections.revise import shown
from services.gateway.corrections.rules import Author, entries_of
from services.gateway.exams import find as find_exam
from services.gateway.review import decisions, queue
from services.gateway.review.cursor import decode, encode
from services.gateway.review.decisions import Decision
from services.gateway.review.items import Reason

router = APIRouter(prefix="/review", tags=["review"])
T = TypeVar("T")
_MOST_COUNTED = 1000

_read_lease, _lease = json_body(LeaseOrder, 4, required=False)
_read_skip, _skip = json_body(SkipOrder, 4, required=False)
_read_decision, _decision = json_body(DecisionOrder, 128)
_BODY = (Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_CONTENT_TYPE)
InItem = Annotated[str, Path(alias="item_id", examples=["5c0f8a1b-2c3d-5e4f-8071-829304a5b6c7"])]


def _item_id(item_id: InItem) -> uuid.UUID:
    return existing(uuid_of(item_id), Code.REVIEW_ITEM_NOT_FOUND)


InItemId = Annotated[uuid.UUID, Depends(_item_id)]


@router.get("", summary="What to look at", responses=problems(Code.INVALID_CURSOR, Code.VALIDATION_FAILED))
async def list_review(
    gateway: InGateway,
    tenant: InTenant,
    *,
    subject: Annotated[str | None, Query(max_length=32)] = None,
    class_id: Annotated[str | None, Query(max_length=128)] = None,
    exam_id: Annotated[str | None, Query(max_length=64)] = None,
    reason: Annotated[Reason | None, Query(description="Only these.")] = None,
    free: Annotated[bool, Query(description="Only items that nobody has a lease on.")] = False,
    page: InPage,
) -> ReviewPage:
    """Open items of completed exams, the oldest exam first, each exam in the order of its paper."""
    exam = uuid_of(exam_id) if exam_id is not None else None
    if exam_id is not None and exam is None:
        return ReviewPage(items=[], open=0, next_cursor=None)
    wanted = queue.Wanted(named_subject(_clean(subject)), _clean(class_id), exam, reason, free)
    doubtful = await queue.page(gateway.pool, tenant, wanted, page.after(decode), page.more)
    items, following = page.cut(doubtful, lambda last: encode(queue.After(last.queued_at, last.exam_id, last.place)))
    number = await queue.count(gateway.pool, tenant, wanted, _MOST_COUNTED)
    return ReviewPage(items=[item_view(item) for item in items], open=number, next_cursor=following)


@router.get(
    "/decisions",
    summary="Decisions that wait, or are void",
    responses=problems(Code.INVALID_CURSOR, Code.VALIDATION_FAILED),
)
async def list_decisions(
    gateway: InGateway,
    tenant: InTenant,
    *,
    exam_id: Annotated[str | None, Query(max_length=64)] = None,
    state: Annotated[Literal["waiting", "void"] | None, Query(description="Only these.")] = None,
    page: InPage,
) -> KeptDecisions:
    """What was decided and is not in the exam's corrections: it waits to be applied, or never will be, and why.

    A void decision ends with the exam, or with its next revision, which asks the question again if it is doubtful still.
    """
    exam = uuid_of(exam_id) if exam_id is not None else None
    if exam_id is not None and exam is None:
        return KeptDecisions(items=[], next_cursor=None)
    void = None if state is None else state == "void"
    kept = await decisions.page(gateway.pool, tenant, exam, void, page.after(decode_place), page.more)
    items, following = page.cut(kept, lambda last: encode_place(Cursor(last.decision.at, last.item_id)))
    return KeptDecisions(items=[kept_view(each) for each in items], next_cursor=following)


@router.get("/{item_id}", summary="One item", responses=problems(Code.REVIEW_ITEM_NOT_FOUND))
async def get_review_item(gateway: InGateway, tenant: InTenant, item_id: InItemId) -> ReviewItem:
    """An item while it is open."""
    return item_view(_known(await queue.find(gateway.pool, tenant, item_id)))


@router.post(
    "/{item_id}/lease",
    summary="Take an item",
    openapi_extra=_lease,
    responses=problems(Code.REVIEW_ITEM_NOT_FOUND, Code.REVIEW_ITEM_LEASED, *_BODY),
)
async def lease_review_item(
    gateway: InGateway,
    tenant: InTenant,
    item_id: InItemId,
    author: InAuthor,
    order: Annotated[LeaseOrder, Depends(_read_lease)],
) -> LeaseView:
    """Keep others off it while you look. With the `lease` you have it is renewed; a lease that ran out is anybody's."""
    claim = queue.Claim(author.actor or author.key_id, order.minutes * 60, _token(order.lease))
    return lease_view(_known(await _unless_busy(queue.lease(gateway.pool, tenant, item_id, claim))))


@router.post(
    "/{item_id}/skip",
    summary="Leave an item to others",
    openapi_extra=_skip,
    responses=problems(Code.REVIEW_ITEM_NOT_FOUND, Code.REVIEW_ITEM_LEASED, *_BODY),
)
async def skip_review_item(
    gateway: InGateway, tenant: InTenant, item_id: InItemId, order: Annotated[SkipOrder, Depends(_read_skip)]
) -> ReviewItem:
    """Put it at the end of the queue, and end the lease."""
    return item_view(_known(await _unless_busy(queue.skip(gateway.pool, tenant, item_id, _token(order.lease)))))


@router.post(
    "/{item_id}/decide",
    status_code=202,
    summary="Decide an item",
    openapi_extra=_decision,
    responses=problems(Code.REVIEW_ITEM_NOT_FOUND, Code.REVIEW_ITEM_LEASED, Code.RESULT_GONE, *_BODY),
)
async def decide_review_item(
    gateway: InGateway,
    tenant: InTenant,
    item_id: InItemId,
    author: InAuthor,
    order: Annotated[DecisionOrder, Depends(_read_decision)],
) -> DecisionView:
    """Let the question stand as it is, or correct it.

    The decisions on one exam are gathered and make one new revision, when none of its items is open any more or a
    short time after the last of them. Sent again, the same decision gets the same answer.
    """
    place = _known(await decisions.path_of(gateway.pool, tenant, item_id))
    decision = _decision_of(place[1], author, order)
    await _require_allowed(gateway, tenant, place[0], decision)
    kept = _known(await _unless_busy(decisions.keep(gateway.pool, tenant, item_id, decision, _token(order.lease))))
    return DecisionView(
        id=str(kept.id),
        item_id=str(item_id),
        exam_id=str(place[0]),
        path=list(kept.path),
        accept=kept.accept,
        decided_at=kept.at,
        applied_within=gateway.review_settings.settle_seconds,
    )


def _decision_of(path: tuple[str, ...], author: Author, order: DecisionOrder) -> Decision:
    fields = order.correction.fields() if order.correction is not None else {}
    if (points := fields.get("knowledge_points")) is not None:
        fields["knowledge_points"] = [point.model_dump(mode="json") for point in points]
    return Decision(uuid.uuid4(), path, author.key_id, author.actor, order.accept, fields, author.at)


async def _require_allowed(gateway: Gateway, tenant: str, exam_id: uuid.UUID, decision: Decision) -> None:
    """What the rules refuse is told now, not when it would be applied."""
    exam = _known(await find_exam(gateway.pool, tenant, exam_id))
    seen = await shown(gateway.blobs, exam)
    pointer = "/correction"
    entries_of(seen.result, seen.submission, [decision.wish()], lambda _wish: decision.author(), lambda _index: pointer)


async def _unless_busy(work: Awaitable[T]) -> T:
    try:
        return await work
    except queue.Busy as busy:
        raise _leased(busy.until) from busy


def _leased(until: datetime | None) -> Problem:
    """`until` is None when the lease ended between two looks at it: it is worth another try at once."""
    return Problem(Code.REVIEW_ITEM_LEASED, leased_until=(until or datetime.now(UTC)).isoformat())


def _known(item: T | None) -> T:
    return existing(item, Code.REVIEW_ITEM_NOT_FOUND)


def _token(text: str | None) -> uuid.UUID | None:
    """A lease that can't be one is none."""
    return uuid_of(text) if text is not None else None


def _clean(text: str | None) -> str | None:
    if text is not None and "\x00" in text:
        raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "", "detail": "must not contain NUL"}])
    return text
