"""What the API says of usage."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import ConfigDict, Field

from services.gateway.api.views import View
from services.gateway.limits.quotas import Account, Quota, Used

_TOKENS = {"in": 0, "cached": 0, "out": 0}
_USED = {"month": "2026-11", "exams": 412, "pages": 1630, "tokens": _TOKENS, "cost": 0.0}
_EXAMPLE: dict[str, Any] = {
    "month": "2026-11", "resets_at": "2026-12-01T00:00:00Z", "billed": True, "currency": "CNY",
    "quota": {"exams": 5000, "pages": None, "tokens": None, "cost": None},
    "used": _USED, "history": [_USED],
}  # fmt: skip


class TokensView(View):
    """Tokens of language models."""

    in_: int = Field(alias="in", description="Read and not cached.")
    cached: int
    out: int


class UsedView(View):
    """What was used in a month."""

    month: str = Field(description="YYYY-MM, in UTC.")
    exams: int = Field(description="Accepted.")
    pages: int = Field(description="Read, of exams that were completed.")
    tokens: TokensView
    cost: float


class QuotaView(View):
    """What a month may have; null is no limit."""

    exams: int | None
    pages: int | None
    tokens: int | None = Field(description="In, cached and out together.")
    cost: float | None


class UsageView(View):
    """The account of a tenant."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    month: str
    resets_at: datetime = Field(description="Then the quotas are whole again.")
    billed: bool = Field(description="false: a test tenant of the operators; quotas don't bind it.")
    currency: str = "CNY"
    quota: QuotaView
    used: UsedView
    history: list[UsedView] = Field(description="Months in which something was used, the latest first.")


def usage_view(account: Account, history: list[UsedView]) -> UsageView:
    """The account as the API tells it."""
    return UsageView(
        month=_name(account.used.month),
        resets_at=account.resets_at,
        billed=not account.canary,
        quota=quota_view(account.quota),
        used=used_view(account.used),
        history=history,
    )


def quota_view(quota: Quota) -> QuotaView:
    """Money as a number, like everywhere in the API."""
    return QuotaView(exams=quota.exams, pages=quota.pages, tokens=quota.tokens, cost=_money(quota.cost))


def used_view(used: Used) -> UsedView:
    """One month."""
    tokens = TokensView(**{"in": used.tokens_in, "cached": used.tokens_cached, "out": used.tokens_out})
    return UsedView(
        month=_name(used.month), exams=used.exams, pages=used.pages, tokens=tokens, cost=_money(used.cost) or 0.0
    )


def _money(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _name(month: date) -> str:
    return f"{month:%Y-%m}"
