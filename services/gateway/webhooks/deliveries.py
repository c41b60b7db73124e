"""Deliveries in Postgres: claimed under a lease, so that no transaction stays open while a receiver is called.

`claims` is the fencing token: a failure is noted only by the latest claim, a success by any. A sender that died between
sending and noting leaves a lease behind; when it ends, the delivery is sent again under the same id.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.gateway.core.cursor import Cursor
from services.gateway.webhooks.messages import CALLBACK, TEST
from services.gateway.webhooks.owed import wake
from services.gateway.webhooks.schedule import Attempt, Outcome, Verdict


@dataclass(frozen=True)
class Claimed:
    """A delivery that this sender may send until its lease ends; `secrets` are those to sign with."""

    id: uuid.UUID
    tenant: str
    endpoint_id: str
    url: str
    event_type: str
    body: str
    failures: int
    claims: int
    secrets: tuple[bytes, ...]


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


_VISIBLE = ", ".join(Delivery.__annotations__)


async def claim(pool: asyncpg.Pool, limit: int, per_endpoint: int, lease_seconds: float) -> list[Claimed]:
    """Up to `limit` deliveries that are due; no endpoint has more than about `per_endpoint` in the air at a time.

    So a receiver that hangs doesn't hold up the others. An endpoint that is disabled keeps what it is owed; only tests
    are sent to it.
    """
    rows = await pool.fetch(
        """WITH clock AS (SELECT clock_timestamp() AS now),
                ranked AS (
                  SELECT d.id, d.leased_until > now AS flying,
                         row_number() OVER (PARTITION BY d.tenant, d.endpoint_id
                                            ORDER BY d.leased_until > now DESC NULLS LAST, d.due_at) AS place
                  FROM webhook_deliveries d JOIN webhook_endpoints e ON (e.tenant, e.id) = (d.tenant, d.endpoint_id), clock
                  WHERE d.state = 'pending' AND d.due_at <= now AND (e.disabled_at IS NULL OR d.event_type = $4)),
                free AS (
                  SELECT d.id FROM webhook_deliveries d JOIN ranked USING (id), clock
                  WHERE place <= $2 AND flying IS NOT TRUE
                    AND d.state = 'pending' AND d.due_at <= now AND (d.leased_until > now) IS NOT TRUE
                  ORDER BY d.due_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
           UPDATE webhook_deliveries d
           SET claims = claims + 1, leased_until = clock_timestamp() + make_interval(secs => $3)
           FROM free, webhook_endpoints e
           WHERE d.id = free.id AND (e.tenant, e.id) = (d.tenant, d.endpoint_id)
           RETURNING d.id, d.tenant, d.endpoint_id, coalesce(d.url, e.url) AS url, d.event_type, d.body, d.failures,
                     d.claims, e.secret, CASE WHEN e.former_until > clock_timestamp() THEN e.former_secret END AS former""",
        limit,
        per_endpoint,
        lease_seconds,
        TEST,
    )
    return [_claimed(row) for row in rows]


async def note(
    pool: asyncpg.Pool, claimed: Claimed, attempt: Attempt, verdict: Verdict, disable_seconds: float
) -> bool:
    """Write down what came of an attempt; False when a later claim has taken the delivery over."""
    async with pool.acquire() as connection, connection.transaction():
        # The endpoint first, as deleting it does too: the other order would deadlock.
        await connection.execute(
            "SELECT 1 FROM webhook_endpoints WHERE tenant = $1 AND id = $2 FOR NO KEY UPDATE",
            claimed.tenant,
            claimed.endpoint_id,
        )
        if not await _note_delivery(connection, claimed, attempt, verdict):
            return False
        if claimed.event_type != TEST and claimed.endpoint_id != CALLBACK:
            await _note_endpoint(connection, claimed, attempt, verdict, disable_seconds)
    return True


async def find(pool: asyncpg.Pool, tenant: str, endpoint_id: str, delivery_id: uuid.UUID) -> Delivery | None:
    """The tenant's delivery; another's is as good as none."""
    row = await pool.fetchrow(
        f"SELECT {_VISIBLE} FROM webhook_deliveries WHERE id = $1 AND tenant = $2 AND endpoint_id = $3",  # noqa: S608
        delivery_id,
        tenant,
        endpoint_id,
    )
    return Delivery(**row) if row else None


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


async def add_test(connection: asyncpg.Connection, tenant: str, endpoint_id: str, body: str) -> Delivery:
    """A test for an endpoint, due now."""
    row = await connection.fetchrow(
        f"""INSERT INTO webhook_deliveries (id, tenant, endpoint_id, event_type, body)
            VALUES ($1, $2, $3, $4, $5) RETURNING {_VISIBLE}""",  # noqa: S608
        uuid.uuid4(),
        tenant,
        endpoint_id,
        TEST,
        body,
    )
    await wake(connection)
    return Delivery(**row)


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


def _claimed(row: asyncpg.Record) -> Claimed:
    plain = {name: row[name] for name in Claimed.__annotations__ if name != "secrets"}
    return Claimed(**plain, secrets=tuple(filter(None, (row["secret"], row["former"]))))


async def _note_delivery(connection: asyncpg.Connection, claimed: Claimed, attempt: Attempt, verdict: Verdict) -> bool:
    state = {Outcome.DELIVERED: "delivered", Outcome.RETRY: "pending"}.get(verdict.outcome, "failed")
    done = await connection.execute(
        """UPDATE webhook_deliveries
           SET state = $3, failures = failures + $4, due_at = clock_timestamp() + make_interval(secs => $5),
               leased_until = NULL, last_attempt_at = clock_timestamp(), last_status = $6, last_error = $7,
               ended_at = CASE WHEN $3 <> 'pending' THEN clock_timestamp() END
           WHERE id = $1 AND state = 'pending' AND (claims = $2 OR $3 = 'delivered')""",
        claimed.id,
        claimed.claims,
        state,
        0 if attempt.succeeded else 1,
        verdict.delay,
        attempt.status,
        None if attempt.succeeded else attempt.what,
    )
    return bool(done == "UPDATE 1")


async def _note_endpoint(
    connection: asyncpg.Connection, claimed: Claimed, attempt: Attempt, verdict: Verdict, disable_seconds: float
) -> None:
    """A success ends a series of failures; a series that is too long, or 410, disables the endpoint."""
    key = (claimed.tenant, claimed.endpoint_id)
    if attempt.succeeded:
        await connection.execute(
            "UPDATE webhook_endpoints SET failing_since = NULL WHERE tenant = $1 AND id = $2 AND failing_since IS NOT NULL",
            *key,
        )
        return
    await connection.execute(
        """UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, clock_timestamp()) WHERE tenant = $1 AND id = $2""",
        *key,
    )
    await connection.execute(
        """UPDATE webhook_endpoints SET disabled_at = clock_timestamp(), disabled_reason = $5
           WHERE tenant = $1 AND id = $2 AND disabled_at IS NULL
             AND ($3 OR failing_since < clock_timestamp() - make_interval(secs => $4))""",
        *key,
        verdict.outcome is Outcome.GONE,
        disable_seconds,
        _reason(attempt, verdict, disable_seconds),
    )


def _reason(attempt: Attempt, verdict: Verdict, disable_seconds: float) -> str:
    if verdict.outcome is Outcome.GONE:
        return "the receiver answered 410 Gone"
    return f"nothing was delivered for {disable_seconds / 86400:g} days; at last: {attempt.what}"
