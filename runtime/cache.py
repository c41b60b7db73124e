"""A cache that may fail at any time without anyone noticing more than the time it takes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from runtime import log, metrics
from runtime.breaker import Breaker
from runtime.settings import RedisSettings

_FAILURES = (RedisError, OSError, TimeoutError, ValueError)
"""ValueError: something else wrote under our key, and it is no JSON."""


_PAUSE = 5.0
"""Seconds in which a Redis that did not answer isn't asked for values; crash counters are always asked for."""


class Cache(Protocol):
    """JSON values by key. Never raises: a cache that is down is a miss."""

    async def get(self, key: str) -> Any | None:
        """The value, or None."""
        ...

    async def set(self, key: str, value: Any, ttl: float) -> None:
        """Keep a JSON value for `ttl` seconds."""
        ...

    async def forget(self, key: str) -> None:
        """Drop the value, if the cache can be reached."""
        ...


class Starts(Protocol):
    """Counts how often work on a record began without coming to an end: what kills the process leaves no other trace."""

    async def first(self, key: str) -> bool:
        """Count a start unless one before it had no end; whether it was counted, True as well when nobody counts."""
        ...

    async def begin(self, key: str) -> int:
        """Which start this is, from 1; 1 as well when nobody counts."""
        ...

    async def end(self, key: str) -> None:
        """The work ended, whichever way."""
        ...


class Nothing:
    """Without Redis: every look-up misses, every start is the first."""

    async def get(self, key: str) -> Any | None:  # noqa: ARG002
        return None

    async def set(self, key: str, value: Any, ttl: float) -> None: ...

    async def forget(self, key: str) -> None: ...

    async def first(self, key: str) -> bool:  # noqa: ARG002
        return True

    async def begin(self, key: str) -> int:  # noqa: ARG002
        return 1

    async def end(self, key: str) -> None: ...

    async def ready(self) -> None: ...


class RedisCache:
    """Redis, each command with a time limit. Keys of cached values are as given, counters under `redink:`.

    While Redis is away, look-ups miss at once instead of waiting for it one by one.
    """

    def __init__(self, client: Redis, timeout: float, day: int = 24 * 3600) -> None:
        self._client = client
        self._timeout = timeout
        self._day = day
        self._breaker = Breaker(_PAUSE)
        self._away = False
        self._log = log.get("runtime.cache")

    async def get(self, key: str) -> Any | None:
        if not self._breaker.allows():
            metrics.CACHE.labels("skipped").inc()
            return None
        try:
            async with asyncio.timeout(self._timeout):
                text = await self._client.get(key)
            self._worked()
            value = None if text is None else json.loads(text)
        except _FAILURES as error:
            self._lost(error)
            return None
        metrics.CACHE.labels("miss" if value is None else "hit").inc()
        return value

    async def set(self, key: str, value: Any, ttl: float) -> None:
        if not self._breaker.allows():
            return
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.set(key, json.dumps(value), px=max(1, round(ttl * 1000)))
            self._worked()
        except _FAILURES as error:
            self._lost(error)

    async def forget(self, key: str) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.delete(key)
            self._answered()
        except _FAILURES as error:
            self._lost(error)

    async def first(self, key: str) -> bool:
        try:
            async with asyncio.timeout(self._timeout):
                first = await self._client.set(f"redink:starts:{key}", 1, nx=True, ex=self._day)
            self._answered()
            return bool(first)
        except _FAILURES as error:
            self._failed(error)
            return True

    async def begin(self, key: str) -> int:
        try:
            async with asyncio.timeout(self._timeout), self._client.pipeline() as both:
                both.incr(f"redink:starts:{key}")
                both.expire(f"redink:starts:{key}", self._day)
                count = (await both.execute())[0]
            self._answered()
            return int(count)
        except _FAILURES as error:
            self._failed(error)
            return 1

    async def end(self, key: str) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.delete(f"redink:starts:{key}")
            self._answered()
        except _FAILURES as error:
            self._failed(error)

    async def ready(self) -> None:
        """A cache never keeps a process from being ready; this only says in the log that it is down."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.ping()
            self._answered()
        except _FAILURES as error:
            self._failed(error)

    def _lost(self, error: Exception) -> None:
        if not isinstance(error, ValueError):
            self._breaker.failed()
        self._failed(error)

    def _failed(self, error: Exception) -> None:
        metrics.CACHE.labels("error").inc()
        if not self._away:  # once, not with every record that asks: the rest is counted
            self._log.warning("cache unavailable", error=log.what(error))
        self._away = not isinstance(error, ValueError)

    def _worked(self) -> None:
        self._breaker.worked()
        self._answered()

    def _answered(self) -> None:
        if self._away:
            self._away = False
            self._log.info("cache is back")


@asynccontextmanager
async def open_cache(settings: RedisSettings) -> AsyncIterator[RedisCache | Nothing]:
    """Redis if there is a URL, nothing otherwise; an unreachable Redis is found out at the first command."""
    if settings.url is None:
        yield Nothing()
        return
    # Each command has its time limit here: redis-py's own beside it would be a third of what a command costs.
    client = Redis.from_url(
        settings.url.get_secret_value(), socket_timeout=None, socket_connect_timeout=settings.timeout
    )
    try:
        yield RedisCache(client, settings.timeout)
    finally:
        await client.aclose()
