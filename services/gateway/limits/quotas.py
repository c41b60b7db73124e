"""What a tenant has used in a month, and what it may. Postgres keeps the account: Redis may be lost, a bill may not.

Months are calendar months in UTC. Exams are counted in the transaction that accepts them (`postgres.exams`), pages,
tokens and cost when an exam is completed (`meter`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import asyncpg

MONTH = "date_trunc('month', now() AT TIME ZONE 'UTC')"


@dataclass(frozen=True)
class Used:
    """One month of a tenant. `cost` in CNY."""

    month: date
    exams: int
    pages: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cost: Decimal

    @property
    def tokens(self) -> int:
        """All of them: what a quota of tokens counts."""
        return self.tokens_in + self.tokens_cached + self.tokens_out


@dataclass(frozen=True)
class Quota:
    """What a month may have; None is no limit."""

    exams: int | None
    pages: int | None
    tokens: int | None
    cost: Decimal | None


@dataclass(frozen=True)
class Account:
    """A tenant's current month."""

    quota: Quota
    used: Used
    canary: bool
    now: datetime
    resets_at: datetime

    @property
    def used_up(self) -> list[str]:
        """The quotas of which nothing is left; none for a canary."""
        names = () if self.canary else Quota.__annotations__
        return [n for n in names if (most := getattr(self.quota, n)) is not None and getattr(self.used, n) >= most]

    @property
    def seconds_left(self) -> int:
        """Until the month ends."""
        return max(1, int((self.resets_at - self.now).total_seconds()))


_COLUMNS = ", ".join(f"coalesce(u.{name}, 0) AS {name}" for name in Used.__annotations__ if name != "month")
ACCOUNT = f"""
SELECT t.quota_exams, t.quota_pages, t.quota_tokens, t.quota_cost, t.canary, now() AS now, {MONTH}::date AS month,
       ({MONTH} + interval '1 month') AT TIME ZONE 'UTC' AS resets_at, {_COLUMNS}
FROM tenants t LEFT JOIN usage_months u ON u.tenant = t.name AND u.month = {MONTH}::date WHERE t.name = $1
"""  # noqa: S608 - constants
"""What `account_of` makes an Account of, of the tenant $1; no row when there is no such tenant."""
COUNT_EXAM = """
INSERT INTO usage_months AS u (tenant, month, exams)
SELECT tenant, date_trunc('month', created_at AT TIME ZONE 'UTC')::date, 1 FROM accepted
ON CONFLICT (tenant, month) DO UPDATE SET exams = u.exams + 1
"""
"""One more exam: part of the statement that accepts it, whose row is `accepted`."""


async def account(pool: asyncpg.Pool | asyncpg.Connection, tenant: str) -> Account | None:
    """The tenant's month as it is now; None when there is no such tenant."""
    row = await pool.fetchrow(ACCOUNT, tenant)
    return None if row is None else account_of(row)


def account_of(row: Any) -> Account:
    """A row with the columns of ACCOUNT."""
    quota = Quota(row["quota_exams"], row["quota_pages"], row["quota_tokens"], row["quota_cost"])
    return Account(quota, _used(row), row["canary"], row["now"], row["resets_at"])


async def months(pool: asyncpg.Pool, tenant: str, most: int) -> Sequence[Used]:
    """Months in which something was used, the latest first."""
    rows = await pool.fetch("SELECT * FROM usage_months WHERE tenant = $1 ORDER BY month DESC LIMIT $2", tenant, most)
    return [_used(row) for row in rows]


def _used(row: Any) -> Used:
    return Used(**{name: row[name] for name in Used.__annotations__})
