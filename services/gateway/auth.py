"""API keys in Postgres, and the tenant of a request."""

import secrets
from datetime import datetime

import asyncpg

from services.gateway.core import keys
from services.gateway.core.problems import Code, Problem

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DEV_TENANT = "dev"


async def tenant_of(pool: asyncpg.Pool, authorization: str | None) -> str:
    """The tenant of the key in an Authorization header; the same Problem(UNAUTHORIZED) whatever is wrong with it."""
    key = keys.bearer(authorization)
    if key is not None:
        row = await pool.fetchrow(
            """SELECT tenant, secret_sha256 FROM api_keys
               WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())""",
            key.id,
        )
        if keys.matches(key, row["secret_sha256"] if row else None):
            return str(row["tenant"])
    raise Problem(Code.UNAUTHORIZED, headers={"WWW-Authenticate": 'Bearer realm="redink"'})


async def create_key(pool: asyncpg.Pool, tenant: str, label: str = "", expires_at: datetime | None = None) -> str:
    """A new key of a tenant, made if need be; the only time it is seen in full. ValueError for a bad tenant name."""
    if not keys.TENANT.fullmatch(tenant):
        raise ValueError("a tenant is named with a-z, 0-9 and -, at most 63 characters, not beginning with -")
    key = keys.ApiKey(_random(10), _random(43))
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("INSERT INTO tenants (name) VALUES ($1) ON CONFLICT DO NOTHING", tenant)
        await connection.execute(
            "INSERT INTO api_keys (id, tenant, secret_sha256, label, expires_at) VALUES ($1, $2, $3, $4, $5)",
            key.id,
            tenant,
            key.hash,
            label,
            expires_at,
        )
    return str(key)


async def revoke_key(pool: asyncpg.Pool, key_id: str) -> bool:
    """Whether there was such a key that was not revoked yet."""
    done = await pool.execute("UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL", key_id)
    return bool(done == "UPDATE 1")


async def ensure_dev_key(pool: asyncpg.Pool, text: str) -> None:
    """Make the development key valid for the tenant `dev`."""
    key = keys.parse(text)
    if key is None:
        raise ValueError("not an API key")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("INSERT INTO tenants (name) VALUES ($1) ON CONFLICT DO NOTHING", DEV_TENANT)
        await connection.execute(
            """INSERT INTO api_keys (id, tenant, secret_sha256, label) VALUES ($1, $2, $3, 'development')
               ON CONFLICT (id) DO UPDATE SET secret_sha256 = excluded.secret_sha256, revoked_at = NULL
               WHERE api_keys.tenant = excluded.tenant""",
            key.id,
            DEV_TENANT,
            key.hash,
        )


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
