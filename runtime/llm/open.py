"""The client that the settings describe."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from redis.asyncio import Redis

from runtime.breaker import Breaker
from runtime.llm.account import Terms
from runtime.llm.calls import Calls, Endpoint
from runtime.llm.client import Llm
from runtime.llm.ledger import Prices
from runtime.llm.limits import PREFIX, Limits, LocalLimits, Rates, SharedLimits
from runtime.llm.settings import LlmSettings
from runtime.llm.shared import Shared
from runtime.llm.shelf import Shelf
from runtime.llm.transport import HttpTransport, Recorder, Replayer, Transport
from runtime.llm.wire import Dialect
from runtime.settings import BadSettings, RedisSettings

_DAY = 24 * 3600.0


@asynccontextmanager
async def open_llm(settings: LlmSettings, redis: RedisSettings) -> AsyncIterator[Llm | None]:
    """The model, or None when none is configured. Raises BadSettings when the cassette can't be read."""
    if not settings.enabled:
        yield None
        return
    async with AsyncExitStack() as stack:
        transport = await _transport(settings, stack)
        rates = Rates(settings.requests_per_minute, settings.concurrency, settings.call_seconds + 5)
        limits: Limits = LocalLimits(rates.times(1 / settings.workers))
        shared = None
        if redis.url is not None:
            client = Redis.from_url(
                redis.url.get_secret_value(), socket_timeout=redis.timeout, socket_connect_timeout=redis.timeout
            )
            stack.push_async_callback(client.aclose)
            shared = Shared(client, redis.timeout)
            limits = SharedLimits(shared, rates, LocalLimits(rates.times(1 / settings.workers)), _prefix(settings))
        terms = _terms(settings)
        breaker = Breaker(settings.breaker_seconds, after=settings.breaker_after)
        endpoint = Endpoint(transport, settings.address.host or "unknown", settings.model)
        yield Llm(
            Calls(endpoint, terms, limits, breaker),
            Dialect(settings.model, settings.thinking, settings.json_mode, settings.json_schema, settings.pictures),
            terms,
            Shelf(shared, settings.cache_days * _DAY, prefix=_prefix(settings)),
        )


def _prefix(settings: LlmSettings) -> str:
    """Before all keys: limits and replies belong to an account at an address, whoever else uses the same Redis."""
    key = "" if settings.api_key is None else settings.api_key.get_secret_value()
    account = hashlib.sha256(f"{settings.address} {key}".encode()).hexdigest()[:16]
    return f"{PREFIX}{account}:"


def _terms(settings: LlmSettings) -> Terms:
    return Terms(
        call_seconds=settings.call_seconds,
        exam_seconds=settings.exam_seconds,
        batch_seconds=settings.batch_seconds,
        retries=settings.retries,
        tenant_tokens=settings.tenant_tokens_per_day,
        max_cost=settings.max_cost,
        prices=Prices(settings.price_in, settings.price_cached, settings.price_out, settings.currency),
    )


async def _transport(settings: LlmSettings, stack: AsyncExitStack) -> Transport:
    if settings.replays and settings.cassette is not None:
        try:
            return Replayer(settings.cassette)
        except (OSError, ValueError, KeyError, TypeError):
            raise BadSettings("REDINK_LLM_CASSETTE: can't be read as a cassette") from None
    headers = {}
    if settings.api_key is not None:
        headers["Authorization"] = f"Bearer {settings.api_key.get_secret_value()}"
    client = httpx.AsyncClient(
        headers=headers,
        timeout=httpx.Timeout(None, connect=5.0),  # the whole is limited by the wall clock, call by call
        limits=httpx.Limits(max_connections=settings.concurrency),
        proxy=None if settings.proxy is None else settings.proxy.get_secret_value(),
        follow_redirects=False,
        trust_env=False,
    )
    live: Transport = HttpTransport(await stack.enter_async_context(client), str(settings.address))
    return live if settings.cassette is None else Recorder(live, settings.cassette)
