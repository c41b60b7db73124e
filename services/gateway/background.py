"""Work beside the requests: tasks that run while a context lasts, and loops that take turns for ever."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from structlog.stdlib import BoundLogger

from runtime import log

AGAIN = 60.0
"""Seconds until a failure of the same kind is told again."""


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Run a task that never ends by itself; one that died is told when the context ends."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


class Outage:
    """Tells of a loop's failures without flooding the log: the first, one of another kind, each minute, and the end of them."""

    def __init__(self, logger: BoundLogger, failed: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`failed` is what the log says of a failure."""
        self._logger, self._failed, self._clock = logger, failed, clock
        self._last, self._times, self._next = "", 0, 0.0

    def goes_on(self, error: BaseException) -> None:
        """A turn failed."""
        self._times += 1
        kind, now = log.what(error), self._clock()
        if kind != self._last or now >= self._next:
            self._logger.error(self._failed, error=kind, at=log.where(error), times=self._times)
            self._last, self._next = kind, now + AGAIN

    def ends(self) -> None:
        """A turn went well."""
        if self._times:
            self._logger.info("works again", what=self._failed, times=self._times)
            self._last, self._times = "", 0


async def regularly(turn: Callable[[], Awaitable[None]], seconds: float, logger: BoundLogger, failed: str) -> None:
    """Take a turn, pause, for ever. One that fails is told as `failed` and taken again: what is away is waited for."""
    outage = Outage(logger, failed)
    while True:
        try:
            await turn()
        except Exception as error:  # noqa: BLE001 - nobody would notice that a loop died
            outage.goes_on(error)
        else:
            outage.ends()
        await asyncio.sleep(seconds)
