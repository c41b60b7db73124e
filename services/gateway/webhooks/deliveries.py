"""Deliveries in Postgres as their owners and operators see them."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.gateway.core.cursor import Cursor
from services.gateway.webhooks.messages import TEST
from services.gateway.webhooks.owed import wake


@dataclass(frozen=True)
class Wanted:
    """Which deliveries of an endpoint to list; the cursor's id is that of a delivery."""

    state: str | None = None
    after: Cursor | None = None
    limit: int = 20


@dataclass(frozen=True)
class Delivery:
    """A delivery as its owner sees it; `state` is pending, delivered or failed."""

    id: uuid.UUID
    event_type: str
    exam_id: uuid.UUID | None
    state: str
    failures: int
    due_at: datetime
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    ended_at: datetime | None


_TESTS = uuid.UUID("2f2c4f0a-7c1d-5b7e-8f0e-9d3a5c6b7e10")
_VISIBLE = ", ".join(Delivery.__annotations__)


async def page(pool: asyncpg.Pool, tenant: str, endpoint_id: str, wanted: Wanted) -> list[Delivery]:
    """Up to `limit` deliveries, newest first, beginning after the cursor."""
    after = wanted.after
    rows = await pool.fetch(
        f"""SELECT {_VISIBLE} FROM webhook_deliveries
            WHERE tenant = $1 AND endpoint_id = $2 AND ($3::text IS NULL OR state = $3)
              AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
            ORDER BY created_at DESC, id DESC LIMIT $6""",  # noqa: S608
        tenant,
        endpoint_id,
        wanted.state,
        after.created_at if after else None,
        after.exam_id if after else None,
        wanted.limit,
    )
    return [Delivery(**row) for row in rows]


async def add_test(pool: asyncpg.Pool, tenant: str, endpoint_id: str, body: str, key: str | None) -> Delivery:
    """A test for an endpoint, due now; under a key that one was made with, that one."""
    made = uuid.uuid5(_TESTS, repr((tenant, endpoint_id, key))) if key is not None else uuid.uuid4()
    async with pool.acquire() as connection, connection.transaction():
        await _add_test(connection, tenant, endpoint_id, made, body)
        row = await connection.fetchrow(
            f"SELECT {_VISIBLE} FROM webhook_deliveries WHERE id = $1 AND tenant = $2",  # noqa: S608
            made,
            tenant,
        )
    return Delivery(**row)


async def _add_test(
    connection: asyncpg.Connection, tenant: str, endpoint_id: str, delivery_id: uuid.UUID, body: str
) -> None:
    await connection.execute(
        """INSERT INTO webhook_deliveries (id, tenant, endpoint_id, event_type, body)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING""",
        delivery_id,
        tenant,
        endpoint_id,
        TEST,
        body,
    )
    await wake(connection)


async def redeliver(pool: asyncpg.Pool, tenant: str, endpoint_id: str, delivery_id: uuid.UUID) -> Delivery | None:
    """Send a delivery (again) now, under its id and with all its attempts before it."""
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(
            f"""UPDATE webhook_deliveries
                SET state = 'pending', failures = 0, due_at = clock_timestamp(), ended_at = NULL
                WHERE id = $1 AND tenant = $2 AND endpoint_id = $3 RETURNING {_VISIBLE}""",  # noqa: S608
            delivery_id,
            tenant,
            endpoint_id,
        )
        await wake(connection)
    return Delivery(**row) if row else None


async def forget(pool: asyncpg.Pool, keep_seconds: float) -> None:
    """Drop deliveries that ended long ago, and those that a disabled endpoint has been owed for as long."""
    await pool.execute(
        "DELETE FROM webhook_deliveries WHERE ended_at < clock_timestamp() - make_interval(secs => $1)", keep_seconds
    )
    await pool.execute(
        """DELETE FROM webhook_deliveries d USING webhook_endpoints e
           WHERE (e.tenant, e.id) = (d.tenant, d.endpoint_id) AND e.disabled_at IS NOT NULL
             AND d.state = 'pending' AND d.created_at < clock_timestamp() - make_interval(secs => $1)""",
        keep_seconds,
    )


async def ages(pool: asyncpg.Pool) -> tuple[float, float]:
    """Seconds: age of the oldest delivery that an enabled endpoint is owed; how late the latest one is."""
    row = await pool.fetchrow(
        """SELECT extract(epoch FROM clock_timestamp() - min(d.created_at)) AS oldest,
                  extract(epoch FROM clock_timestamp() - min(greatest(d.due_at, d.leased_until))) AS late
           FROM webhook_deliveries d JOIN webhook_endpoints e ON (e.tenant, e.id) = (d.tenant, d.endpoint_id)
           WHERE d.state = 'pending' AND e.disabled_at IS NULL"""
    )
    return float(row["oldest"] or 0.0), max(0.0, float(row["late"] or 0.0))
