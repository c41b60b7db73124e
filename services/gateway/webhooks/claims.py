"""Taking deliveries to send and noting what came of them, under leases: no transaction is open while a receiver is called.

`claims` is the fencing token: a failure is noted only by the latest claim, a success by any. A sender that died between
sending and noting leaves a lease behind; when it ends, the delivery is sent again under the same id.
"""

import uuid
from dataclasses import dataclass, field

import asyncpg

from runtime.trace import Trace
from services.gateway.webhooks.messages import CALLBACK, TEST
from services.gateway.webhooks.schedule import Attempt, Outcome, Verdict


@dataclass(frozen=True)
class Claimed:
    """A delivery that this sender may send until its lease ends; `secrets` are those to sign with.

    `traceparent` is that of the exam's upload, `former_trace` that of the attempt before.
    """

    id: uuid.UUID
    tenant: str
    endpoint_id: str
    url: str
    event_type: str
    body: str
    failures: int
    claims: int
    traceparent: str | None
    former_trace: str | None
    secrets: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class Shares:
    """How many deliveries may be in the air at a time, so that receivers that hang don't hold up those of others.

    Of one tenant and of one endpoint by all gateways together (two that claim at once may exceed it), and of one claim.
    """

    claim: int
    tenant: int
    endpoint: int


async def claim(pool: asyncpg.Pool, shares: Shares, lease_seconds: float) -> list[Claimed]:
    """Deliveries that are due, within the shares.

    An endpoint that is disabled keeps what it is owed; only tests are sent to it.
    """
    rows = await pool.fetch(
        """WITH clock AS (SELECT clock_timestamp() AS now),
                ranked AS (
                  SELECT d.id, d.tenant, d.due_at, d.leased_until > now AS flying,
                         row_number() OVER (PARTITION BY d.tenant, d.endpoint_id
                                            ORDER BY d.leased_until > now DESC NULLS LAST, d.due_at) AS of_endpoint
                  FROM webhook_deliveries d JOIN webhook_endpoints e ON (e.tenant, e.id) = (d.tenant, d.endpoint_id), clock
                  WHERE d.state = 'pending' AND d.due_at <= now AND (e.disabled_at IS NULL OR d.event_type = $4)),
                shared AS (
                  SELECT id, flying, row_number() OVER (PARTITION BY tenant ORDER BY flying DESC NULLS LAST, due_at) AS of_tenant
                  FROM ranked WHERE of_endpoint <= $2),
                free AS (
                  SELECT d.id FROM webhook_deliveries d JOIN shared USING (id), clock
                  WHERE of_tenant <= $5 AND flying IS NOT TRUE
                    AND d.state = 'pending' AND d.due_at <= now AND (d.leased_until > now) IS NOT TRUE
                  ORDER BY d.due_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
           UPDATE webhook_deliveries d
           SET claims = claims + 1, leased_until = clock_timestamp() + make_interval(secs => $3)
           FROM free, webhook_endpoints e
           WHERE d.id = free.id AND (e.tenant, e.id) = (d.tenant, d.endpoint_id)
           RETURNING d.id, d.tenant, d.endpoint_id, coalesce(d.url, e.url) AS url, d.event_type, d.body, d.failures,
                     d.claims, d.attempt_trace AS former_trace,
                     (SELECT traceparent FROM exams x WHERE x.exam_id = d.exam_id) AS traceparent,
                     e.secret, CASE WHEN e.former_until > clock_timestamp() THEN e.former_secret END AS former""",
        shares.claim,
        shares.endpoint,
        lease_seconds,
        TEST,
        shares.tenant,
    )
    return [_claimed(row) for row in rows]


async def note(
    pool: asyncpg.Pool,
    claimed: Claimed,
    attempt: Attempt,
    verdict: Verdict,
    disable_seconds: float,
    *,
    trace: Trace | None = None,
) -> bool:
    """Write down what came of an attempt, whose span is `trace`; False when a later claim has taken the delivery over."""
    async with pool.acquire() as connection, connection.transaction():
        # The endpoint first, as deleting it does too: the other order would deadlock.
        await connection.execute(
            "SELECT 1 FROM webhook_endpoints WHERE tenant = $1 AND id = $2 FOR NO KEY UPDATE",
            claimed.tenant,
            claimed.endpoint_id,
        )
        if not await _note_delivery(connection, claimed, attempt, verdict, trace):
            return False
        if claimed.event_type != TEST and claimed.endpoint_id != CALLBACK:
            await _note_endpoint(connection, claimed, attempt, verdict, disable_seconds)
    return True


def _claimed(row: asyncpg.Record) -> Claimed:
    plain = {name: row[name] for name in Claimed.__annotations__ if name != "secrets"}
    return Claimed(**plain, secrets=tuple(filter(None, (row["secret"], row["former"]))))


async def _note_delivery(
    connection: asyncpg.Connection, claimed: Claimed, attempt: Attempt, verdict: Verdict, trace: Trace | None
) -> bool:
    state = {Outcome.DELIVERED: "delivered", Outcome.RETRY: "pending"}.get(verdict.outcome, "failed")
    done = await connection.execute(
        """UPDATE webhook_deliveries
           SET state = $3, failures = failures + $4, due_at = clock_timestamp() + make_interval(secs => $5),
               leased_until = NULL, last_attempt_at = clock_timestamp(), last_status = $6, last_error = $7,
               attempt_trace = $8,
               ended_at = CASE WHEN $3 <> 'pending' THEN clock_timestamp() END
           WHERE id = $1 AND state = 'pending' AND (claims = $2 OR $3 = 'delivered')""",
        claimed.id,
        claimed.claims,
        state,
        0 if attempt.succeeded else 1,
        verdict.delay,
        attempt.status,
        None if attempt.succeeded else attempt.what,
        trace.traceparent if trace else None,
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
