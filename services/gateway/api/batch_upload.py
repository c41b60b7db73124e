"""POST /batches: bytes to the spool, papers to the blob store, then the batch is a plan that no crash undoes, then 202."""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from services.gateway import idempotency, keyed, multipart, scraps
from services.gateway.acceptance import refuse_overload, refuse_used_up
from services.gateway.api.batch_form import BODY, HEADERS, LONGEST_NAME
from services.gateway.api.batch_views import AcceptedBatch, batch_fields, paper_fields
from services.gateway.api.batches import remaining
from services.gateway.api.context import Gateway, InGateway, InTenant, trace_of
from services.gateway.api.documented import problems
from services.gateway.api.headers import InKey
from services.gateway.api.webhooks import require_callable
from services.gateway.batches import bounds, claims, papers, reception, rows, storing
from services.gateway.batches.kinship import compared
from services.gateway.batches.rows import Batch
from services.gateway.batches.spool import open_spool
from services.gateway.batches.storing import Kept
from services.gateway.core.form import KNOWN, Form
from services.gateway.core.problems import Code, Problem
from services.gateway.idempotency import Earlier, Reservation
from services.gateway.ledger import Transaction, transact
from services.gateway.upload import Body, declared_length

router = APIRouter(tags=["batches"])
_PATIENCE = 1.0
"""Least seconds that a stored paper waits for the look at its last file."""
_NAMESPACE = uuid.UUID("6f1b0d0e-4d0c-5c1e-9a51-1f6f2a0b7c55")


@router.post(
    "/batches",
    status_code=202,
    summary="Upload many papers",
    response_model=AcceptedBatch,
    openapi_extra={"requestBody": BODY},
    responses={
        202: {"description": "Safe; `outcomes` has what became of each paper", "headers": HEADERS},
        **problems(
            Code.MALFORMED_MULTIPART, Code.TRUNCATED_BODY, Code.INVALID_IDEMPOTENCY_KEY, Code.UPLOAD_TIMEOUT,
            Code.IDEMPOTENCY_IN_FLIGHT, Code.BODY_TOO_LARGE, Code.FIELD_TOO_LARGE, Code.TOO_MANY_PARTS,
            Code.UNSUPPORTED_CONTENT_TYPE, Code.NO_FILE, Code.ARCHIVE_REFUSED, Code.BATCH_REFUSED,
            Code.VALIDATION_FAILED, Code.IDEMPOTENCY_MISMATCH, Code.TOO_MANY_IN_FLIGHT, Code.QUOTA_EXCEEDED, Code.OVERLOADED,
        ),
    },
)  # fmt: skip
async def create_batch(
    request: Request,
    gateway: InGateway,
    tenant: InTenant,
    idempotency_key: InKey = None,
) -> Response:
    """Each paper becomes an exam of its own, or is refused by itself: one bad file never refuses the batch.

    Repeated under the same key it finds the same batch, and no paper becomes two exams.
    """
    limits = gateway.settings.model_copy(update={"max_body_bytes": gateway.batches.settings.max_body_bytes})
    body = Body(request.receive, limits, declared_length(request.headers))
    try:
        return await _accept(request, body, gateway, tenant, idempotency_key)
    except Problem:
        if "100-continue" not in request.headers.get("expect", "").lower():
            await body.drain()
        raise


async def _accept(request: Request, body: Body, gateway: Gateway, tenant: str, key: str | None) -> Response:
    multipart.refuse_encoding(request.headers.get("content-encoding"))
    parts = multipart.pieces(body.chunks(), multipart.boundary_of(request.headers.get("content-type")))
    checked = None if key is None else idempotency.checked(key)
    batches, settings = gateway.batches, gateway.settings
    if batches.uploads.locked():
        raise Problem(Code.OVERLOADED, headers={"Retry-After": "15"})
    async with batches.uploads:
        async with asyncio.timeout(settings.store_seconds):
            found = await _reserve(gateway, tenant, checked)
        held = found if isinstance(found, Reservation) else None
        async with keyed.holding(gateway.ledger, held, settings.lease_seconds):
            with open_spool() as spool:
                received = await reception.receive(parts, spool, bounds.limits(settings, batches.settings))
                if isinstance(found, Earlier):
                    return await _replay(gateway, tenant, received.fingerprint(), found)
                common, name, warnings = _common(received.fields)
                planned = await papers.planned(received, spool, bounds.bounds(settings, batches.settings), common)
                batch_id = _batch_id(tenant, checked, received.fingerprint())
                kept = compared(await storing.stored(planned, _place(gateway, tenant, batch_id)))
            await _require_one(gateway, tenant, batch_id, kept)
            await _keep(gateway, tenant, batch_id, name, kept, trace_of(request).traceparent)
            await _settle(gateway, held, batch_id, received.fingerprint(), {"warnings": warnings})
            return await _answer(gateway, tenant, batch_id, warnings)


async def _reserve(gateway: Gateway, tenant: str, key: str | None) -> Reservation | Earlier | None:
    """The key, if there is one. Problem(IDEMPOTENCY_IN_FLIGHT | OVERLOADED | TOO_MANY_IN_FLIGHT | QUOTA_EXCEEDED).

    Exams in flight are no reason to refuse: papers wait for them.
    """
    lease, limits = gateway.settings.lease_seconds, gateway.settings.limits
    most, waiting = gateway.batches.settings.max_waiting, await rows.waiting(gateway.pool, tenant)
    detail = f"{most} of your papers wait to become exams, which is the most. Upload again when some have ended."

    async def work(books: Transaction) -> Reservation | Earlier | None:
        found = None if key is None else await keyed.take(books, tenant, key, lease)
        if isinstance(found, Earlier):
            return found
        if waiting >= most:
            raise Problem(Code.TOO_MANY_IN_FLIGHT, detail, headers={"Retry-After": "60"}, limit=most)
        standing = await books.standing(tenant, limits.outbox, exactly=False)
        refuse_overload(standing, limits)
        refuse_used_up(standing)
        return found

    return await transact(gateway.ledger, "reserve", work)


async def _keep(  # noqa: PLR0917 - what a batch is made of
    gateway: Gateway, tenant: str, batch_id: uuid.UUID, name: str | None, kept: list[Kept], traceparent: str
) -> None:
    """The batch is safe when its rows are; then its papers become exams, for as long as an answer can wait."""
    settings = gateway.batches.settings
    mine = await rows.create(gateway.pool, batch_id, tenant, name, traceparent, kept, settings.lease_seconds)
    if mine:
        await _forget_refused(gateway, kept)
    else:  # a request with this key died after this point: go on where it was
        mine = await claims.claim(gateway.pool, batch_id, settings.lease_seconds)
    if mine:
        batch = await _found(gateway, tenant, batch_id)
        await gateway.batches.intake.take_in(batch, settings.max_papers, settings.accept_seconds)


async def _found(gateway: Gateway, tenant: str, batch_id: uuid.UUID) -> Batch:
    batch = await rows.find(gateway.pool, tenant, batch_id)
    if batch is None:
        raise Problem(Code.BATCH_NOT_FOUND)
    return batch


async def _settle(
    gateway: Gateway, held: Reservation | None, batch_id: uuid.UUID, digest: bytes, response: dict[str, Any]
) -> None:
    """The answer itself is not kept with the key: it has names of files, which go when their exams are deleted."""
    if held is not None:
        await transact(gateway.ledger, "accept", lambda books: keyed.settle(books, held, batch_id, digest, response))


async def _replay(gateway: Gateway, tenant: str, digest: bytes, earlier: Earlier) -> Response:
    if digest != earlier.fingerprint:
        raise Problem(Code.IDEMPOTENCY_MISMATCH)
    answer = await _answer(gateway, tenant, earlier.exam_id, earlier.response["warnings"])
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


async def _answer(gateway: Gateway, tenant: str, batch_id: uuid.UUID, warnings: list[str]) -> Response:
    batch = await _found(gateway, tenant, batch_id)
    view = AcceptedBatch(
        **batch_fields(batch, await remaining(gateway, batch)),
        outcomes=[paper_fields(paper) for paper in await rows.papers(gateway.pool, tenant, batch_id)],
        warnings=warnings,
    )
    base = f"/api/v1/batches/{batch_id}"
    headers = {"Location": base, "Operation-Location": base, "Retry-After": "2"}
    return JSONResponse(view.model_dump(mode="json"), 202, headers)


def _batch_id(tenant: str, key: str | None, digest: bytes) -> uuid.UUID:
    """Derived from key and content, so that a repeated request finds what an unfinished one began."""
    if key is None:
        return uuid.uuid4()
    return uuid.uuid5(_NAMESPACE, hashlib.sha256(repr((tenant, key, digest)).encode()).hexdigest())


def _common(fields: dict[str, str]) -> tuple[dict[str, str], str | None, list[str]]:
    """The form's fields that hold for all papers, the batch's name, and what was ignored."""
    common = dict(fields)
    name = common.pop("name", "").strip()
    if len(name) > LONGEST_NAME or not all(char.isprintable() for char in name):
        detail = f"must have at most {LONGEST_NAME} printable characters"
        raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "/name", "detail": detail}])
    warnings = [f"unknown field '{field[:64]}' was ignored" for field in sorted(common.keys() - KNOWN)]
    known = {field: value for field, value in common.items() if field in KNOWN}
    return {**known, "priority": known.get("priority", "").strip() or "batch"}, name or None, warnings


def _completing(gateway: Gateway, tenant: str) -> Callable[[Form], Awaitable[Form]]:
    """Looks up what a form names; the same only once for all papers."""
    checked: set[str] = set()

    async def complete(form: Form) -> Form:
        url = form.callback_url
        if url is not None and url not in checked:
            await require_callable(gateway, url, "/callback_url")
            checked.add(url)
        return await gateway.records.past.fill(tenant, await gateway.library.fill(tenant, form))

    return complete


def _place(gateway: Gateway, tenant: str, batch_id: uuid.UUID) -> storing.Place:
    seconds, patience = gateway.batches.settings.look_seconds, max(_PATIENCE, gateway.settings.advice_seconds)
    return storing.Place(
        batch_id, tenant, gateway.blobs, _completing(gateway, tenant), gateway.looks, seconds, patience
    )


async def _forget_refused(gateway: Gateway, kept: list[Kept]) -> None:
    await scraps.drop(gateway.blobs, [path for paper in kept for path in paper.scraps])


async def _require_one(gateway: Gateway, tenant: str, batch_id: uuid.UUID, kept: list[Kept]) -> None:
    """A batch without any paper is no batch: Problem(BATCH_REFUSED) that says why of each."""
    if any(paper.refusal is None for paper in kept):
        return
    if await rows.find(gateway.pool, tenant, batch_id) is None:
        await _forget_refused(gateway, kept)
    listed = [
        {
            "name": paper.name[:200],
            "code": paper.refusal.code.value,
            "detail": paper.refusal.detail,
            **paper.refusal.extra,
        }
        for paper in kept[:100]
        if paper.refusal is not None
    ]
    raise Problem(Code.BATCH_REFUSED, papers=listed)
