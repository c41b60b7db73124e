"""/templates: answer keys and the structure of papers, in versions."""

# ruff: noqa: FAST003 - template_id is taken by the dependency InHead

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from contracts.artefacts.submission import Subject
from services.gateway import idempotency
from services.gateway.api import bodies
from services.gateway.api.context import Gateway, InGateway, InTenant, existing
from services.gateway.api.documented import CONDITIONAL, problems
from services.gateway.api.headers import InKey
from services.gateway.api.paging import InPage
from services.gateway.api.template_views import (
    EXAMPLE,
    TemplatePage,
    TemplateView,
    VersionEntry,
    VersionList,
    entry_view,
    template_view,
)
from services.gateway.api.versioned import ETAG, IfMatch, etag, expected
from services.gateway.core import faults
from services.gateway.core.cursor import decode, named
from services.gateway.core.problems import Code, Problem
from services.gateway.templates import errors, queries, store
from services.gateway.templates.document import Document
from services.gateway.templates.queries import Head, Wanted

router = APIRouter(prefix="/templates", tags=["templates"])

_ID = re.compile(r"tpl_[0-9a-f]{32}")
_READ_ONLY = frozenset({"id", "version", "created_at", "updated_at", "warnings"})
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": bodies.schema(Document), "example": EXAMPLE}},
    }
}


async def _head(
    gateway: InGateway,
    tenant: InTenant,
    template_id: Annotated[str, Path(examples=["tpl_7c0a4f0be2c84b8f9f0d3c5a1b2e4d6f"])],
) -> Head:
    known = _ID.fullmatch(template_id) is not None
    return existing(await queries.find(gateway.pool, tenant, template_id) if known else None, Code.TEMPLATE_NOT_FOUND)


InHead = Annotated[Head, Depends(_head)]


async def make(
    gateway: Gateway, tenant: str, document: Document, key: str | None, response: Response
) -> tuple[Head, Document]:
    """A new template, with the headers of its answer; an earlier one's newest version under a repeated key."""
    checked = None if key is None else idempotency.checked(key)
    made = await store.create(gateway.pool, tenant, document, checked, gateway.settings.max_templates)
    response.headers["Location"] = f"/api/v1/templates/{made.head.id}"
    response.headers["ETag"] = etag(made.head.version)
    if not made.replayed:
        return made.head, document
    response.headers["Idempotent-Replayed"] = "true"
    known = await gateway.library.version(tenant, made.head.id, made.head.version)
    return made.head, known.document if known else document


@router.post(
    "",
    status_code=201,
    summary="Make a template",
    openapi_extra=_BODY,
    responses={
        201: {"description": "Made", "headers": ETAG},
        **problems(
            Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.TEMPLATE_NAME_TAKEN, Code.TEMPLATE_LIMIT,
            Code.INVALID_IDEMPOTENCY_KEY, Code.IDEMPOTENCY_MISMATCH, Code.UNSUPPORTED_CONTENT_TYPE,
        ),
    },
)  # fmt: skip
async def create_template(
    request: Request, response: Response, gateway: InGateway, tenant: InTenant, idempotency_key: InKey = None
) -> TemplateView:
    """Paper structure and answer key for many uploads: give its `id` as `template_id` of `POST /exams`."""
    document = await _document(request, gateway)
    return template_view(*await make(gateway, tenant, document, idempotency_key, response))


@router.get("", summary="List templates", responses=problems(Code.INVALID_CURSOR, Code.VALIDATION_FAILED))
async def list_templates(
    gateway: InGateway,
    tenant: InTenant,
    *,
    subject: Annotated[Subject | None, Query(description="Only of this subject.")] = None,
    name: Annotated[
        str, Query(max_length=120, pattern=r"^[^\x00]*$", description="Only with this in their name, in any case.")
    ] = "",
    page: InPage,
) -> TemplatePage:
    """The tenant's templates, newest first, without their items."""
    wanted = Wanted(page.after(decode), subject, name)
    heads, following = page.cut(
        await queries.page(gateway.pool, tenant, wanted, page.more), lambda last: named(last.created_at, last.id)
    )
    return TemplatePage(items=[entry_view(head) for head in heads], next_cursor=following)


@router.get(
    "/{template_id}",
    summary="One template",
    responses={200: {"headers": ETAG}, **CONDITIONAL, **problems(Code.TEMPLATE_NOT_FOUND)},
)
async def get_template(response: Response, gateway: InGateway, tenant: InTenant, head: InHead) -> TemplateView:
    """The newest version."""
    # None: changed or deleted since its head was read; the next request sees which.
    known = existing(await gateway.library.version(tenant, head.id, head.version), Code.TEMPLATE_NOT_FOUND)
    response.headers["ETag"] = etag(head.version)
    return template_view(head, known.document)


@router.put(
    "/{template_id}",
    summary="A new version of a template",
    openapi_extra=_BODY,
    responses={
        200: {"headers": ETAG},
        **problems(
            Code.TEMPLATE_NOT_FOUND, Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.TEMPLATE_NAME_TAKEN,
            Code.PRECONDITION_FAILED, Code.UNSUPPORTED_CONTENT_TYPE,
        ),
    },
)  # fmt: skip
async def replace_template(
    request: Request,
    response: Response,
    gateway: InGateway,
    tenant: InTenant,
    *,
    head: InHead,
    if_match: IfMatch = None,
) -> TemplateView:
    """Replace the whole document. Uploads from now on use it; exams keep the version they were accepted with.

    The same document again is no new version. What only the answer has (`id`, `version`, …) is ignored.
    """
    document = await _document(request, gateway)
    kept = await store.replace(gateway.pool, tenant, head.id, document, expected(if_match))
    changed = existing(kept, Code.TEMPLATE_NOT_FOUND)
    response.headers["ETag"] = etag(changed.version)
    return template_view(changed, document)


@router.delete(
    "/{template_id}",
    status_code=204,
    summary="Delete a template",
    responses=problems(Code.TEMPLATE_NOT_FOUND, Code.PRECONDITION_FAILED),
)
async def delete_template(gateway: InGateway, tenant: InTenant, head: InHead, if_match: IfMatch = None) -> None:
    """Forget the template and its versions. Exams keep the key they were accepted with."""
    if not await store.delete(gateway.pool, tenant, head.id, expected(if_match)):
        raise Problem(Code.TEMPLATE_NOT_FOUND)


@router.get("/{template_id}/versions", summary="Versions of a template", responses=problems(Code.TEMPLATE_NOT_FOUND))
async def list_template_versions(gateway: InGateway, tenant: InTenant, head: InHead) -> VersionList:
    """The newest hundred, newest first."""
    kept = await queries.versions(gateway.pool, tenant, head.id)
    return VersionList(items=[VersionEntry(**vars(each)) for each in kept])


@router.get(
    "/{template_id}/versions/{version}",
    summary="One version of a template",
    responses={200: {"headers": ETAG}, **CONDITIONAL, **problems(Code.TEMPLATE_NOT_FOUND)},
)
async def get_template_version(
    response: Response,
    gateway: InGateway,
    tenant: InTenant,
    head: InHead,
    version: Annotated[str, Path(examples=["1"])],
) -> TemplateView:
    """As it was: what an exam's `template` names."""
    number = int(version) if re.fullmatch(r"[1-9][0-9]{0,8}", version) else 0
    at = existing(await queries.find_version(gateway.pool, tenant, head, number), Code.TEMPLATE_NOT_FOUND)
    known = existing(await gateway.library.version(tenant, head.id, number), Code.TEMPLATE_NOT_FOUND)
    response.headers["ETag"] = etag(number)
    return template_view(at, known.document)


async def _document(request: Request, gateway: Gateway) -> Document:
    """The template of a JSON body; Problem."""
    if bodies.media_type(request) not in ("application/json", ""):
        detail = "Send the template as application/json; POST /templates/import takes CSV and answer keys."
        raise Problem(Code.UNSUPPORTED_CONTENT_TYPE, detail)
    data = bodies.json_of(await bodies.raw(request, gateway.settings.max_key_bytes))
    if isinstance(data, dict):
        data = {name: value for name, value in data.items() if name not in _READ_ONLY}
    try:
        return errors.checked(data)
    except errors.Wrong as wrong:
        raise faults.problem(wrong.faults) from None
