"""POST /essays: an essay as text. It is an exam that begins at the analyzer; everything of /exams/{id} is there for it."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.gateway import acceptance, idempotency, keyed
from services.gateway.api import estimates, waiting
from services.gateway.api.accepted import HEADERS, Accepted, answered, new_exam_id
from services.gateway.api.context import Gateway, InGateway, InTenant, trace_of
from services.gateway.api.documented import problems
from services.gateway.api.exam_views import AcceptedView, exam_fields
from services.gateway.api.headers import InCheckedKey
from services.gateway.api.json_body import json_body
from services.gateway.api.webhooks import require_callable
from services.gateway.core.eta import Estimate
from services.gateway.core.form import Form
from services.gateway.core.problems import Code, Problem
from services.gateway.essays.order import EssayOrder
from services.gateway.essays.paper import AFTER
from services.gateway.essays.storing import forget, store
from services.gateway.exams import Exam, find

router = APIRouter(tags=["essays"])

_EXAMPLE = {
    "title": "My Weekend",
    "subject": "english",
    "grade": 8,
    "prompt": "Write about your weekend, at least 60 words.",
    "content": "Last weekend I go to the museum with my classmates. It was very intresting.",
    "max_score": 15,
    "student_id": "s-1024",
    "locale": "en",
}
_read, _BODY = json_body(EssayOrder, 128)
_BODY["requestBody"]["content"]["application/json"]["example"] = _EXAMPLE


@router.post(
    "/essays",
    status_code=202,
    summary="Send an essay",
    response_model=AcceptedView,
    openapi_extra=_BODY,
    responses={
        202: {"description": "Safe, and on its way", "headers": HEADERS},
        200: {"model": AcceptedView, "description": "Ended within the `Prefer: wait` time"},
        **problems(
            Code.UNSUPPORTED_CONTENT_TYPE, Code.BODY_TOO_LARGE, Code.VALIDATION_FAILED, Code.INVALID_IDEMPOTENCY_KEY,
            Code.IDEMPOTENCY_IN_FLIGHT, Code.IDEMPOTENCY_MISMATCH, Code.EXAM_DELETED, Code.TOO_MANY_IN_FLIGHT,
            Code.QUOTA_EXCEEDED, Code.OVERLOADED,
        ),
    },
)  # fmt: skip
async def submit(
    request: Request,
    gateway: InGateway,
    tenant: InTenant,
    order: Annotated[EssayOrder, Depends(_read)],
    *,
    idempotency_key: InCheckedKey = None,
    prefer: waiting.InPrefer = None,
) -> Response:
    """Accept one essay. `Location` is an exam like any other: status, events, webhooks, result, report, corrections."""
    form, settings = order.form(), gateway.settings
    async with asyncio.timeout(settings.store_seconds):
        found = await acceptance.reserve(
            gateway.ledger, tenant, idempotency_key, settings.lease_seconds, settings.limits
        )
    if isinstance(found, idempotency.Earlier):
        accepted = await _again(gateway, tenant, form, found)
    else:
        async with keyed.holding(gateway.ledger, found, settings.lease_seconds):
            accepted = await _take(request, gateway, tenant, form, found)
    seconds = waiting.asked(prefer, settings.max_wait_seconds)
    exam = accepted.exam if seconds is None else await waiting.ended(gateway, accepted.exam, seconds)
    return await answered(gateway, accepted, exam, applied=seconds)


async def _take(
    request: Request, gateway: Gateway, tenant: str, asked: Form, held: idempotency.Reservation | None
) -> Accepted:
    if asked.callback_url is not None:
        await require_callable(gateway, asked.callback_url, "/callback_url")
    form = await gateway.records.past.fill(tenant, await gateway.library.fill(tenant, asked))
    submission, exam_id = form.submission(()), new_exam_id()
    try:
        artefact = await store(gateway.blobs, tenant, exam_id, submission)
        async with asyncio.timeout(gateway.settings.store_seconds):
            estimate = await estimates.fresh(gateway.history, form.priority, AFTER)
            offer = acceptance.Offer(
                exam_id,
                tenant,
                form,
                submission,
                artefact,
                held,
                trace_of(request).traceparent,
                gateway.settings.deadline_seconds(form.priority),
                gateway.settings.limits,
                lambda exam: _view(exam, estimate),
                AFTER,
            )
            accepted = await acceptance.accept(gateway.ledger, offer)
    except Problem:
        await forget(gateway.blobs, tenant, exam_id)
        raise
    return Accepted(accepted.exam, (), accepted.response)


async def _again(gateway: Gateway, tenant: str, form: Form, earlier: idempotency.Earlier) -> Accepted:
    if idempotency.fingerprint(form.asked(()), form.priority, form.callback_url) != earlier.fingerprint:
        raise Problem(Code.IDEMPOTENCY_MISMATCH)
    exam = await find(gateway.pool, tenant, earlier.exam_id)
    if exam is None:
        raise Problem(Code.EXAM_DELETED)
    return Accepted(exam, (), earlier.response, replayed=True)


def _view(exam: Exam, estimate: Estimate) -> dict[str, Any]:
    return AcceptedView(**exam_fields(exam, estimate), advice_complete=True).model_dump(mode="json")
