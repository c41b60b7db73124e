"""POST /templates/import: a template from a spreadsheet (CSV), an answer key or a template written elsewhere (JSON)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway import idempotency, multipart
from services.gateway.api import bodies
from services.gateway.api.context import Gateway, InGateway, InTenant
from services.gateway.api.documented import problems
from services.gateway.api.headers import InKey
from services.gateway.api.template_views import TemplateContent, TemplateView, content_view, template_view
from services.gateway.api.templates import make
from services.gateway.core import faults
from services.gateway.core.problems import Code, Problem
from services.gateway.templates import errors, lenient, sheet
from services.gateway.templates.document import Document

router = APIRouter(prefix="/templates", tags=["templates"])

_CSV = "题号,大题,题型,答案,分值,漏选得分,知识点\n1,一,选择题,B,3,,有理数的加减\n2,一,多选题,ACD,4,2,绝对值\n3(1),二,解答题,x=2,8,,一元一次方程\n"
_ABOUT = ("name", "subject", "grade", "title", "total_score")
_KINDS = ("text/csv", "application/json", "multipart/form-data")
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary", "description": "CSV or JSON."}}
    | {name: {"type": "string"} for name in _ABOUT},
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": _CSV},
            "application/json": {
                "schema": {"type": "object"},
                "example": {"questions": [{"number": 1, "type": "单选题", "answer": "B", "max_score": 3}]},
            },
            "multipart/form-data": {"schema": _FORM},
        },
    }
}


@dataclass(frozen=True)
class _Given:
    """The bytes of a file, and what is said of it beside them."""

    data: bytes
    about: Mapping[str, Any]


@router.post(
    "/import",
    status_code=201,
    summary="Make a template from a file",
    response_model=TemplateView,
    openapi_extra=_BODY,
    responses={
        200: {"model": TemplateContent, "description": "`dry_run`: what would be made"},
        **problems(
            Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.TEMPLATE_NAME_TAKEN, Code.TEMPLATE_LIMIT,
            Code.INVALID_IDEMPOTENCY_KEY, Code.IDEMPOTENCY_MISMATCH, Code.UNSUPPORTED_CONTENT_TYPE,
            Code.MALFORMED_MULTIPART, Code.TRUNCATED_BODY, Code.NO_FILE,
        ),
    },
)  # fmt: skip
async def import_template(
    request: Request,
    response: Response,
    gateway: InGateway,
    tenant: InTenant,
    *,
    name: Annotated[str | None, Query(max_length=120, description="Needed unless the file says it.")] = None,
    subject: Annotated[
        str | None, Query(max_length=32, description="As in uploads; needed unless the file says it.")
    ] = None,
    grade: Annotated[int | None, Query(ge=1, le=12)] = None,
    title: Annotated[str | None, Query(max_length=300)] = None,
    total_score: Annotated[float | None, Query(ge=0, le=10_000)] = None,
    dry_run: Annotated[bool, Query(description="Only say what would be made, and what is wrong.")] = False,
    idempotency_key: InKey = None,
) -> TemplateView | Response:
    """CSV in UTF-8 or GB18030, one row an item: 题号 答案 分值 题型 知识点 大题 其他答案 漏选得分, or their English names.

    What is wrong is told by row and column. JSON may be a template, or an answer key with `questions`.
    """
    if idempotency_key is not None:
        idempotency.checked(idempotency_key)
    asked = dict(zip(_ABOUT, (name, subject, grade, title, total_score), strict=True))
    given = await _given(request, gateway)
    about = dict(given.about) | {key: value for key, value in asked.items() if value is not None}
    document, ignored = _understand(given.data, about)
    if dry_run:
        return Response(content_view(document, ignored).model_dump_json(), media_type="application/json")
    head, made = await make(gateway, tenant, document, idempotency_key, response)
    return template_view(head, made, ignored)


async def _given(request: Request, gateway: Gateway) -> _Given:
    kind = bodies.media_type(request)
    if kind not in _KINDS:
        detail = f"Send one of {', '.join(_KINDS)}. A workbook has to be saved as CSV first."
        raise Problem(Code.UNSUPPORTED_CONTENT_TYPE, detail)
    data = await bodies.raw(request, gateway.settings.max_key_bytes)
    if kind != "multipart/form-data":
        return _Given(data, {})
    return await _parts(data, request.headers.get("content-type"))


async def _parts(data: bytes, content_type: str | None) -> _Given:
    """The one file of a form, and its fields."""

    async def whole() -> AsyncIterator[bytes]:
        yield data

    parts: dict[str, bytearray] = {}
    name = ""
    async for piece in multipart.pieces(whole(), multipart.boundary_of(content_type)):
        if isinstance(piece, multipart.PartStart):
            name = "file" if piece.is_file else piece.name
            if name in parts:
                raise _wrong(f"/{name[:64]}", "is given twice")
            parts[name] = bytearray()
        elif isinstance(piece, multipart.PartData):
            parts[name] += piece.data
    if "file" not in parts:
        raise Problem(Code.NO_FILE, "Add a part named 'file': CSV or JSON.")
    file = bytes(parts.pop("file"))
    if unknown := sorted(parts.keys() - set(_ABOUT)):
        raise _wrong(f"/{unknown[0][:64]}", "is no field of this form")
    return _Given(file, {key: _field(key, bytes(value)) for key, value in parts.items()})


def _field(name: str, value: bytes) -> Any:
    try:
        text = value.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise _wrong(f"/{name}", "must be UTF-8") from None
    if name == "grade":
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 else text
    return lenient.points(text) if name == "total_score" else text


def _understand(data: bytes, about: Mapping[str, Any]) -> tuple[Document, tuple[str, ...]]:
    """The template, and what was ignored; Problem."""
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            return _of_json(data, about), ()
        found = sheet.read(data, lenient.tidied(dict(about)))
    except errors.Wrong as wrong:
        raise faults.problem(wrong.faults) from None
    except sheet.WrongSheet as wrong:
        raise _of_rows(wrong.faults) from None
    return found.document, found.ignored


def _of_json(data: bytes, about: Mapping[str, Any]) -> Document:
    written = bodies.json_of(data.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(written, dict):
        raise _wrong("", 'must be a JSON object with "items" or "questions"')
    return errors.checked(lenient.tidied(written | dict(about)))


def _of_rows(wrong: list[sheet.SheetFault]) -> Problem:
    found = [{"pointer": f"/rows/{f.row}", "row": f.row, "column": f.column, "detail": f.detail} for f in wrong]
    more = f" {len(found)} things are wrong; the first {faults.MOST} are named." if len(found) > faults.MOST else ""
    detail = f"Correct the cells that 'errors' names and send the file again.{more}"
    return Problem(Code.VALIDATION_FAILED, detail, errors=found[: faults.MOST])


def _wrong(pointer: str, detail: str) -> Problem:
    return Problem(Code.VALIDATION_FAILED, errors=[{"pointer": pointer, "detail": detail}])
