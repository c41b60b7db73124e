"""A simulated process: a loop, a clock of its own, and every await at which it may stop being there."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

from tests.simulation.faults import Faults
from tests.simulation.loop import Loop, Scheduler

EPOCH = 1_800_000_000.0
"""The world's clock at its beginning, in seconds since 1970."""


class Gone(BaseException):
    """Raised into what a dead process still has on its stack; no `except Exception` sees it."""


class PortError(Exception):
    """A port failed: before the effect, or after it, without an answer."""


class Process:
    """One life of a process. `crashed` and `stopped` are told, so that the broker and the database notice."""

    def __init__(
        self, name: str, scheduler: Scheduler, faults: Faults, rng: random.Random, trace: Callable[..., None]
    ) -> None:
        self.name = name
        self.loop = Loop(scheduler)
        self.alive = True
        self.skew = 0.0
        self.kafka: Any = None
        self.when_dead: list[Callable[[], None]] = []
        self.when_frozen: list[Callable[[float], None]] = []
        self._scheduler = scheduler
        self._faults = faults
        self._rng = rng
        self._trace = trace

    def clock(self) -> float:
        """This process's wall clock, in seconds since 1970."""
        return EPOCH + self._scheduler.now + self.skew

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run something in this process."""
        return self.loop.create_task(coroutine)

    def crash(self, how: str = "crash") -> None:
        """As SIGKILL does."""
        if self.alive:
            self._trace(how, self.name)
            self.alive = False
            self.loop.dead = True
            for tell in self.when_dead:
                tell()

    def leave(self) -> None:
        """The end of a process that has cleaned up."""
        self.crash("left")

    def freeze(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after `seconds`."""
        if self.alive and not self.loop.frozen:
            self._trace("freeze", self.name, seconds)
            self.loop.freeze()
            for tell in self.when_frozen:
                tell(seconds)

    async def reach(self, point: str) -> str | None:
        """Be at an await of a port: pass, perhaps later, perhaps never; PortError; or a fault the port must play."""
        if not self.alive:
            raise Gone
        kind = self._faults.draw(point)
        if kind is None:  # most awaits cost no time; some let others go first, a few take a little
            luck = self._rng.random()
            if luck < 0.15:
                await asyncio.sleep(0 if luck < 0.1 else luck / 5)
            return None
        self._trace(kind, self.name, point)
        match kind:
            case "crash":
                self.crash()
                await self.loop.create_future()
            case "freeze":
                self.freeze(self._rng.choice((0.5, 3.0, 6.0, 12.0)))
                await asyncio.sleep(0)
            case "slow":
                await asyncio.sleep(self._rng.choice((0.3, 1.0, 4.0)))
            case "fail" | "lost":
                raise PortError(f"{kind} at {point}")
            case _:
                return kind
        return None
