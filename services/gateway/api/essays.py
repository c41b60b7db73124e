"""POST /essays: an essay as text. It is an exam that begins at the analyzer; everything of /exams/{id} is there for it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.gateway import acceptance, idempotency, keyed
from services.gateway.api import waiting
from services.gateway.api.accepted import HEADERS, Accepted, Stored, accepted, answered, new_exam_id, repeated
from services.gateway.api.context import Gateway, InGateway, InTenant
from services.gateway.api.documented import problems
from services.gateway.api.exam_views import AcceptedView
from services.gateway.api.headers import InCheckedKey
from services.gateway.api.json_body import json_body
from services.gateway.api.webhooks import require_callable
from services.gateway.core.form import Form
from services.gateway.core.problems import Code, Problem
from services.gateway.essays.order import EssayOrder
from services.gateway.essays.paper import AFTER
from services.gateway.essays.storing import forget, store

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
        asked = idempotency.fingerprint(form.asked(()), form.priority, form.callback_url)
        done = await repeated(gateway, tenant, asked, found)
    else:
        async with keyed.holding(gateway.ledger, found, settings.lease_seconds):
            done = await _take(request, gateway, tenant, form, found)
    seconds = waiting.asked(prefer, settings.max_wait_seconds)
    exam = done.exam if seconds is None else await waiting.ended(gateway, done.exam, seconds)
    return await answered(gateway, done, exam, applied=seconds)


async def _take(
    request: Request, gateway: Gateway, tenant: str, asked: Form, held: idempotency.Reservation | None
) -> Accepted:
    if asked.callback_url is not None:
        await require_callable(gateway, asked.callback_url, "/callback_url")
    form = await gateway.records.past.fill(tenant, await gateway.library.fill(tenant, asked))
    submission, exam_id = form.submission(()), new_exam_id()
    try:
        artefact = await store(gateway.blobs, tenant, exam_id, submission)
        stored = Stored(exam_id, form, submission, artefact, {"advice_complete": True}, after=AFTER)
        return await accepted(request, gateway, tenant, held, stored)
    except Problem:
        await forget(gateway.blobs, tenant, exam_id)
        raise
