"""Says once what has stopped moving, with the stack of every task: after the restart nobody could tell any more.

Stacks are places in code; nothing of an exam is in them.
"""

import asyncio
import contextlib
import faulthandler
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from runtime import log
from runtime.health import Health

_MOST = 200


@asynccontextmanager
async def watched(health: Health, stall: float, every: float = 5.0) -> AsyncIterator[None]:
    """Look every few seconds while the context lasts.

    A loop that is blocked itself can't look: after `stall` seconds the interpreter writes all threads' stacks instead.
    """
    task = asyncio.create_task(_watch(health, stall, every), name="watchdog")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        faulthandler.cancel_dump_traceback_later()


async def _watch(health: Health, stall: float, every: float) -> None:
    told = False
    while True:
        faulthandler.dump_traceback_later(stall, file=sys.__stderr__ or sys.stderr)
        problems = health.stalled()
        if problems and not told:
            log.get("runtime.watchdog").critical("stalled", problems=problems, tasks=stacks(asyncio.all_tasks()))
        told = bool(problems)
        await asyncio.sleep(every)


def stacks(tasks: "Iterable[asyncio.Task[Any]]") -> list[str]:
    """Each task's name and where it waits, outermost first."""
    lines = sorted(f"{task.get_name()}: {' > '.join(_places(task.get_coro()))}" for task in tasks)
    return lines[:_MOST]


def _places(coroutine: Any) -> list[str]:
    """file:line function of a coroutine and of what it awaits, down to the future at the end."""
    places = []
    while coroutine is not None:
        kind = next((kind for kind in ("cr", "gi", "ag") if hasattr(coroutine, f"{kind}_frame")), None)
        frame = getattr(coroutine, f"{kind}_frame") if kind else None
        if frame is None:
            break
        places.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}")
        coroutine = getattr(coroutine, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
    return places
