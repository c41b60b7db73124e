"""A tenant's items in Postgres. Every statement names the tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from services.gateway.core.problems import Code, Problem
from services.gateway.practice.core.item import Item
from services.gateway.practice.core.points import points_of

Shelf = Literal["own", "written"]
"""A tenant's banks: what it sent, and what a model wrote for its papers."""
_IMPORT_SECONDS = 60.0
"""Thousands of rows take longer than other statements may."""


@dataclass(frozen=True)
class Kept:
    """An item of one of the tenant's banks."""

    item: Item
    bank: Shelf
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Put:
    """How many items an import made, changed, and found as they were."""

    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True)
class Wanted:
    """Which items of a bank to list: those after an id, of a subject, of a grade, on a point (a topic: all that is part of it)."""

    after: str = ""
    subject: str | None = None
    grade: int | None = None
    type: str | None = None
    point: str | None = None
    bank: Shelf = "own"


async def put(pool: asyncpg.Pool, tenant: str, items: Sequence[Item], most: int) -> Put:
    """Make or replace the items by their ids, all or none; Problem(ITEM_LIMIT)."""
    rows = [_row(item) for item in items]
    async with pool.acquire() as connection, connection.transaction():
        # One import of a tenant at a time: counts are of it alone, and two never wait for each other's rows.
        await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        known = {row["id"]: row["document"] for row in await connection.fetch(
            "SELECT id, document FROM items WHERE tenant = $1 AND id = ANY($2)", tenant, [row[0] for row in rows]
        )}  # fmt: skip
        changed = [row for row in rows if known.get(row[0]) != row[-1]]
        created = sum(row[0] not in known for row in rows)
        if (
            created
            and await connection.fetchval("SELECT count(*) FROM items WHERE tenant = $1", tenant) + created > most
        ):
            raise Problem(Code.ITEM_LIMIT, f"A tenant has at most {most} items: delete some first.", limit=most)
        await connection.executemany(
            """INSERT INTO items (tenant, id, subject, grade, type, points, document)
               VALUES ($1, $2, $3, $4, $5, $6, $7)
               ON CONFLICT (tenant, id) DO UPDATE
               SET subject = excluded.subject, grade = excluded.grade, type = excluded.type, points = excluded.points,
                   document = excluded.document, updated_at = clock_timestamp()""",
            [(tenant, *row) for row in changed],
            timeout=_IMPORT_SECONDS,
        )
    return Put(created, len(changed) - created, len(rows) - len(changed))


async def keep_written(pool: asyncpg.Pool, tenant: str, items: Sequence[Item], most: int) -> None:
    """Keep what a model wrote, for further papers, as far as there is room; what is there already stays as it is."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        room = most - await connection.fetchval("SELECT count(*) FROM items WHERE tenant = $1", tenant)
        await connection.executemany(
            """INSERT INTO items (tenant, id, subject, grade, type, points, document, bank)
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'written') ON CONFLICT DO NOTHING""",
            [(tenant, *_row(item)) for item in items[: max(0, room)]],
        )


async def find(pool: asyncpg.Pool, tenant: str, item_id: str) -> Kept | None:
    """The tenant's item; another's is as good as none."""
    row = await pool.fetchrow(
        "SELECT document, bank, created_at, updated_at FROM items WHERE tenant = $1 AND id = $2", tenant, item_id
    )
    return _kept(row) if row else None


async def delete(pool: asyncpg.Pool, tenant: str, item_id: str) -> bool:
    """Forget the item; whether there was one. Papers keep what they have of it."""
    done = await pool.execute("DELETE FROM items WHERE tenant = $1 AND id = $2", tenant, item_id)
    return bool(done == "DELETE 1")


async def page(pool: asyncpg.Pool, tenant: str, wanted: Wanted, limit: int) -> list[Kept]:
    """Up to `limit` items in the order of their ids."""
    rows = await pool.fetch(
        """SELECT document, bank, created_at, updated_at FROM items
           WHERE tenant = $1 AND bank = $8 AND id > $2 AND ($3::text IS NULL OR subject = $3) AND ($4::int IS NULL OR grade = $4)
             AND ($5::text IS NULL OR type = $5) AND ($6::text IS NULL OR points @> ARRAY[$6::text])
           ORDER BY id LIMIT $7""",
        tenant,
        wanted.after,
        wanted.subject,
        wanted.grade,
        wanted.type,
        wanted.point,
        limit,
        wanted.bank,
    )
    return [_kept(row) for row in rows]


@dataclass(frozen=True)
class Fitting:
    """Which items of a bank a paper may take: on any of the points, of no higher grade; at most so many a point."""

    subject: str
    codes: Sequence[str]
    grade: int | None
    most: int
    bank: Shelf = "own"


async def fitting(pool: asyncpg.Pool, tenant: str, wanted: Fitting) -> list[Item]:
    """The items that fit; where a point has more than the most, those of the highest grade."""
    rows = await pool.fetch(
        """SELECT DISTINCT ON (found.id) found.document FROM unnest($3::text[]) AS code
           CROSS JOIN LATERAL (
               SELECT id, document FROM items
               WHERE tenant = $1 AND bank = $6 AND subject = $2 AND points @> ARRAY[code] AND ($4::int IS NULL OR grade <= $4)
               ORDER BY grade DESC, md5(id) LIMIT $5
           ) AS found ORDER BY found.id""",
        tenant,
        wanted.subject,
        list(wanted.codes),
        wanted.grade,
        wanted.most,
        wanted.bank,
    )
    return [Item.model_validate_json(row["document"]) for row in rows]


def _kept(row: asyncpg.Record) -> Kept:
    return Kept(Item.model_validate_json(row["document"]), row["bank"], row["created_at"], row["updated_at"])


def _row(item: Item) -> tuple[str, str, int, str, list[str], str]:
    above = points_of(item.subject).topics
    codes = dict.fromkeys(code for own in item.points for code in above.get(own, (own,)))
    return item.id, item.subject, item.grade, item.type, list(codes), item.model_dump_json(exclude_defaults=True)
