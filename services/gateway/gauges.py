"""What Prometheus is told of the books: exams in flight, and the age of what waits."""

import asyncio

import asyncpg

from runtime import log, metrics
from services.gateway.exams import IN_FLIGHT

_IN_FLIGHT = f"""
SELECT count(*) AS n, extract(epoch FROM clock_timestamp() - min(created_at)) AS age FROM exams WHERE {IN_FLIGHT}
"""  # noqa: S608 - a constant
_OUTBOX = "SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM outbox"
_WAITING = "SELECT count(*) FROM batch_papers WHERE state = 'waiting'"


class Gauges:
    """Sets the gauges regularly."""

    def __init__(self, pool: asyncpg.Pool, every_seconds: float) -> None:
        self._pool = pool
        self._every = every_seconds
        self._log = log.get("gateway.gauges")

    async def run(self) -> None:
        """For ever; a database that is away is waited for."""
        while True:
            try:
                await self.measure()
            except Exception as error:  # noqa: BLE001 - a gauge that stands still is seen; one that killed the loop is not
                self._log.warning("not measured", error=log.what(error))
            await asyncio.sleep(self._every)

    async def measure(self) -> None:
        """Once."""
        row = await self._pool.fetchrow(_IN_FLIGHT)
        metrics.INFLIGHT.set(row["n"])
        metrics.OLDEST_INFLIGHT.set(float(row["age"] or 0.0))
        metrics.OUTBOX_OLDEST.set(float(await self._pool.fetchval(_OUTBOX) or 0.0))
        metrics.BATCH_WAITING.set(int(await self._pool.fetchval(_WAITING)))
