"""The queue as teachers see it. Every statement names the tenant, and sees items only of what an exam shows now."""

# ruff: noqa: S608 - what is put into statements is a constant

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg


@dataclass(frozen=True)
class Item:
    """A question that a teacher should look at, and its exam."""

    item_id: uuid.UUID
    exam_id: uuid.UUID
    revision: int
    place: int
    path: list[str]
    reason: str
    question: dict[str, Any]
    queued_at: datetime
    skips: int
    leased_by: str | None
    leased_until: datetime | None
    subject: str
    grade: int
    class_id: str | None
    student_id: str
    title: str | None


@dataclass(frozen=True)
class After:
    """A position in the queue: behind this item."""

    queued_at: datetime
    exam_id: uuid.UUID
    place: int


@dataclass(frozen=True)
class Wanted:
    """Which items to list. `free`: only those nobody works on."""

    subject: str | None = None
    class_id: str | None = None
    exam_id: uuid.UUID | None = None
    reason: str | None = None
    free: bool = False


@dataclass(frozen=True)
class Leased:
    """An item that is this teacher's until then; the token proves it."""

    item: Item
    token: uuid.UUID


@dataclass(frozen=True)
class Claim:
    """Who wants an item, for how long; `token` of a lease that is to be renewed."""

    who: str
    seconds: float
    token: uuid.UUID | None = None


class Busy(Exception):
    """Somebody else has a lease on the item; `until` is None when it ended at this moment."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("leased")
        self.until = until


_LEASED = "i.leased_until IS NOT NULL AND i.leased_until > clock_timestamp()"
_VISIBLE = f"""i.item_id, i.exam_id, i.revision, i.place, i.path, i.reason, i.question, i.queued_at, i.skips,
    CASE WHEN {_LEASED} THEN i.leased_by END AS leased_by, CASE WHEN {_LEASED} THEN i.leased_until END AS leased_until,
    e.subject, e.grade, e.class_id, e.student_id, e.title"""
_OPEN = "i.exam_id = e.exam_id AND i.revision = e.revision AND e.status = 'COMPLETED' AND i.decided_at IS NULL"

_WANTED = f"""i.tenant = $1 AND e.tenant = $1
    AND ($2::text IS NULL OR e.subject = $2) AND ($3::text IS NULL OR e.class_id = $3)
    AND ($4::uuid IS NULL OR i.exam_id = $4) AND ($5::text IS NULL OR i.reason = $5)
    AND NOT ($6 AND {_LEASED})"""


def _filters(tenant: str, wanted: Wanted) -> tuple[object, ...]:
    """The parameters of _WANTED."""
    return (tenant, wanted.subject, wanted.class_id, wanted.exam_id, wanted.reason, wanted.free)


async def page(pool: asyncpg.Pool, tenant: str, wanted: Wanted, after: After | None, limit: int) -> list[Item]:
    """Up to `limit` open items, those of the oldest exam first, in the order of its paper."""
    rows = await pool.fetch(
        f"""SELECT {_VISIBLE} FROM review_items i JOIN exams e ON {_OPEN}
            WHERE {_WANTED}
              AND ($7::timestamptz IS NULL OR (i.queued_at, i.exam_id, i.place) > ($7, $8::uuid, $9::integer))
            ORDER BY i.queued_at, i.exam_id, i.place LIMIT $10""",
        *_filters(tenant, wanted),
        after.queued_at if after else None,
        after.exam_id if after else None,
        after.place if after else None,
        limit,
    )
    return [Item(**row) for row in rows]


async def count(pool: asyncpg.Pool, tenant: str, wanted: Wanted, most: int) -> int:
    """How many there are to list, counted up to `most`."""
    counted = await pool.fetchval(
        f"""SELECT count(*) FROM (
              SELECT 1 FROM review_items i JOIN exams e ON {_OPEN} WHERE {_WANTED} LIMIT $7) AS listed""",
        *_filters(tenant, wanted),
        most,
    )
    return int(counted)


async def find(pool: asyncpg.Pool, tenant: str, item_id: uuid.UUID) -> Item | None:
    """The tenant's open item."""
    row = await pool.fetchrow(
        f"SELECT {_VISIBLE} FROM review_items i JOIN exams e ON {_OPEN} WHERE i.item_id = $1 AND i.tenant = $2",
        item_id,
        tenant,
    )
    return Item(**row) if row else None


async def lease(pool: asyncpg.Pool, tenant: str, item_id: uuid.UUID, claim: Claim) -> Leased | None:
    """Take the item, or renew the lease of the claim's token; None when there is no such open item. Raises Busy."""
    row = await pool.fetchrow(
        f"""UPDATE review_items i SET leased_by = $3, leased_until = clock_timestamp() + make_interval(secs => $4),
                   lease = CASE WHEN i.lease = $5 THEN i.lease ELSE gen_random_uuid() END
            FROM exams e WHERE i.item_id = $1 AND i.tenant = $2 AND {_OPEN} AND (i.lease = $5 OR NOT ({_LEASED}))
            RETURNING {_VISIBLE}, i.lease""",
        item_id,
        tenant,
        claim.who,
        claim.seconds,
        claim.token,
    )
    if row is not None:
        known = dict(row)
        return Leased(token=known.pop("lease"), item=Item(**known))
    await _require_free(pool, tenant, item_id)
    return None


async def skip(pool: asyncpg.Pool, tenant: str, item_id: uuid.UUID, token: uuid.UUID | None) -> Item | None:
    """Put the item at the end of the queue, free for others; None when there is no such open item. Raises Busy."""
    row = await pool.fetchrow(
        f"""UPDATE review_items i SET queued_at = clock_timestamp(), skips = skips + 1, lease = NULL, leased_by = NULL,
                   leased_until = NULL
            FROM exams e WHERE i.item_id = $1 AND i.tenant = $2 AND {_OPEN} AND (i.lease = $3 OR NOT ({_LEASED}))
            RETURNING {_VISIBLE}""",
        item_id,
        tenant,
        token,
    )
    if row is None:
        await _require_free(pool, tenant, item_id)
    return Item(**row) if row else None


async def _require_free(pool: asyncpg.Pool, tenant: str, item_id: uuid.UUID) -> None:
    item = await find(pool, tenant, item_id)
    if item is not None:
        raise Busy(item.leased_until)
