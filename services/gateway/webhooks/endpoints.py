"""Endpoints in Postgres. Every statement names the tenant."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.gateway.idempotency import digest
from services.gateway.postgres.keys import made_before
from services.gateway.webhooks.messages import CALLBACK, EventType
from services.gateway.webhooks.owed import ensure_callback, wake
from services.gateway.webhooks.signing import new_secret, shown


@dataclass(frozen=True)
class Endpoint:
    """An endpoint without its secrets. `url` is None for the sender of callbacks."""

    id: str
    url: str | None
    description: str
    events: list[str]
    created_at: datetime
    former_until: datetime | None
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None


@dataclass(frozen=True)
class Wish:
    """What a new endpoint is to be."""

    url: str
    description: str
    events: Sequence[EventType]

    def fingerprint(self) -> bytes:
        """SHA-256 of what is asked for."""
        return digest("webhook", self.url, self.description, _values(self.events))


@dataclass(frozen=True)
class Made:
    """An endpoint and its secret; `replayed`: an earlier request with the same Idempotency-Key had made it."""

    endpoint: Endpoint
    secret: str
    replayed: bool = False


@dataclass(frozen=True)
class Change:
    """What to change of an endpoint; None keeps."""

    url: str | None = None
    description: str | None = None
    events: Sequence[EventType] | None = None
    enabled: bool | None = None


_VISIBLE = ", ".join(Endpoint.__annotations__)


async def create(pool: asyncpg.Pool, tenant: str, wish: Wish, most: int, key: str | None = None) -> Made | None:
    """A new endpoint; None when the tenant has `most` already. Problem(IDEMPOTENCY_MISMATCH)."""
    secret = new_secret()
    async with pool.acquire() as connection, connection.transaction():
        # One creation of a tenant at a time: so a repeated request finds what the first one made.
        await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        if key is not None and (earlier := await repeated(connection, tenant, key, wish)) is not None:
            return earlier
        had = await connection.fetchval(
            "SELECT count(*) FROM webhook_endpoints WHERE tenant = $1 AND id <> $2", tenant, CALLBACK
        )
        if had >= most:
            return None
        row = await connection.fetchrow(
            f"""INSERT INTO webhook_endpoints (tenant, id, url, description, events, secret, idempotency_key, fingerprint)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_VISIBLE}""",  # noqa: S608
            tenant,
            f"wh_{secrets.token_hex(12)}",
            wish.url,
            wish.description,
            _values(wish.events),
            secret,
            key,
            wish.fingerprint(),
        )
    return Made(Endpoint(**row), shown(secret))


async def every(pool: asyncpg.Pool, tenant: str) -> list[Endpoint]:
    """The tenant's endpoints, oldest first."""
    rows = await pool.fetch(
        f"SELECT {_VISIBLE} FROM webhook_endpoints WHERE tenant = $1 ORDER BY created_at, id",  # noqa: S608
        tenant,
    )
    return [Endpoint(**row) for row in rows]


async def find(pool: asyncpg.Pool | asyncpg.Connection, tenant: str, endpoint_id: str) -> Endpoint | None:
    """The tenant's endpoint; another's is as good as none."""
    row = await pool.fetchrow(
        f"SELECT {_VISIBLE} FROM webhook_endpoints WHERE tenant = $1 AND id = $2",  # noqa: S608
        tenant,
        endpoint_id,
    )
    return Endpoint(**row) if row else None


async def change(pool: asyncpg.Pool, tenant: str, endpoint_id: str, wanted: Change) -> Endpoint | None:
    """Change what is given. Enabling ends a series of failures, and sends at once what was owed meanwhile."""
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(
            f"""UPDATE webhook_endpoints
                SET url = coalesce($3, url), description = coalesce($4, description), events = coalesce($5, events),
                    failing_since = CASE WHEN $6 THEN NULL ELSE failing_since END,
                    disabled_at = CASE WHEN $6 THEN NULL WHEN NOT $6 THEN coalesce(disabled_at, clock_timestamp())
                                       ELSE disabled_at END,
                    disabled_reason = CASE WHEN $6 THEN NULL WHEN NOT $6 THEN coalesce(disabled_reason, 'by request')
                                           ELSE disabled_reason END
                WHERE tenant = $1 AND id = $2 RETURNING {_VISIBLE}""",  # noqa: S608
            tenant,
            endpoint_id,
            wanted.url,
            wanted.description,
            _values(wanted.events) if wanted.events is not None else None,
            wanted.enabled,
        )
        if row is not None and wanted.enabled:
            await _resume(connection, tenant, endpoint_id)
    return Endpoint(**row) if row else None


async def delete(pool: asyncpg.Pool, tenant: str, endpoint_id: str) -> bool:
    """Forget an endpoint and what it is owed; whether there was one."""
    done = await pool.execute("DELETE FROM webhook_endpoints WHERE tenant = $1 AND id = $2", tenant, endpoint_id)
    return bool(done == "DELETE 1")


async def rotate(
    pool: asyncpg.Pool, tenant: str, endpoint_id: str, overlap_seconds: float, key: str | None = None
) -> Made | None:
    """A new secret; for `overlap_seconds` deliveries are signed with the former one as well. None without an endpoint."""
    secret = new_secret()
    row = await pool.fetchrow(
        f"""UPDATE webhook_endpoints SET former_secret = secret, secret = $3, rotation_key = $5,
                   former_until = clock_timestamp() + make_interval(secs => $4)
            WHERE tenant = $1 AND id = $2 AND ($5::text IS NULL OR rotation_key IS DISTINCT FROM $5)
            RETURNING {_VISIBLE}""",  # noqa: S608
        tenant,
        endpoint_id,
        secret,
        overlap_seconds,
        key,
    )
    if row is None:
        return await _with_secret(pool, tenant, endpoint_id)
    return Made(Endpoint(**row), shown(secret))


async def callback_secret(pool: asyncpg.Pool, tenant: str) -> Made:
    """The secret that callbacks are signed with, made on first use."""
    await ensure_callback(pool, tenant)
    known = await _with_secret(pool, tenant, CALLBACK)
    assert known is not None
    return known


async def _with_secret(pool: asyncpg.Pool, tenant: str, endpoint_id: str) -> Made | None:
    row = await pool.fetchrow(
        f"SELECT {_VISIBLE}, secret FROM webhook_endpoints WHERE tenant = $1 AND id = $2",  # noqa: S608
        tenant,
        endpoint_id,
    )
    return _made(row) if row is not None else None


async def repeated(connection: asyncpg.Connection | asyncpg.Pool, tenant: str, key: str, wish: Wish) -> Made | None:
    """What the key has made before; it is forgotten after three days. Problem(IDEMPOTENCY_MISMATCH)."""
    row = await made_before(connection, "webhook_endpoints", f"{_VISIBLE}, secret", (tenant, key, wish.fingerprint()))
    return _made(row) if row else None


def _made(row: asyncpg.Record) -> Made:
    """What was made before, as it is now."""
    return Made(Endpoint(**{name: row[name] for name in Endpoint.__annotations__}), shown(row["secret"]), replayed=True)


async def _resume(connection: asyncpg.Connection, tenant: str, endpoint_id: str) -> None:
    await connection.execute(
        """UPDATE webhook_deliveries SET due_at = clock_timestamp(), failures = 0
           WHERE tenant = $1 AND endpoint_id = $2 AND state = 'pending'""",
        tenant,
        endpoint_id,
    )
    await wake(connection)


def _values(events: Sequence[EventType]) -> list[str]:
    return sorted({event.value for event in events})
