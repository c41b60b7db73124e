"""/items: the tenant's item bank, and the one that ships."""

import asyncio
import json
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from contracts.artefacts.submission import Subject
from contracts.taxonomy import taxonomy
from services.gateway.api import bodies
from services.gateway.api.context import Gateway, InGateway, InTenant
from services.gateway.api.documented import problems
from services.gateway.api.item_views import (
    NEW,
    Bank,
    ItemImport,
    ItemPage,
    ItemView,
    errors_of,
    kept_view,
    starter_view,
)
from services.gateway.api.json_body import inlined
from services.gateway.api.paging import Page, paged
from services.gateway.core import faults
from services.gateway.core.cursor import opened, sealed
from services.gateway.core.problems import Code, Problem
from services.gateway.courses import store
from services.gateway.practice import items, reading
from services.gateway.practice.bank import starter
from services.gateway.practice.core.item import STARTER, Item, ItemType
from services.gateway.practice.core.points import Points, UnknownPoint, points_in, points_of
from services.gateway.practice.items import Put, Shelf, Wanted
from services.gateway.practice.reading import Row

router = APIRouter(prefix="/items", tags=["practice"])

_CSV = "编号,学科,年级,知识点,题型,题干,A,B,C,D,答案,分值,难度系数\ng7-01,数学,7,有理数的运算,选择题,$-2^4$ 等于（　　）,16,-16,8,-8,B,3,0.68\n"
_LINES = ("application/x-ndjson", "application/jsonl", "text/plain")  # JSON lines have no registered type of their own
_READERS = {
    "application/json": reading.of_json,
    "text/csv": reading.of_csv,
    **dict.fromkeys(_LINES, reading.of_lines),
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["items"],
                    "properties": {"items": {"type": "array", "minItems": 1, "items": inlined(Item)}},
                },
                "example": {"items": [NEW]},
            },
            "text/csv": {"schema": {"type": "string"}, "example": _CSV},
            **{
                kind: {"schema": {"type": "string"}, "example": json.dumps(NEW, ensure_ascii=False) + "\n"}
                for kind in _LINES
            },
        },
    }
}
InItem = Annotated[str, Path(description="Your own id, or one of the bank that ships.", examples=["g7-eq-017"])]


@router.post(
    "",
    summary="Import items",
    openapi_extra=_BODY,
    responses=problems(
        Code.VALIDATION_FAILED, Code.BODY_TOO_LARGE, Code.UNSUPPORTED_CONTENT_TYPE, Code.ITEM_LIMIT
    ),
)  # fmt: skip
async def import_items(
    request: Request,
    gateway: InGateway,
    tenant: InTenant,
    *,
    dry_run: Annotated[bool, Query(description="Only say what is wrong; counts are of what would be taken.")] = False,
) -> ItemImport:
    """One item, a list, JSON lines (`application/x-ndjson`) or CSV; an item replaces the one with its id.

    So sending it again changes nothing. Rows that are wrong are left out and told by row, as a spreadsheet counts them;
    422 when no row is right.
    """
    settings = gateway.printer.settings
    read = _READERS.get(bodies.media_type(request))
    if read is None:
        raise Problem(Code.UNSUPPORTED_CONTENT_TYPE, f"Send one of {', '.join(_READERS)}.")
    data = await bodies.raw(request, settings.max_import_bytes)
    try:
        rows = await asyncio.to_thread(read, data, await _known(gateway, tenant))
    except reading.Unreadable as wrong:
        raise Problem(Code.VALIDATION_FAILED, str(wrong), errors=[{"pointer": "", "detail": str(wrong)}]) from wrong
    if len(rows) > settings.max_import_items:
        detail = f"Send at most {settings.max_import_items} items at a time: these are {len(rows)}."
        raise Problem(Code.BODY_TOO_LARGE, detail, limit=settings.max_import_items)
    return await _taken(gateway, tenant, rows, dry_run=dry_run)


async def _known(gateway: Gateway, tenant: str) -> Callable[[str], Points]:
    """The points of each subject, with the tenant's own."""
    own = await store.every(gateway.pool, tenant)
    return cache(lambda subject: points_in(taxonomy(subject).with_own(own.get(subject, ()))))


async def _taken(gateway: Gateway, tenant: str, rows: list[Row], *, dry_run: bool) -> ItemImport:
    right = [row.item for row in rows if row.item is not None]
    wrong = errors_of(rows)
    if not right:
        errors = [error.model_dump(exclude_none=True) for error in wrong[: faults.MOST]]
        raise Problem(Code.VALIDATION_FAILED, "No row is an item: correct what 'errors' names.", errors=errors)
    done = Put(len(right), 0, 0)
    if not dry_run:
        done = await items.put(gateway.pool, tenant, right, gateway.printer.settings.max_items)
    return ItemImport(**vars(done), failed=len(rows) - len(right), errors=wrong[: faults.MOST])


@router.get("", summary="List items", responses=problems(Code.INVALID_CURSOR, Code.VALIDATION_FAILED))
async def list_items(
    gateway: InGateway,
    tenant: InTenant,
    *,
    bank: Annotated[Bank, Query(description="`starter`: the one that ships. `written`: what a model wrote for your papers.")] = "own",
    subject: Annotated[Subject | None, Query(description="Only of this subject.")] = None,
    grade: Annotated[int | None, Query(ge=1, le=12)] = None,
    type: Annotated[ItemType | None, Query(description="Only of this type.")] = None,  # noqa: A002 - its name in the API
    point: Annotated[
        str | None,
        Query(max_length=80, pattern=r"^[^\x00]*$", description="Only on this point; with a `subject`, also by name.",
              examples=["math.07"]),
    ] = None,
    page: Annotated[Page, Depends(paged(50))],
) -> ItemPage:  # fmt: skip
    """A bank's items in the order of their ids. A topic stands for all points that are part of it."""
    shelf: Shelf = "written" if bank == "written" else "own"
    wanted = Wanted(page.after(_after) or "", subject, grade, type, _code(subject, point), shelf)
    if bank == "starter":
        found = [starter_view(item) for item in sorted(starter().values(), key=lambda i: i.id) if _fits(item, wanted)]
    else:
        found = [kept_view(kept) for kept in await items.page(gateway.pool, tenant, wanted, page.more)]
    shown, following = page.cut(found, lambda last: sealed(f"item:{last.id}"))
    return ItemPage(items=list(shown), next_cursor=following)


@router.get("/{item_id}", summary="One item", responses=problems(Code.ITEM_NOT_FOUND))
async def get_item(gateway: InGateway, tenant: InTenant, item_id: InItem) -> ItemView:
    """With its answer: of your own bank, of the one that ships, or one that a model wrote for your papers."""
    if item_id.startswith(STARTER) and item_id in starter():
        return starter_view(starter()[item_id])
    kept = await items.find(gateway.pool, tenant, item_id) if "\x00" not in item_id else None
    if kept is None:
        raise Problem(Code.ITEM_NOT_FOUND)
    return kept_view(kept)


@router.delete("/{item_id}", status_code=204, summary="Delete an item", responses=problems(Code.ITEM_NOT_FOUND))
async def delete_item(gateway: InGateway, tenant: InTenant, item_id: InItem) -> None:
    """Forget it, one that a model wrote, too. Papers that have it keep it; no further paper gets it."""
    if "\x00" in item_id or not await items.delete(gateway.pool, tenant, item_id):
        raise Problem(Code.ITEM_NOT_FOUND)


def _fits(item: Item, wanted: Wanted) -> bool:
    on_point = wanted.point is None or points_of(item.subject).covers(wanted.point, item.points)
    pairs = ((wanted.subject, item.subject), (wanted.grade, item.grade), (wanted.type, item.type))
    return item.id > wanted.after and on_point and all(asked is None or asked == has for asked, has in pairs)


def _code(subject: str | None, point: str | None) -> str | None:
    """A point that nobody knows is on no item."""
    if subject is None or point is None:
        return point
    try:
        return points_of(subject).code(point)
    except UnknownPoint:
        return point


def _after(cursor: str) -> str:
    word, _, item_id = opened(cursor).partition(":")
    if word != "item" or not item_id.isprintable():
        raise Problem(Code.INVALID_CURSOR)
    return item_id
