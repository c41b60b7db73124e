"""Looking up API keys: requests that wait for the row of the same key share one query.

A key is read for every request, so that one that was revoked is refused from the next request on. With a query each,
a crowd under one key (a school's clients that connect again at once) would wait for each other until some are refused.
"""

import asyncio

import asyncpg


class Keyring:
    """Rows of keys, by way of a pool that sees nothing else."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._waiting: dict[str, asyncio.Task[asyncpg.Record | None]] = {}
        self._noting: set[str] = set()

    async def row(self, key_id: str) -> asyncpg.Record | None:
        """The key as it is now, not as it was before this was asked; None when there is none. Raises what the pool raises."""
        lookup = self._waiting.get(key_id)
        if lookup is None:
            lookup = asyncio.create_task(self._look(key_id), name="look up a key")
            self._waiting[key_id] = lookup
        return await asyncio.shield(lookup)

    async def used(self, key_id: str) -> None:
        """Note that the key was used now; one request of many that come together does."""
        if key_id in self._noting:
            return
        self._noting.add(key_id)
        try:
            await self._pool.execute("SELECT redink_key_used($1)", key_id)
        finally:
            self._noting.discard(key_id)

    async def _look(self, key_id: str) -> asyncpg.Record | None:
        try:
            connection = await self._pool.acquire()
        finally:  # the query is about to be sent: who comes later gets a later one
            del self._waiting[key_id]
        try:
            return await connection.fetchrow("SELECT * FROM redink_key($1)", key_id)
        finally:
            await self._pool.release(connection)
