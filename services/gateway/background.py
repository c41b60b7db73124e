"""Work beside the requests: tasks that run while a context lasts, and loops that take turns for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from structlog.stdlib import BoundLogger

from runtime import log


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


async def regularly(turn: Callable[[], Awaitable[None]], seconds: float, logger: BoundLogger, failed: str) -> None:
    """Take a turn, pause, for ever. One that fails is logged as `failed` and taken again: what is away is waited for."""
    while True:
        try:
            await turn()
        except Exception as error:  # noqa: BLE001 - nobody would notice that a loop died
            logger.error(failed, error=log.what(error), at=log.where(error))  # noqa: TRY400 - a trace may quote data
        await asyncio.sleep(seconds)
