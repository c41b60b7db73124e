"""Endpoints in Postgres. Every statement names the tenant."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

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


@dataclass(frozen=True)
class Change:
    """What to change of an endpoint; None keeps."""

    url: str | None = None
    description: str | None = None
    events: Sequence[EventType] | None = None
    enabled: bool | None = None


_VISIBLE = ", ".join(Endpoint.__annotations__)


async def create(pool: asyncpg.Pool, tenant: str, wish: Wish, most: int) -> tuple[Endpoint, str] | None:
    """A new endpoint and its secret, seen this once; None when the tenant has `most` already."""
    secret = new_secret()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        had = await connection.fetchval(
            "SELECT count(*) FROM webhook_endpoints WHERE tenant = $1 AND id <> $2", tenant, CALLBACK
        )
        if had >= most:
            return None
        row = await connection.fetchrow(
            f"""INSERT INTO webhook_endpoints (tenant, id, url, description, events, secret)
                VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_VISIBLE}""",  # noqa: S608
            tenant,
            f"wh_{secrets.token_hex(12)}",
            wish.url,
            wish.description,
            _values(wish.events),
            secret,
        )
    return Endpoint(**row), shown(secret)


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
    pool: asyncpg.Pool, tenant: str, endpoint_id: str, overlap_seconds: float
) -> tuple[Endpoint, str] | None:
    """A new secret, seen this once; for `overlap_seconds` deliveries are signed with the former one as well."""
    secret = new_secret()
    row = await pool.fetchrow(
        f"""UPDATE webhook_endpoints SET former_secret = secret, secret = $3,
                   former_until = clock_timestamp() + make_interval(secs => $4)
            WHERE tenant = $1 AND id = $2 RETURNING {_VISIBLE}""",  # noqa: S608
        tenant,
        endpoint_id,
        secret,
        overlap_seconds,
    )
    return (Endpoint(**row), shown(secret)) if row else None


async def callback_secret(pool: asyncpg.Pool, tenant: str) -> tuple[Endpoint, str]:
    """The secret that callbacks are signed with, made on first use."""
    await ensure_callback(pool, tenant)
    row = await pool.fetchrow(
        f"SELECT {_VISIBLE}, secret FROM webhook_endpoints WHERE tenant = $1 AND id = $2",  # noqa: S608
        tenant,
        CALLBACK,
    )
    known = dict(row)
    secret = known.pop("secret")
    return Endpoint(**known), shown(secret)


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
