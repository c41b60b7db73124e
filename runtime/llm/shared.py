"""Redis as the workers share it: each command with a time limit, and left alone for a while once it failed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from runtime import log
from runtime.breaker import Breaker

R = TypeVar("R")

_PAUSE = 5.0
"""Seconds in which a Redis that did not answer isn't asked."""


class Away(Exception):
    """Redis didn't answer, or is being left alone: do without."""


class Shared:
    """A client that fails fast, with one kind of error."""

    def __init__(self, client: Redis, timeout: float, pause: float = _PAUSE) -> None:
        self.client = client
        self._timeout = timeout
        self._breaker = Breaker(pause)
        self._log = log.get("runtime.llm")

    async def call(self, command: Callable[[], Awaitable[R]]) -> R:
        """What the command answers; Away when it doesn't in time."""
        if not self._breaker.allows():
            raise Away
        try:
            async with asyncio.timeout(self._timeout):
                answer = await command()
        except (RedisError, OSError, TimeoutError) as error:
            self._breaker.failed()
            self._log.warning("limits and replies are kept by this process alone", error=log.what(error))
            raise Away from None
        self._breaker.worked()
        return answer
