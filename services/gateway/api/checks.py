"""POST /checks: what an upload would be told, without one."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field

from contracts.events import BlobRef
from services.gateway import multipart
from services.gateway.api.context import Gateway, InGateway, InTenant
from services.gateway.api.documented import problems
from services.gateway.api.exam_views import AdviceView
from services.gateway.api.look_views import advice_fields, look_problems
from services.gateway.api.views import View
from services.gateway.core.problems import Code, Problem
from services.gateway.looks.watch import refuse
from services.gateway.upload import Body, Received, declared_length, only_hash, receive

router = APIRouter(tags=["exams"])

_FORM: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "description": "As of POST /exams. Its other fields may come, too, and are not looked at.",
                    },
                    "locale": {"type": "string", "default": "zh-CN"},
                },
            }
        }
    },
}


class CheckView(View):
    """The files can be read; `advice` says what could be better."""

    files: int = Field(ge=1)
    pages: int = Field(ge=1, description="Of all files together.")
    advice: list[AdviceView]
    advice_complete: bool = Field(description="False when a file has so many pages that only its first were looked at.")


@router.post(
    "/checks",
    summary="Check photos before they are uploaded",
    openapi_extra={"requestBody": _FORM},
    responses=problems(
        Code.MALFORMED_MULTIPART, Code.TRUNCATED_BODY, Code.UPLOAD_TIMEOUT, Code.BODY_TOO_LARGE, Code.FILE_TOO_LARGE,
        Code.FIELD_TOO_LARGE, Code.TOO_MANY_PARTS, Code.UNSUPPORTED_CONTENT_TYPE, Code.UNSUPPORTED_MEDIA, Code.NO_FILE,
        Code.EMPTY_FILE, Code.VALIDATION_FAILED, Code.CHECKS_UNAVAILABLE, *look_problems(),
    ),
)  # fmt: skip
async def check(request: Request, gateway: InGateway, _tenant: InTenant) -> CheckView:
    """Answer as POST /exams would about the files: the same problems, and advice. Nothing is kept, nothing is queued."""
    body = Body(request.receive, gateway.settings, declared_length(request.headers))
    try:
        return await _check(request, body, gateway)
    except Problem:
        if "100-continue" not in request.headers.get("expect", "").lower():
            await body.drain()
        raise


async def _check(request: Request, body: Body, gateway: Gateway) -> CheckView:
    multipart.refuse_encoding(request.headers.get("content-encoding"))
    parts = multipart.pieces(body.chunks(), multipart.boundary_of(request.headers.get("content-type")))
    with gateway.looks.watch(gateway.settings.check_seconds) as watch:

        async def look(number: int, chunks: AsyncIterator[bytes]) -> BlobRef:
            async with aclosing(watch.seeing(number, chunks)) as seen:
                return await only_hash(number, seen)

        received: Received = await receive(parts, look, gateway.settings)
        looks = await watch.seen(gateway.settings.check_seconds)
    refuse(looks)
    if len(looks) < len(received.files):
        raise Problem(Code.CHECKS_UNAVAILABLE, headers={"Retry-After": "5"})
    pages = sum(found.pages for found in looks.values())
    locale = received.fields.get("locale", "") or "zh-CN"
    return CheckView(files=len(looks), pages=pages, **advice_fields(looks, received, locale))
