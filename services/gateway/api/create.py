"""POST /exams. Blobs first, then one transaction {idempotency, exam, outbox}, then 202."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from contracts.events import BlobRef
from contracts.opening import Look
from contracts.topics import SUBMISSION, artefact_path
from services.gateway import acceptance, idempotency, keyed, multipart, scraps
from services.gateway.api import waiting
from services.gateway.api.accepted import HEADERS, Accepted, Stored, accepted, answered, new_exam_id, repeated
from services.gateway.api.context import Gateway, InGateway, InTenant
from services.gateway.api.documented import problems
from services.gateway.api.exam_views import AcceptedView
from services.gateway.api.headers import InKey
from services.gateway.api.look_views import advice_fields, look_problems
from services.gateway.api.upload_form import FORM
from services.gateway.api.webhooks import require_callable
from services.gateway.core.form import parse_form
from services.gateway.core.problems import Code, Problem
from services.gateway.looks.watch import refuse
from services.gateway.upload import Body, Received, declared_length, only_hash, receive

router = APIRouter(tags=["exams"])


@dataclass(frozen=True)
class _Kept:
    """An upload whose files are stored, for an exam to be, and what was seen of them."""

    exam_id: uuid.UUID
    received: Received
    looks: dict[int, Look]


@router.post(
    "/exams",
    status_code=202,
    summary="Upload a paper",
    response_model=AcceptedView,
    openapi_extra={"requestBody": FORM},
    responses={
        202: {"description": "Safe, and on its way", "headers": HEADERS},
        200: {"model": AcceptedView, "description": "Ended within the `Prefer: wait` time"},
        **problems(
            Code.MALFORMED_MULTIPART, Code.TRUNCATED_BODY, Code.INVALID_IDEMPOTENCY_KEY, Code.UPLOAD_TIMEOUT,
            Code.IDEMPOTENCY_IN_FLIGHT, Code.BODY_TOO_LARGE, Code.FILE_TOO_LARGE, Code.FIELD_TOO_LARGE,
            Code.TOO_MANY_PARTS, Code.UNSUPPORTED_CONTENT_TYPE, Code.UNSUPPORTED_MEDIA, Code.NO_FILE, Code.EMPTY_FILE,
            Code.VALIDATION_FAILED, Code.IDEMPOTENCY_MISMATCH, Code.EXAM_DELETED, Code.UNKNOWN_TEMPLATE, *look_problems(),
            Code.TOO_MANY_IN_FLIGHT, Code.OVERLOADED,
        ),
    },
)  # fmt: skip
async def upload(
    request: Request,
    gateway: InGateway,
    tenant: InTenant,
    idempotency_key: InKey = None,
    prefer: Annotated[
        str | None, Header(alias="Prefer", description="`wait=N`: answer when the exam has ended, within N seconds.")
    ] = None,
) -> Response:
    """Accept one student's paper. Nothing is lost once 202 is answered; follow `Location` for what comes of it."""
    body = Body(request.receive, gateway.settings, declared_length(request.headers))
    try:
        done = await _accept(request, body, gateway, tenant, idempotency_key)
    except Problem:
        if "100-continue" not in request.headers.get("expect", "").lower():
            await body.drain()
        raise
    seconds = waiting.asked(prefer, gateway.settings.max_wait_seconds)
    exam = done.exam if seconds is None else await waiting.ended(gateway, done.exam, seconds)
    return await answered(gateway, done, exam, applied=seconds)


async def _accept(request: Request, body: Body, gateway: Gateway, tenant: str, key: str | None) -> Accepted:
    multipart.refuse_encoding(request.headers.get("content-encoding"))
    parts = multipart.pieces(body.chunks(), multipart.boundary_of(request.headers.get("content-type")))
    checked = None if key is None else idempotency.checked(key)
    settings = gateway.settings
    async with asyncio.timeout(settings.store_seconds):
        found = await acceptance.reserve(gateway.ledger, tenant, checked, settings.lease_seconds, settings.limits)
    if isinstance(found, idempotency.Earlier):
        return await _replay(parts, gateway, tenant, found)
    async with keyed.holding(gateway.ledger, found, settings.lease_seconds):
        return await _take(request, parts, gateway, tenant, found)


async def _take(
    request: Request,
    parts: AsyncGenerator[multipart.Piece, None],
    gateway: Gateway,
    tenant: str,
    held: idempotency.Reservation | None,
) -> Accepted:
    exam_id, kept = new_exam_id(), list[str]()
    with gateway.looks.watch() as watch:

        async def store(number: int, chunks: AsyncIterator[bytes]) -> BlobRef:
            kept.append(f"{tenant}/{exam_id}/1/upload-{number}")
            async with aclosing(watch.seeing(number, chunks)) as seen:
                return await gateway.blobs.put_stream(kept[-1], seen)

        try:
            received = await receive(parts, store, gateway.settings)
            looks = await watch.seen(gateway.settings.advice_seconds)
            refuse(looks)
            return await _offer(request, gateway, tenant, held, _Kept(exam_id, received, looks))
        except Problem:
            await scraps.drop(gateway.blobs, kept)
            raise


async def _offer(
    request: Request,
    gateway: Gateway,
    tenant: str,
    held: idempotency.Reservation | None,
    kept: _Kept,
) -> Accepted:
    exam_id = kept.exam_id
    form = await gateway.library.fill(tenant, parse_form(kept.received.fields))
    form = await gateway.records.past.fill(tenant, form)
    submission = form.submission(kept.received.files)
    advice = advice_fields(kept.looks, kept.received, form.locale)
    if form.callback_url is not None:
        await require_callable(gateway, form.callback_url, "/callback_url")
    path = artefact_path(tenant, exam_id, 1, SUBMISSION)
    artefact = await gateway.blobs.put(path, submission.model_dump_json().encode())
    warnings = tuple(f"unknown field '{name}' was ignored" for name in form.ignored)
    stored = Stored(exam_id, form, submission, artefact, advice, warnings)
    return await accepted(request, gateway, tenant, held, stored)


async def _replay(
    parts: AsyncGenerator[multipart.Piece, None], gateway: Gateway, tenant: str, earlier: idempotency.Earlier
) -> Accepted:
    received = await receive(parts, only_hash, gateway.settings)
    form = parse_form(received.fields)
    asked = idempotency.fingerprint(form.asked(received.files), form.priority, form.callback_url)
    return await repeated(gateway, tenant, asked, earlier)
