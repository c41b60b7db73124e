"""The connection pools and the schema.

Two pools, two roles: the owner's for background work, and that of requests, which sees one tenant's rows (row-level
security). It is the second wall: every statement of a request names its tenant as well.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import asyncpg

from runtime import log
from runtime.settings import BadSettings
from services.gateway.settings import PostgresSettings

MIGRATIONS = Path(__file__).parent / "migrations"
API_ROLE = "redink_api"
TENANT: ContextVar[str] = ContextVar("redink_tenant", default="")
"""Whose request runs in this context; connections of `open_api_pool` see the rows of this tenant, and none without."""
_LOCK = 0x7265_6469  # advisory lock "redi": one process migrates, the others wait and find it done


_REFUSED = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)
"""What a server says of a login or a database that it doesn't have: asking again doesn't mend it."""
MIGRATION_SECONDS = 600.0
"""The longest that one migration may take."""
PATIENCE = 60.0
"""Seconds that a gateway waits for a database when it starts."""
_SESSION = {
    "application_name": "redink-gateway",
    # Rows that a gateway holds which is cut off are free again soon: a relay publishes inside its transaction, for
    # seconds; a dead peer is noticed after 30 + 3 * 10 s.
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}


class SchemaMismatch(Exception):
    """A migration that was applied has been edited since."""


class WallMissing(Exception):
    """The role of requests is not held by row-level security: it is superuser, owner, or has BYPASSRLS."""


class TenantConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that knows whose rows it sees, and asks the server only when that changes."""

    _whose: str | None = None

    async def become(self, tenant: str) -> None:
        """See the rows of this tenant, until told otherwise."""
        if self._whose != tenant:
            await self.fetchval("SELECT set_config('app.tenant', $1, false)", tenant)
            self._whose = tenant


class BoundedPool(asyncpg.Pool):  # type: ignore[misc]
    """A pool that nobody waits for longer than `acquire_timeout` seconds: TimeoutError."""

    def __init__(self, *args: Any, acquire_timeout: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._acquire_timeout = acquire_timeout

    def acquire(self, *, timeout: float | None = None) -> Any:
        return super().acquire(timeout=timeout or self._acquire_timeout)


@asynccontextmanager
async def open_database(settings: PostgresSettings, patience: float = 0.0) -> AsyncIterator[asyncpg.Pool]:
    """A pool on a database whose schema is current; for up to `patience` seconds while no server answers."""
    async with await _connected(settings, patience) as pool:
        async with pool.acquire() as connection:
            await migrate(connection)
        yield pool


@asynccontextmanager
async def open_api_pool(settings: PostgresSettings) -> AsyncIterator[asyncpg.Pool]:
    """The pool of requests, on a database that `open_database` has migrated; WallMissing.

    Each connection sees the rows of the tenant in TENANT when it is acquired. It is set per session, not per
    transaction: that costs a round trip only when a connection changes tenants, instead of three with every query.
    """
    dsn = settings.api_dsn or settings.dsn

    async def init(connection: TenantConnection) -> None:
        await connection.execute(f"SET ROLE {API_ROLE}")
        if not await connection.fetchval("SELECT row_security_active('exams')"):
            raise WallMissing(f"the role {API_ROLE} must be bound by row-level security")
        await _set_codecs(connection)

    async def setup(connection: TenantConnection) -> None:
        await connection.become(TENANT.get())

    async with _pool(settings, dsn.get_secret_value(), TenantConnection, init, setup) as pool:
        yield pool


async def _connected(settings: PostgresSettings, patience: float) -> asyncpg.Pool:
    until = time.monotonic() + patience
    while True:
        pool = _pool(settings, settings.dsn.get_secret_value(), asyncpg.Connection, _set_codecs)
        try:
            return await pool
        except _REFUSED as error:
            pool.terminate()
            raise BadSettings(f"REDINK_POSTGRES_DSN: the database refuses it with {log.what(error)}") from None
        except (OSError, asyncpg.CannotConnectNowError) as error:
            pool.terminate()
            if time.monotonic() > until:
                raise
            log.get("gateway.database").warning("no database yet", error=log.what(error))
            await asyncio.sleep(1)


def _pool(
    settings: PostgresSettings,
    dsn: str,
    connection_class: type[asyncpg.Connection],
    init: Callable[[Any], Awaitable[None]],
    setup: Callable[[Any], Awaitable[None]] | None = None,
) -> BoundedPool:
    return BoundedPool(
        dsn,
        acquire_timeout=settings.acquire_timeout,
        min_size=1,
        max_size=settings.pool,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        connection_class=connection_class,
        record_class=asyncpg.Record,
        timeout=settings.acquire_timeout,
        init=init,
        setup=setup,
        reset=_leave_as_is,
        command_timeout=settings.statement_timeout,
        server_settings=_SESSION,
    )


async def migrate(connection: asyncpg.Connection) -> None:
    """Apply the migrations that are missing, in order, each in a transaction; SchemaMismatch."""
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=MIGRATION_SECONDS)
    try:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (name text PRIMARY KEY, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = dict(await connection.fetch("SELECT name, sha256 FROM schema_migrations"))
        for name, sql in _migrations():
            await _apply(connection, name, sql, applied.get(name))
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


def _migrations() -> list[tuple[str, str]]:
    return [(path.name, path.read_text(encoding="utf-8")) for path in sorted(MIGRATIONS.glob("*.sql"))]


async def _apply(connection: asyncpg.Connection, name: str, sql: str, applied: str | None) -> None:
    digest = hashlib.sha256(sql.encode()).hexdigest()
    if applied == digest:
        return
    if applied is not None:
        raise SchemaMismatch(f"{name} was applied with other text; write a new migration instead of editing it")
    async with connection.transaction():
        await connection.execute(sql, timeout=MIGRATION_SECONDS)
        await connection.execute("INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)", name, digest)


async def _leave_as_is(_connection: asyncpg.Connection) -> None:
    """No statement of ours leaves state in a session but app.tenant, which is set when a connection is acquired:
    resetting it would only double the round trips.
    """


async def _set_codecs(connection: asyncpg.Connection) -> None:
    def dump(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    await connection.set_type_codec("jsonb", encoder=dump, decoder=json.loads, schema="pg_catalog")
