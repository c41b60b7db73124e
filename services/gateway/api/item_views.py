"""What the API answers about item banks."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from services.gateway.api.views import FieldError, View
from services.gateway.practice.core.item import STARTER, Item
from services.gateway.practice.items import Kept
from services.gateway.practice.reading import Row

Bank = Literal["own", "starter", "written"]
"""The tenant's, the one that ships, and what a model wrote for the tenant's papers."""
EXAMPLE: dict[str, Any] = {
    "id": "g7-eq-017", "subject": "math", "grade": 7, "points": ["math.07"], "type": "fill_blank",
    "stem": "方程 $3x-7=5$ 的解是 $x=$____.", "options": {}, "answer": "4", "accepted": ["x=4"], "partial_score": None,
    "rubric": [], "score": 3.0, "facility": 0.92, "solution": "移项得 $3x=12$，$x=4$。", "family": "linear",
    "language": "zh", "source": "校本题库", "license": "CC-BY-4.0", "origin": "human",
}  # fmt: skip
NEW: dict[str, Any] = {name: value for name, value in EXAMPLE.items() if value not in ({}, [], None)}
_MOMENT = "2026-11-22T03:14:15.926Z"


class ItemView(Item):
    """An item, and where it is kept."""

    model_config = ConfigDict(
        title="ItemView",
        json_schema_extra={"examples": [EXAMPLE | {"bank": "own", "created_at": _MOMENT, "updated_at": _MOMENT}]},
    )

    bank: Bank
    created_at: datetime | None = Field(description="null: an item of the bank that ships.")
    updated_at: datetime | None


class ItemPage(View):
    """One page of a bank, in the order of ids."""

    items: list[ItemView]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


class ItemImport(View):
    """What an import did. Wrong rows are left out, the others are kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "created": 118, "updated": 2, "unchanged": 0, "failed": 1,
                    "errors": [
                        {
                            "pointer": "/rows/40/points", "row": 40, "column": None,
                            "detail": "is no knowledge point of math: 一元一次方程组; near it are 一元一次方程, 二元一次方程组",
                        }
                    ],
                }
            ]
        }
    )  # fmt: skip

    created: int
    updated: int
    unchanged: int
    failed: int = Field(description="Rows that were left out.")
    errors: list[FieldError] = Field(description="Why, by row: the first hundred.")


def kept_view(kept: Kept) -> ItemView:
    """An item of one of the tenant's banks."""
    return ItemView(**dict(kept.item), bank=kept.bank, created_at=kept.created_at, updated_at=kept.updated_at)


def starter_view(item: Item) -> ItemView:
    """An item of the bank that ships."""
    assert item.id.startswith(STARTER)
    return ItemView(**dict(item), bank="starter", created_at=None, updated_at=None)


def errors_of(rows: list[Row]) -> list[FieldError]:
    """What is wrong, by row."""
    return [
        FieldError(pointer="/".join(map(str, ("/rows", row.row, *fault.place))), detail=fault.detail, row=row.row)
        for row in rows
        for fault in row.faults
    ]
