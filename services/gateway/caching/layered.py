"""Reading through: memory, Redis, the truth; whoever asks for the same at the same time waits for one answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from runtime import metrics
from runtime.cache import Cache
from services.gateway.caching.local import Local

T = TypeVar("T")


class Layered(Generic[T]):
    """Values decoded from texts that never change under their key.

    `decode` makes the value of a text and raises ValueError for one that it can't read; `weigh` says how many bytes of
    memory a value takes, of which there are at most `most`; `shared` keeps texts for
    `seconds`, for all gateway processes, when they are no longer than `longest` characters; None: there is no Redis.
    """

    def __init__(
        self,
        name: str,
        shared: Cache | None,
        decode: Callable[[str], T],
        weigh: Callable[[T], int],
        *,
        most: int,
        seconds: float,
        longest: int,
    ) -> None:
        self._name = name
        self._weigh = weigh
        self._shared = shared
        self._decode = decode
        self._seconds = seconds
        self._longest = longest
        self._local: Local[T] = Local(most)
        self._flights = Flights[T]()

    async def get(self, key: str, load: Callable[[], Awaitable[str | None]]) -> T | None:
        """The value; None when `load`, which asks the truth, finds nothing. Raises what `load` and `decode` raise."""
        value = self._local.get(key)
        count(self._name, "local", hit=value is not None)
        return value if value is not None else await self._flights.join(key, lambda: self._fetch(key, load))

    async def drop(self, key: str) -> None:
        """Forget a value that was deleted: here, and in Redis if that answers."""
        self._local.drop(key)
        self._flights.forget(key)
        if self._shared is not None:
            await self._shared.forget(self._shared_key(key))

    async def _fetch(self, key: str, load: Callable[[], Awaitable[str | None]]) -> T | None:
        value = await self._fetch_shared(key)
        if value is not None:
            return value
        text = await load()
        if text is None:
            return None
        value = self._keep(key, text)
        if self._shared is not None and len(text) <= self._longest and self._flights.is_current(key):
            await self._shared.set(self._shared_key(key), text, self._seconds)
        return value

    async def _fetch_shared(self, key: str) -> T | None:
        if self._shared is None:
            return None
        text = await self._shared.get(self._shared_key(key))
        try:
            value = self._keep(key, text) if isinstance(text, str) else None
        except ValueError:  # another release wrote it: the truth overwrites it
            value = None
        count(self._name, "redis", hit=value is not None)
        return value

    def _keep(self, key: str, text: str) -> T:
        value = self._decode(text)
        if self._flights.is_current(key):  # else it was dropped meanwhile
            self._local.set(key, value, self._weigh(value), self._seconds)
        return value

    def _shared_key(self, key: str) -> str:
        return f"redink:{self._name}:{key}"


class Flights(Generic[T]):
    """Work under way by key: asked for twice, it is done once."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[T | None]] = {}

    async def join(self, key: str, work: Callable[[], Awaitable[T | None]]) -> T | None:
        """The outcome of `work`, or of that which is under way. Who no longer waits doesn't end it for the others."""
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(_run(work), name=f"cache {key[:60]}")
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    def forget(self, key: str) -> None:
        """Who asks from now on isn't answered by what began before."""
        self._under_way.pop(key, None)

    def is_current(self, key: str) -> bool:
        """Whether the running task is the one that is under way for the key, not one that was forgotten."""
        return self._under_way.get(key) is asyncio.current_task()

    def _landed(self, key: str, done: "asyncio.Task[T | None]") -> None:
        if self._under_way.get(key) is done:
            del self._under_way[key]
        if not done.cancelled():
            done.exception()  # looked at, in case nobody waits any more


async def _run(work: Callable[[], Awaitable[T | None]]) -> T | None:
    return await work()


def count(cache: str, level: str, *, hit: bool) -> None:
    """Count a look-up of one level."""
    (metrics.CACHE_HITS if hit else metrics.CACHE_MISSES).labels(cache, level).inc()
