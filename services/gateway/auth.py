"""API keys in Postgres, and who calls. What a route asks of a key is in `core.scopes`."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.gateway.core import keys
from services.gateway.core.problems import Code, Problem
from services.gateway.core.scopes import Scope, allowed
from services.gateway.keyring import Keyring

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHALLENGE = 'Bearer realm="redink"'
DEV_TENANT = "dev"


@dataclass(frozen=True)
class Caller:
    """Who makes a request: the tenant, and the id of the key (no secret: it may be logged and stored)."""

    tenant: str
    key_id: str
    scopes: frozenset[str]
    rate_factor: float = 1.0
    """of the installation's request rates"""

    def require(self, scope: Scope | None) -> None:
        """Problem(INSUFFICIENT_SCOPE) unless the key has the scope; None is a scope that no key has."""
        if allowed(self.scopes, scope):
            return
        name = scope.value if scope else "none"
        detail = f"This call asks for the scope '{name}', which the key does not have: use one that was made with it."
        challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{name}"'
        raise Problem(Code.INSUFFICIENT_SCOPE, detail, headers={"WWW-Authenticate": challenge}, scope=name)


@dataclass(frozen=True)
class KeyRow:
    """A key as operators see it: everything but the secret, which nobody has."""

    id: str
    tenant: str
    label: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaced_by: str | None


_VISIBLE = ", ".join(KeyRow.__annotations__)


async def caller_of(keyring: Keyring, authorization: str | None) -> Caller:
    """The caller an Authorization header proves; Problem(UNAUTHORIZED | KEY_REVOKED | KEY_EXPIRED).

    Only who has the secret is told that a key was revoked or has expired.
    """
    key = keys.bearer(authorization)
    row = await keyring.row(key.id) if key is not None else None
    if key is None or not keys.matches(key, row["secret_sha256"] if row else None) or row is None:
        raise Problem(Code.UNAUTHORIZED, headers={"WWW-Authenticate": _CHALLENGE})
    for ended, code in ((row["revoked"], Code.KEY_REVOKED), (row["expired"], Code.KEY_EXPIRED)):
        if ended:
            raise Problem(code, headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'})
    if row["unnoted"]:
        await keyring.used(key.id)
    return Caller(row["tenant"], key.id, frozenset(row["scopes"]), row["rate_factor"])


async def create_key(
    pool: asyncpg.Pool,
    tenant: str,
    label: str = "",
    expires_at: datetime | None = None,
    scopes: Iterable[str] = (Scope.ADMIN,),
) -> str:
    """A new key of a tenant, made if need be; the only time it is seen in full. ValueError for a bad tenant or scope."""
    if not keys.TENANT.fullmatch(tenant):
        raise ValueError("a tenant is named with a-z, 0-9 and -, at most 63 characters, not beginning with -")
    key, wanted = _new_key(), _known(scopes)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("INSERT INTO tenants (name) VALUES ($1) ON CONFLICT DO NOTHING", tenant)
        await _insert(connection, key, tenant, label, (expires_at, wanted))
    return str(key)


async def rotate_key(pool: asyncpg.Pool, key_id: str, overlap_seconds: float) -> str | None:
    """A new key in the place of a valid one, which stays valid for `overlap_seconds` at most; None if it isn't valid.

    Tenant, label, scopes and expiry are those of the old key.
    """
    key = _new_key()
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(
            """SELECT * FROM api_keys WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
               AND replaced_by IS NULL FOR UPDATE""",
            key_id,
        )
        if row is None:
            return None
        await _insert(connection, key, row["tenant"], row["label"], (row["expires_at"], row["scopes"]))
        await connection.execute(
            """UPDATE api_keys SET replaced_by = $2, expires_at = least(expires_at, now() + make_interval(secs => $3))
               WHERE id = $1""",
            key_id,
            key.id,
            overlap_seconds,
        )
    return str(key)


async def revoke_key(pool: asyncpg.Pool, key_id: str) -> bool:
    """Whether there was such a key that was not revoked yet. It is refused from the next request on."""
    done = await pool.execute("UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL", key_id)
    return bool(done == "UPDATE 1")


async def list_keys(pool: asyncpg.Pool, tenant: str | None = None) -> list[KeyRow]:
    """Keys by tenant and age; also those that are no longer valid."""
    rows = await pool.fetch(
        f"SELECT {_VISIBLE} FROM api_keys WHERE $1::text IS NULL OR tenant = $1 ORDER BY tenant, created_at",  # noqa: S608
        tenant,
    )
    return [KeyRow(**row) for row in rows]


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


async def _insert(
    connection: asyncpg.Connection, key: keys.ApiKey, tenant: str, label: str, more: tuple[datetime | None, list[str]]
) -> None:
    """`more`: when it expires, and its scopes."""
    await connection.execute(
        "INSERT INTO api_keys (id, tenant, secret_sha256, label, expires_at, scopes) VALUES ($1, $2, $3, $4, $5, $6)",
        key.id,
        tenant,
        key.hash,
        label,
        *more,
    )


def _known(scopes: Iterable[str]) -> list[str]:
    """The scopes, sorted; ValueError that names those there are."""
    wanted = sorted({str(scope) for scope in scopes})
    if not wanted or set(wanted) - set(Scope):
        raise ValueError(f"a key has one scope at least, of: {', '.join(Scope)}")
    return wanted


def _new_key() -> keys.ApiKey:
    return keys.ApiKey(_random(10), _random(43))


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
