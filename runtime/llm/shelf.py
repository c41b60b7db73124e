"""Replies that are there already: in memory, in Redis, or on their way to somebody who asked the same."""

import asyncio
import contextlib
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from runtime import metrics
from runtime.llm.limits import PREFIX
from runtime.llm.shared import Away, Shared

Produce = Callable[[], Awaitable[str]]

_MOST = 2000
"""Replies in memory, of a few kilobytes each at most."""
_LARGEST = 64 * 1024
_FLIGHT_MILLISECONDS = 30_000
"""After which a worker that went for a reply is taken for dead."""
_POLL = 0.1
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Shelf:
    """Keeps replies under the hash of what was asked. One asks for all who want the same at the same time."""

    def __init__(self, shared: Shared | None, seconds: float, most: int = _MOST, prefix: str = PREFIX) -> None:
        self._shared = shared
        self._seconds = seconds
        self._most = most
        self._prefix = prefix
        self._held: OrderedDict[str, str] = OrderedDict()
        self._flights: dict[str, asyncio.Future[str]] = {}

    async def once(self, key: str, until: float, produce: Produce) -> str:
        """The reply of that key, produced if nobody has it. Raises what `produce` raises.

        `until`: the loop's time until which it is worth waiting for others; a leader who fails leaves it to the next.
        """
        loop = asyncio.get_running_loop()
        while True:
            if (held := self._remembered(key)) is not None:
                metrics.LLM_CACHE.labels("memory").inc()
                return held
            flight = self._flights.get(key)
            if flight is None:
                return await self._lead(key, until, produce)
            await asyncio.wait({flight}, timeout=max(0.0, until - loop.time()))
            if not flight.done():  # out of patience; the caller's own limit will say so
                return await produce()

    async def forget(self, key: str) -> None:
        """Drop a reply that is of no use."""
        self._held.pop(key, None)
        if (shared := self._shared) is not None:
            with contextlib.suppress(Away):
                await shared.call(lambda: shared.client.delete(self._reply(key)))

    async def _lead(self, key: str, until: float, produce: Produce) -> str:
        flight: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._flights[key] = flight
        try:
            text = await self._fetch(key, until, produce)
            self._remember(key, text)
            return text
        finally:
            del self._flights[key]
            flight.cancel()  # who waited looks into memory, or leads the next attempt

    async def _fetch(self, key: str, until: float, produce: Produce) -> str:
        if self._shared is None:
            return await self._produced(produce)
        shared, token = self._shared, secrets.token_hex(8)
        try:
            found, leading = await self._found_or_leading(shared, key, token, until)
        except Away:
            return await self._produced(produce)
        if found is not None:
            metrics.LLM_CACHE.labels("redis").inc()
            return found
        try:
            text = await self._produced(produce)
            await self._keep(shared, key, text)
        finally:
            if leading:
                await self._land(shared, key, token)
        return text

    async def _produced(self, produce: Produce) -> str:
        metrics.LLM_CACHE.labels("miss").inc()
        return await produce()

    async def _found_or_leading(self, shared: Shared, key: str, token: str, until: float) -> tuple[str | None, bool]:
        """The reply, or whether it is us who go for it; after half of the time that is left we go beside the other."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + max(0.0, until - loop.time()) / 2
        flight = self._flight(key)
        while True:
            if (found := await self._look(shared, key)) is not None:
                return found, False
            if await shared.call(lambda: shared.client.set(flight, token, nx=True, px=_FLIGHT_MILLISECONDS)):
                # Who led before us may have landed since we looked.
                if (found := await self._look(shared, key)) is not None:
                    await self._land(shared, key, token)
                    return found, False
                return None, True
            if loop.time() >= patience:
                return None, False
            await asyncio.sleep(_POLL)

    async def _look(self, shared: Shared, key: str) -> str | None:
        name = self._reply(key)
        found = await shared.call(lambda: shared.client.get(name))
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else found

    async def _keep(self, shared: Shared, key: str, text: str) -> None:
        milliseconds = round(self._seconds * 1000)
        with contextlib.suppress(Away):  # it is in memory
            await shared.call(lambda: shared.client.set(self._reply(key), text, px=milliseconds))

    async def _land(self, shared: Shared, key: str, token: str) -> None:
        with contextlib.suppress(Away):  # it runs out by itself
            await shared.call(lambda: shared.client.eval(_RELEASE, 1, self._flight(key), token))

    def _remembered(self, key: str) -> str | None:
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)

    def _remember(self, key: str, text: str) -> None:
        if len(text) > _LARGEST:
            return
        self._held[key] = text
        if len(self._held) > self._most:
            self._held.popitem(last=False)

    def _reply(self, key: str) -> str:
        return f"{self._prefix}reply:{key}"

    def _flight(self, key: str) -> str:
        return f"{self._prefix}flight:{key}"
