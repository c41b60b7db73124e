"""Event loops without threads, sockets or waiting: one per simulated process, all under one scheduler.

Within a process callbacks keep asyncio's order; which process goes next is drawn. So processes interleave at every
await, a killed process is a loop that is never run again, and a stopped one is a loop that is not run for a while.
"""

import asyncio
import heapq
import itertools
import random
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, copy_context
from typing import Any

_SWITCH = 0.3
"""Chance that after a callback another process may go."""
_MOST_STEPS = 400_000
"""A world that takes more is caught in a circle; most take a thousand."""
_TEARDOWN_STEPS = 20_000


class Handle:
    """A callback to come; `Loop.call_*` gives it out."""

    __slots__ = ("_when", "args", "callback", "context", "dropped")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None, when: float
    ) -> None:
        self.callback = callback
        self.args = args
        self.context = context if context is not None else copy_context()
        self.dropped = False
        self._when = when

    def cancel(self) -> None:
        self.dropped = True

    def cancelled(self) -> bool:
        return self.dropped

    def when(self) -> float:
        return self._when


class Scheduler:
    """The one source of order and time. `now` in seconds."""

    def __init__(self, rng: random.Random) -> None:
        self.now = 0.0
        self.steps = 0
        self._rng = rng
        self._numbers = itertools.count()
        self._timers: list[tuple[float, int, Handle, Loop]] = []
        self._runnable: list[Loop] = []

    def at(self, when: float, handle: Handle, loop: "Loop") -> None:
        heapq.heappush(self._timers, (when, next(self._numbers), handle, loop))

    def wake(self, loop: "Loop") -> None:
        """The loop may have something to do."""
        if not loop.listed and not loop.frozen and not loop.dead:
            loop.listed = True
            self._runnable.append(loop)

    def run(self, done: Callable[[], bool], until: float) -> None:
        """Run everything until `done`, checked whenever time passes; TimeoutError when the time is `until`, or never comes."""
        while True:
            while self._runnable:
                self._turn()
                if self.steps > _MOST_STEPS:
                    raise TimeoutError
            if done():
                return
            if not self._timers or self._timers[0][0] > until:
                self.now = until
                raise TimeoutError
            self._advance()

    def _turn(self) -> None:
        """Some callbacks of one process."""
        chance = self._rng.random
        index = int(chance() * len(self._runnable))
        loop = self._runnable[index]
        events._set_running_loop(loop)  # type: ignore[arg-type]
        try:
            ready = loop.ready
            while ready and not (loop.frozen or loop.dead):
                self.steps += 1
                handle = ready.popleft()
                if not handle.dropped:
                    handle.context.run(handle.callback, *handle.args)
                if chance() < _SWITCH:
                    break
        finally:
            events._set_running_loop(None)
        if not loop.ready or loop.frozen or loop.dead:
            loop.listed = False
            last = self._runnable.pop()
            if last is not loop:
                self._runnable[index] = last

    def _advance(self) -> None:
        """On to the next timer, and those of the same moment."""
        self.now = self._timers[0][0]
        while self._timers and self._timers[0][0] <= self.now:
            _, _, handle, loop = heapq.heappop(self._timers)
            if not handle.dropped and not loop.dead:
                loop.ready.append(handle)
                self.wake(loop)


class Loop(asyncio.AbstractEventLoop):
    """The event loop of one simulated process: what asyncio's tasks, futures and timeouts need, no more."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.ready: deque[Handle] = deque()
        self.listed = self.frozen = self.dead = False
        self.complaints: list[dict[str, Any]] = []
        self._scheduler = scheduler
        self._tasks: list[asyncio.Task[Any]] = []

    def time(self) -> float:
        return self._scheduler.now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self.dead

    def is_closed(self) -> bool:
        return False

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Handle:  # type: ignore[override]
        handle = Handle(callback, args, context, 0.0)
        self.ready.append(handle)
        if not self.listed:
            self._scheduler.wake(self)
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        return self.call_at(self._scheduler.now + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        handle = Handle(callback, args, context, when)
        self._scheduler.at(max(when, self._scheduler.now), handle, self)
        return handle

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, Any] | Generator[Any, None, Any], *, name: object = None, context: Any = None
    ) -> "asyncio.Task[Any]":
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name="", context=context)  # type: ignore[arg-type]
        self._tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.complaints.append(context)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        self.complaints.append(context)

    def freeze(self) -> None:
        """As SIGSTOP does: nothing runs, timers pile up."""
        self.frozen = True

    def thaw(self) -> None:
        """As SIGCONT does."""
        self.frozen = False
        if self.ready:
            self._scheduler.wake(self)

    def bury(self) -> None:
        """Unwind what a dead process left, so that no coroutine is closed by the garbage collector.

        Its ports refuse by now; nothing that is run here has an effect outside.
        """
        self.dead = True
        events._set_running_loop(self)
        try:
            for task in self._tasks:
                task.cancel()
            for _ in range(_TEARDOWN_STEPS):
                if not self.ready:
                    break
                handle = self.ready.popleft()
                if not handle.dropped:
                    handle.context.run(handle.callback, *handle.args)
        finally:
            events._set_running_loop(None)
        self._tasks.clear()
