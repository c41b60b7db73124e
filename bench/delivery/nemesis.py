"""Kills at random, from a seed: always while there is work in hand, so that every kill meets something."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.delivery.work import STAGES, Notes, Run, Work
from bench.delivery.workers import Workers

EVERY = 1.5
_GATEWAY_STARTS = 4.0
_PATIENCE = 1.0
_POLL = 0.005


@dataclass
class Nemesis:
    """Runs in a thread while the load lasts, until `limit` kills. `gateways`: workers that are at work while up.

    A stage is struck between the begin of a piece of work and half its length after its end, where its result is
    stored, passed on and acknowledged: as a whole worker (a machine goes) or, where another process in it does the
    work, by that process alone (the kernel is short of memory).
    """

    workers: Workers
    work: Work
    seed: int
    limit: int
    gateways: tuple[str, ...] = ()
    kills: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Kill until told to stop."""
        chance = random.Random(self.seed)
        notes = self.work.notes()
        pause = EVERY
        while self.kills < self.limit and not self._stop.wait(pause):
            struck = self._strike(chance.choice([*STAGES, *self.gateways, *self.gateways]), chance, notes)
            self.kills += struck
            pause = EVERY if struck else _POLL

    def stop(self) -> None:
        """No more kills."""
        self._stop.set()

    @property
    def done(self) -> bool:
        """Whether all kills have been dealt."""
        return self.kills >= self.limit

    def _strike(self, name: str, chance: random.Random, notes: Notes) -> bool:
        """Kill that worker, or one of its processes, at work; False when it did not work."""
        if name in self.gateways:
            at_work = self.workers.pid(name) is not None and time.time() - self.workers.since(name) > _GATEWAY_STARTS
            if at_work:
                self.workers.kill(name)
            return at_work
        run = self._next_run(name, notes)
        if run is None or (main := self.workers.pid(name)) is None:
            return False
        time.sleep(chance.uniform(0, 1.5) * self.work.seconds(run.exam, run.stage))
        if run.pid != main and chance.random() < 0.5 and _belongs(run.pid, main):
            os.kill(run.pid, signal.SIGKILL)
        else:
            self.workers.kill(name)
        return True

    def _next_run(self, stage: str, notes: Notes) -> Run | None:
        """The next piece of work that the stage begins; None when there is none for long."""
        notes.new()
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and not self._stop.is_set():
            for run in notes.new():
                if run.stage == stage:
                    return run
            time.sleep(_POLL)
        return None


def _belongs(pid: int, main: int) -> bool:
    """Whether the process lives, and is one of that worker's."""
    try:
        return os.getpgid(pid) == main
    except ProcessLookupError:
        return False


def in_thread(work: Callable[[], None], name: str) -> threading.Thread:
    """Started."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
