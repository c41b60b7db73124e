"""Transactions on connections of the pool."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

from contracts.errors import Invalid
from runtime import log
from services.gateway.database import TENANT
from services.gateway.exams import Exam
from services.gateway.ledger import Conflict, Purpose
from services.gateway.postgres.exams import Exams
from services.gateway.postgres.keys import Keys
from services.gateway.postgres.outbox import Outbox
from services.gateway.postgres.parked import ParkedEvents
from services.gateway.webhooks.owed import owe

_ROLLBACK_SECONDS = 1.0
_GONE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class PostgresTransaction(Exams, Outbox, Keys, ParkedEvents):
    """A `services.gateway.ledger.Transaction` on one connection."""

    async def now(self) -> datetime:
        moment: datetime = await self._connection.fetchval("SELECT now()")
        return moment

    async def announce(self, exam: Exam) -> None:
        await owe(self._connection, exam)

    async def forget(self, idempotency_seconds: float, parked_seconds: float) -> int:
        await self.forget_keys(idempotency_seconds)
        return await self.forget_parked(parked_seconds)


class PostgresLedger:
    """The books in Postgres; times are the server's."""

    def __init__(self, pool: asyncpg.Pool, requests: asyncpg.Pool | None = None) -> None:
        """`requests`: the pool for what is done in a tenant's request, if it has one of its own."""
        self._pool = pool
        self._requests = requests or pool
        self._log = log.get("gateway.ledger")

    @asynccontextmanager
    async def transaction(self, purpose: Purpose) -> AsyncIterator[PostgresTransaction]:
        """As `Ledger.transaction`; TimeoutError when no connection became free, Invalid for what no column can hold."""
        pool = self._requests if TENANT.get() else self._pool
        async with pool.acquire() as connection:
            started = connection.transaction()
            try:
                await started.start()
                yield PostgresTransaction(connection)
                await started.commit()
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
                await self._roll_back(connection, started, purpose)
                raise Conflict(f"{purpose}: {type(error).__name__}") from error
            except asyncpg.DataError as error:
                await self._roll_back(connection, started, purpose)
                raise Invalid(f"{purpose}: {type(error).__name__}") from None  # the error's text may quote the value
            except BaseException:
                await self._roll_back(connection, started, purpose)
                raise

    async def _roll_back(
        self, connection: asyncpg.Connection, started: asyncpg.transaction.Transaction, purpose: Purpose
    ) -> None:
        """Roll back, or cut a connection that doesn't answer: the server rolls back what has no client."""
        try:
            async with asyncio.timeout(_ROLLBACK_SECONDS):
                await started.rollback()
        except _GONE as error:
            self._log.warning("connection cut instead of rolled back", purpose=purpose, error=log.what(error))
            with contextlib.suppress(asyncpg.InterfaceError):  # it was lost before
                connection.terminate()
