"""Tickets: what a browser shows instead of an API key when it opens a stream, because a URL ends up in logs.

In Postgres, not in Redis: a ticket is used once only if there is one place that says so, and it must be that place
for the ticket that was made a moment ago as well. The table is unlogged: what a crash forgets is asked for anew.
"""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

PREFIX = "rt_"
Kind = Literal["exam", "batch"]


@dataclass(frozen=True)
class Ticket:
    """`text` is seen once, in the answer; stored is its hash."""

    text: str
    expires_at: datetime


async def issue(pool: asyncpg.Pool, tenant: str, kind: Kind, watched: uuid.UUID, seconds: float) -> Ticket:
    """A new ticket for one exam or batch; those that have expired are swept away."""
    text = PREFIX + secrets.token_urlsafe(32)
    expires_at = await pool.fetchval(
        """WITH expired AS (DELETE FROM tickets WHERE expires_at < clock_timestamp())
           INSERT INTO tickets (sha256, tenant, exam_id, batch_id, expires_at)
           VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5)) RETURNING expires_at""",
        _hash(text),
        tenant,
        watched if kind == "exam" else None,
        watched if kind == "batch" else None,
        seconds,
    )
    return Ticket(text, expires_at)


async def redeem(pool: asyncpg.Pool, text: str, watched: uuid.UUID) -> str | None:
    """The tenant of a ticket for this exam or batch, which is used up with that; None when it is of no use (any more)."""
    tenant: str | None = await pool.fetchval(
        """DELETE FROM tickets WHERE sha256 = $1 AND $2 IN (exam_id, batch_id) AND expires_at > clock_timestamp()
           RETURNING tenant""",
        _hash(text),
        watched,
    )
    return tenant


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
