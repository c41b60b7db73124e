"""Tenants as rows: what operators settle for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg

from services.gateway.core import keys


@dataclass(frozen=True)
class Tenant:
    """A tenant. None: as the installation's settings say, or without limit; `quota_cost` in CNY a month."""

    name: str
    created_at: datetime
    rate_factor: float
    quota_exams: int | None
    quota_pages: int | None
    quota_tokens: int | None
    quota_cost: Decimal | None
    retention_days: int | None
    canary: bool


_VISIBLE = ", ".join(Tenant.__annotations__)
CHANGEABLE = frozenset(Tenant.__annotations__) - {"name", "created_at"}


async def every(pool: asyncpg.Pool) -> list[Tenant]:
    """All tenants, by name."""
    rows = await pool.fetch(f"SELECT {_VISIBLE} FROM tenants ORDER BY name")  # noqa: S608 - a constant
    return [Tenant(**row) for row in rows]


async def find(pool: asyncpg.Pool, name: str) -> Tenant | None:
    """The tenant of that name."""
    row = await pool.fetchrow(f"SELECT {_VISIBLE} FROM tenants WHERE name = $1", name)  # noqa: S608 - a constant
    return Tenant(**row) if row else None


async def settle(pool: asyncpg.Pool, name: str, changes: Mapping[str, Any]) -> Tenant:
    """Change what is given, of a tenant that is made if need be; ValueError for a bad name or an unknown column."""
    if not keys.TENANT.fullmatch(name):
        raise ValueError("a tenant is named with a-z, 0-9 and -, at most 63 characters, not beginning with -")
    if unknown := set(changes) - CHANGEABLE:
        raise ValueError(f"not to be changed: {', '.join(sorted(unknown))}")
    columns, values = list(changes), list(changes.values())
    listed = ", ".join(["name", *columns])
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 2))
    settled = ", ".join(f"{column} = excluded.{column}" for column in ["name", *columns])
    row = await pool.fetchrow(
        f"""INSERT INTO tenants ({listed}) VALUES ({places})
            ON CONFLICT (name) DO UPDATE SET {settled} RETURNING {_VISIBLE}""",  # noqa: S608 - names of CHANGEABLE
        name,
        *values,
    )
    return Tenant(**row)
