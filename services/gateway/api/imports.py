"""POST /imports: past records as a file, streamed to the store, then 202; GET, its errors, DELETE."""

# ruff: noqa: FAST003 - import_id is taken by the dependency InImport

import asyncio
import uuid
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from services.gateway import idempotency, keyed, multipart, scraps
from services.gateway.api import bodies
from services.gateway.api.context import Gateway, InCaller, InGateway, InTenant, existing, uuid_of
from services.gateway.api.documented import problems
from services.gateway.api.headers import InKey
from services.gateway.api.import_form import BODY, HEADERS, digest, ignored_columns, subject_of
from services.gateway.api.import_views import (
    AcceptedImport,
    ImportDeleted,
    ImportView,
    RowError,
    RowErrorPage,
    import_fields,
)
from services.gateway.api.paging import Page, paged
from services.gateway.core.cursor import counted, number_in
from services.gateway.core.problems import Code, Problem
from services.gateway.idempotency import Earlier, Reservation
from services.gateway.ledger import transact
from services.gateway.records import imports
from services.gateway.records.imports import KINDS, Counts, Import
from services.gateway.upload import Body, declared_length, only_hash

router = APIRouter(prefix="/imports", tags=["students"])

_NOTHING = Counts(0, 0, 0, 0, 0)


async def _import(
    gateway: InGateway,
    tenant: InTenant,
    import_id: Annotated[
        str, Path(description="As answered by the upload.", examples=["7b1f2a9c-3d4e-4f60-8a71-92b3c4d5e6f7"])
    ],
) -> tuple[Import, Counts]:
    known = uuid_of(import_id)
    return existing(await imports.find(gateway.pool, tenant, known) if known else None, Code.IMPORT_NOT_FOUND)


InImport = Annotated[tuple[Import, Counts], Depends(_import)]


@router.post(
    "",
    status_code=202,
    summary="Import past records",
    response_model=AcceptedImport,
    openapi_extra=BODY,
    responses={
        202: {"description": "Safe; its rows are taken from now on", "headers": HEADERS},
        **problems(
            Code.TRUNCATED_BODY, Code.INVALID_IDEMPOTENCY_KEY, Code.UPLOAD_TIMEOUT, Code.IDEMPOTENCY_IN_FLIGHT,
            Code.BODY_TOO_LARGE, Code.UNSUPPORTED_CONTENT_TYPE, Code.EMPTY_FILE, Code.VALIDATION_FAILED,
            Code.IDEMPOTENCY_MISMATCH, Code.IMPORT_NOT_FOUND, Code.TOO_MANY_IN_FLIGHT,
        ),
    },
)  # fmt: skip
async def create_import(
    request: Request,
    gateway: InGateway,
    caller: InCaller,
    *,
    subject: Annotated[
        str | None, Query(max_length=32, description="As in uploads: of rows that name none.", examples=["math"])
    ] = None,
    idempotency_key: InKey = None,
) -> Response:
    """One row a line: what a student earned on one item of a paper on a day, and which knowledge points it asked.

    The body is the file itself: CSV with a header, or a JSON object a line. A wrong row is told by its line and refused
    by itself. A row is known by student, subject, date, paper and item: the same file sent again changes nothing, and
    one with other values corrects them.
    """
    settings = gateway.records.settings
    limits = gateway.settings.model_copy(update={"max_body_bytes": settings.import_bytes})
    body = Body(request.receive, limits, declared_length(request.headers))
    try:
        return await _accept(request, body, gateway, caller, subject, idempotency_key)
    except Problem as problem:
        if "100-continue" not in request.headers.get("expect", "").lower():
            await body.drain()
        if problem.code is Code.BODY_TOO_LARGE:
            detail = f"A file may have {settings.import_bytes} bytes: split it, and repeat the first line of a CSV."
            raise Problem(Code.BODY_TOO_LARGE, detail, limit=settings.import_bytes) from problem
        raise


@router.get("/{import_id}", summary="One import", responses=problems(Code.IMPORT_NOT_FOUND))
async def get_import(response: Response, found: InImport) -> ImportView:
    """How many rows were taken so far, and what became of them."""
    response.headers["Cache-Control"] = "no-store"
    if found[0].ended_at is None:
        response.headers["Retry-After"] = "1"
    return ImportView(**import_fields(*found))


@router.get(
    "/{import_id}/errors",
    summary="Rows that were refused",
    responses=problems(Code.IMPORT_NOT_FOUND, Code.INVALID_CURSOR, Code.VALIDATION_FAILED),
)
async def list_import_errors(
    gateway: InGateway,
    found: InImport,
    page: Annotated[Page, Depends(paged(100, 1000))],
) -> RowErrorPage:
    """In the order of the file: what is wrong with each, and what to do."""
    of, after = found[0], page.after(partial(number_in, "line")) or 0
    rows = await imports.errors(gateway.pool, of.tenant, of.import_id, after, page.more)
    wrong, following = page.cut(rows, lambda last: counted("line", last["line"]))
    return RowErrorPage(items=[RowError(**dict(row)) for row in wrong], next_cursor=following)


@router.delete("/{import_id}", summary="Take an import back", responses=problems(Code.IMPORT_NOT_FOUND))
async def delete_import(gateway: InGateway, tenant: InTenant, found: InImport) -> ImportDeleted:
    """Delete the records that it said last, and its outcome. What it had overwritten does not come back."""
    of = found[0]
    gone = await imports.delete(gateway.owner_pool, tenant, of.import_id)
    if gone is None:
        raise Problem(Code.IMPORT_NOT_FOUND)
    if of.file is not None:
        await scraps.drop(gateway.blobs, [of.file.path])
    return ImportDeleted(import_id=str(of.import_id), responses=gone)


async def _accept(  # noqa: PLR0917 - what a request is made of
    request: Request, body: Body, gateway: Gateway, caller: InCaller, subject: str | None, key: str | None
) -> Response:
    multipart.refuse_encoding(request.headers.get("content-encoding"))
    kind = bodies.media_type(request)
    if kind not in KINDS:
        raise Problem(Code.UNSUPPORTED_CONTENT_TYPE, f"Send one of {', '.join(KINDS)}; a workbook as CSV.")
    named = subject_of(subject)
    checked = None if key is None else idempotency.checked(key)
    settings, tenant = gateway.settings, caller.tenant
    found: Reservation | Earlier | None = None
    if checked is not None:
        async with asyncio.timeout(settings.store_seconds):
            found = await transact(
                gateway.ledger, "reserve", lambda books: keyed.take(books, tenant, checked, settings.lease_seconds)
            )
    if isinstance(found, Earlier):
        return await _replay(body, gateway, tenant, found, (kind, named))
    await _require_room(gateway, tenant)
    async with keyed.holding(gateway.ledger, found, settings.lease_seconds):
        path = f"{tenant}/imports/{uuid.uuid4()}"
        file = await gateway.blobs.put_stream(path, body.chunks())
        try:
            ignored = await ignored_columns(gateway.blobs, file, kind)
        except Problem:
            await scraps.drop(gateway.blobs, [path])
            raise
        new = imports.fresh(tenant, kind, named, file, caller.key_id)
        await imports.create(gateway.pool, new)
        if found is not None:
            held, asked, said = found, digest(file.sha256, kind, named), {"ignored": ignored}
            await transact(
                gateway.ledger, "accept", lambda books: keyed.settle(books, held, new.import_id, asked, said)
            )
    return _answer(AcceptedImport(**import_fields(new, _NOTHING), ignored_columns=ignored))


async def _require_room(gateway: Gateway, tenant: str) -> None:
    most = gateway.records.settings.open_imports
    if await imports.unended(gateway.pool, tenant) >= most:
        detail = f"{most} of your imports have not ended, which is the most: send the file again when some have."
        raise Problem(Code.TOO_MANY_IN_FLIGHT, detail, headers={"Retry-After": "30"}, limit=most)


async def _replay(
    body: Body, gateway: Gateway, tenant: str, earlier: Earlier, asked: tuple[str, str | None]
) -> Response:
    sent = await only_hash(1, body.chunks())
    if digest(sent.sha256, *asked) != earlier.fingerprint:
        raise Problem(Code.IDEMPOTENCY_MISMATCH)
    found = await imports.find(gateway.pool, tenant, earlier.exam_id)
    if found is None:
        raise Problem(Code.IMPORT_NOT_FOUND, "The import of this Idempotency-Key is gone: send it under a new key.")
    answer = _answer(AcceptedImport(**import_fields(*found), ignored_columns=earlier.response["ignored"]))
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


def _answer(view: AcceptedImport) -> Response:
    headers = {"Location": view.links.self, "Retry-After": "1"}
    return JSONResponse(view.model_dump(mode="json"), 202, headers)
