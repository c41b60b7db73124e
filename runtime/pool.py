"""CPU work of a stage in processes of its own: a blocked event loop would miss Kafka's heartbeats."""

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from contracts.errors import ErrorCode, Permanent, Transient
from runtime import metrics
from runtime.verdict import WorkerDied

_PR_SET_PDEATHSIG = 1
_PEBBLE_TIMEOUT = ("Task timeout",)


@dataclass(frozen=True)
class Pool:
    """The worker processes a stage asks for.

    `initializer(*initargs)` loads models once per process and must be picklable; a process is replaced after
    `max_tasks` calls, which bounds what leaks.
    """

    workers: int = 1
    initializer: Callable[..., None] | None = None
    initargs: tuple[Any, ...] = ()
    max_tasks: int = 200


class Workers:
    """The running processes of a pool."""

    def __init__(self, stage: str, opened: Callable[[], ProcessPool], size: int) -> None:
        self._stage = stage
        self._opened = opened
        self._processes = opened()
        self._size = size
        self._open: set[ProcessFuture[Any]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self.warm = False

    async def call(self, fn: Callable[..., Any], args: tuple[Any, ...], limit: float) -> tuple[Any, float]:
        """(result, CPU seconds) of `fn(*args)` in a worker.

        The process is killed after `limit` seconds of running: Permanent(STAGE_TIMEOUT). If it dies by itself:
        WorkerDied. If the caller is cancelled, the process is killed too. Transient when the whole pool broke under it.
        """
        processes, future = self._schedule([fn, *args], limit)
        self._open.add(future)
        try:
            result, cpu = await asyncio.wrap_future(future)
        except TimeoutError as error:
            if error.args[:1] != _PEBBLE_TIMEOUT:
                raise  # the function's own
            metrics.WORKER_DEATHS.labels(self._stage, "timeout").inc()
            raise Permanent(ErrorCode.STAGE_TIMEOUT, f"worker process stopped after {limit:.0f} s") from None
        except ProcessExpired as error:
            metrics.WORKER_DEATHS.labels(self._stage, "died").inc()
            raise WorkerDied(f"worker process died with {error.exitcode}") from None
        except BrokenProcessPool:
            self._renew(processes)
            raise Transient("the pool broke") from None
        finally:
            self._open.discard(future)
        return result, cpu

    def _schedule(self, call: list[Any], limit: float) -> tuple[ProcessPool, ProcessFuture[Any]]:
        """Into the pool. Pebble gives up for good a pool whose process died while idle, so then into a new one."""
        try:
            return self._processes, self._processes.schedule(_measured, args=call, timeout=limit)
        except RuntimeError:
            self._renew(self._processes)
        return self._processes, self._processes.schedule(_measured, args=call, timeout=limit)

    def _renew(self, broken: ProcessPool) -> None:
        """Put a new pool in its place; calls that it hadn't taken up yet end with BrokenProcessPool, else they never would."""
        if self._processes is not broken:
            return
        metrics.WORKER_DEATHS.labels(self._stage, "idle").inc()
        self._processes, stranded, self._open = self._opened(), self._open, set()
        closing = asyncio.create_task(_strand(broken, stranded), name="closing a broken pool")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """End the processes."""
        await asyncio.to_thread(_close, self._processes)
        await asyncio.gather(*self._closing)

    async def warm_up(self, limit: float) -> None:
        """Wait until the processes have run their initializer; raises when they can't."""
        await asyncio.gather(*(self.call(_nothing, (), limit) for _ in range(self._size)))
        self.warm = True


@asynccontextmanager
async def open_workers(stage: str, pool: Pool, warm_up_limit: float = 300) -> AsyncIterator[Workers]:
    """Start a pool's processes; yields when all have run their initializer, TimeoutError when they don't."""

    def opened() -> ProcessPool:
        return ProcessPool(
            max_workers=pool.workers,
            max_tasks=pool.max_tasks,
            initializer=_begin,
            initargs=(os.getpid(), pool.initializer, pool.initargs),
            context=multiprocessing.get_context("spawn"),  # forking a process with threads deadlocks inference engines
        )

    workers = Workers(stage, opened, pool.workers)
    metrics.WORKERS.labels(stage).set(pool.workers)
    try:
        async with asyncio.timeout(warm_up_limit):
            await workers.warm_up(warm_up_limit)
        yield workers
    finally:
        await workers.close()


async def _strand(broken: ProcessPool, calls: set[ProcessFuture[Any]]) -> None:
    """Close the pool first: its threads settle calls, too."""
    await asyncio.to_thread(_close, broken)
    for call in calls:
        if not call.done():
            call.set_exception(BrokenProcessPool("the pool was given up"))


def _close(processes: ProcessPool) -> None:
    processes.stop()  # type: ignore[no-untyped-call]
    processes.join()


def _begin(parent: int, initializer: Callable[..., None] | None, initargs: tuple[Any, ...]) -> None:
    """First thing in a worker: die with the parent, or before it, leave Ctrl-C to it, then load what the stage needs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)
        with contextlib.suppress(OSError):  # out of memory, a worker is to go: that costs one exam a try, no consumer
            Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    if initializer is not None:
        initializer(*initargs)


def _measured(fn: Callable[..., Any], *args: Any) -> tuple[Any, float]:
    before = resource.getrusage(resource.RUSAGE_SELF)
    result = fn(*args)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return result, (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def _nothing() -> None:
    """Done once the initializer is."""
