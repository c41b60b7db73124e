"""Where buckets are kept: in Redis for all gateways together, or in this process while Redis is away."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from runtime import log, metrics
from runtime.settings import RedisSettings
from services.gateway.limits.rates import Rate, Standing, take

_TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local quota, per_second = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = quota
if held[1] then
    tokens = math.min(quota, tonumber(held[1]) + math.max(0, now - tonumber(held[2])) * per_second)
end
local taken = 0
if tokens >= 1 then
    tokens = tokens - 1
    taken = 1
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(quota / per_second) * 1000 + 1000)
return {taken, string.format('%.6f', tokens)}
"""
"""One step, by Redis' clock: gateways whose clocks differ share one bucket."""
_AWAY_SECONDS = 2.0
"""How long Redis is left alone after it failed: a request in so many seconds waits for it, not every one."""
_MOST = 10_000
"""Buckets in memory; the one that was used longest ago is forgotten, and so full again."""


class Buckets(Protocol):
    """Never raises: limits protect the service, and must not be what takes it down."""

    async def take(self, tenant: str, rate: Rate) -> Standing:
        """Take a token of the tenant's bucket."""
        ...


class LocalBuckets:
    """Buckets of this process alone: its share of a rate is one of `replicas`."""

    def __init__(self, replicas: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._share = 1 / replicas
        self._clock = clock
        self._held: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    async def take(self, tenant: str, rate: Rate) -> Standing:
        key, now = (tenant, rate.name), self._clock()
        tokens, at = self._held.pop(key, (None, now))
        standing = take(rate.times(self._share), tokens, now - at)
        self._held[key] = (standing.tokens, now)
        if len(self._held) > _MOST:
            self._held.popitem(last=False)
        return standing


class RedisBuckets:
    """Buckets that all gateways share; while Redis is away, each gateway keeps to its share."""

    def __init__(self, client: Redis, timeout: float, local: LocalBuckets) -> None:
        self._script = client.register_script(_TAKE)
        self._timeout = timeout
        self._local = local
        self._away_until = 0.0
        self._log = log.get("gateway.limits")

    async def take(self, tenant: str, rate: Rate) -> Standing:
        if time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(self._timeout):
                    taken, tokens = await self._script(
                        [f"redink:rate:{tenant}:{rate.name}"], [rate.quota, rate.per_second]
                    )
                return Standing(rate, bool(taken), float(tokens))
            except (RedisError, OSError, TimeoutError, ValueError) as error:
                self._away_until = time.monotonic() + _AWAY_SECONDS
                self._log.warning("limits are kept by this process alone", error=log.what(error))
        metrics.RATES_LOCAL.inc()
        return await self._local.take(tenant, rate)


@asynccontextmanager
async def open_buckets(settings: RedisSettings, replicas: int) -> AsyncIterator[Buckets]:
    """Shared buckets if there is a Redis, this process' own otherwise."""
    local = LocalBuckets(replicas)
    if settings.url is None:
        yield local
        return
    timeout = settings.timeout
    client = Redis.from_url(settings.url.get_secret_value(), socket_timeout=None, socket_connect_timeout=timeout)
    try:
        yield RedisBuckets(client, timeout, local)
    finally:
        await client.aclose()
