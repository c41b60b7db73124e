"""A whole system out of one seed: broker, database, store, processes, clients, what goes wrong, and the end of it."""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runtime.envelope import Record
from runtime.tracker import Partition
from tests.simulation.blobs import Store
from tests.simulation.books import EXAMS, KEYS, OUTBOX, PARKED, Books
from tests.simulation.client import Client
from tests.simulation.faults import Faults
from tests.simulation.invariants import Auditor, Violation
from tests.simulation.judgement import Judge
from tests.simulation.log import Log
from tests.simulation.loop import Loop, Scheduler
from tests.simulation.plan import plan
from tests.simulation.process import EPOCH, Process
from tests.simulation.system import Parts, System

_LOOK = 0.5
"""How often one looks whether a healed world is quiet, in seconds."""
_LONGEST = 3000.0
"""Seconds after which a world that isn't quiet never will be."""


@dataclass(frozen=True)
class Result:
    """How a seed went. `digest`: of everything that happened, in order; `faults`: how often (kind, point) was drawn."""

    seed: int
    violations: tuple[Violation, ...]
    digest: str
    steps: int
    seconds: float
    faults: Counter[tuple[str, str]]
    executions: int
    outcomes: tuple[str, ...]


class Trace:
    """Everything that happened, as a digest; told to `tell`, too."""

    def __init__(self, scheduler: Scheduler, tell: Callable[[str], None] | None) -> None:
        self.count = 0
        self._scheduler = scheduler
        self._hash = hashlib.blake2b(digest_size=8)
        self._tell = tell

    def __call__(self, *words: object) -> None:
        self.count += 1
        line = f"{self._scheduler.now:9.4f} " + " ".join(map(str, words))
        self._hash.update(line.encode())
        if self._tell:
            self._tell(line)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


class World:
    """One seed."""

    def __init__(
        self, seed: int, parts: Parts | None = None, *, hunt: bool = False, tell: Callable[[str], None] | None = None
    ) -> None:
        """`hunt`: the first violation ends the run."""
        random.seed(seed)  # what the shell draws for its retries
        self.seed = seed
        self.hunt = hunt
        self.rng = random.Random(seed)
        self.scheduler = Scheduler(self.rng)
        self.trace = Trace(self.scheduler, tell)
        self.plan = plan(self.rng)
        self.loop = Loop(self.scheduler)
        self.faults = Faults(self.plan.weather, self.rng)
        self.books = Books(clock=lambda: EPOCH + self.scheduler.now)
        self.store = Store(lambda: self.scheduler.steps)
        self.auditor = Auditor(self.books, self.store)
        self.log = Log(self.scheduler, self.loop, self.rng, self.plan.partitions, self)
        self.healed = False
        self.broken: Exception | None = None
        self._look = False
        self.system = System(
            self.plan, parts or Parts(), self.rng, self.scheduler, self.log, self.books, self.store, self.auditor
        )
        self._lives: dict[str, Process] = {}
        self._stops: dict[str, asyncio.Event] = {}
        self._clients: list[asyncio.Task[Any]] = []

    # --- a run

    def run(self) -> Result:
        """From the first upload to quiet."""
        self.trace("plan", self.plan)
        for role in self.plan.roles:
            self._start(role)
        self._clients = [
            self.loop.create_task(Client(upload, self.system.doors, self.rng).run()) for upload in self.plan.uploads
        ]
        for kind in self.plan.weather.nemeses:
            self._strike(kind)
        self.loop.call_later(self.plan.chaos, self._heal)
        self.loop.call_later(self.plan.uploads[-1].at, self._looks)
        try:
            self.scheduler.run(self._quiet, _LONGEST)
        except TimeoutError:
            self.auditor.violated("quiet", self._unrest())
        weather = self.plan.weather
        faulty = weather.rate > 0 or bool(weather.nemeses)
        Judge(self.auditor, self.books, self.store).judge(self.plan.uploads, faulty=faulty)
        for process in self._lives.values():
            process.alive = False
            process.loop.bury()
        self.loop.bury()
        return self._result()

    def _result(self) -> Result:
        outcomes = tuple(exam.position.status.value for exam in self.books.exams)
        executions = sum(self.auditor.executions.values())
        return Result(
            self.seed, tuple(self.auditor.violations), self.trace.digest, self.scheduler.steps, self.scheduler.now,
            self.faults.played, executions, outcomes,
        )  # fmt: skip

    def _quiet(self) -> bool:
        """Nothing is going on any more, and nothing will."""
        if self.broken is not None:
            raise self.broken
        if self.hunt and self.auditor.violations:
            return True
        if not self._look:
            return False
        self._look = False
        self.loop.call_later(_LOOK, self._looks)
        if self._unrest():
            return False
        if not self.healed:  # all is done before all went wrong: there may be zombies, though
            self._heal()
            return False
        return True

    def _looks(self) -> None:
        self._look = True

    def _unrest(self) -> str:
        """What still goes on; empty when nothing does."""
        if not all(task.done() for task in self._clients):
            return "clients wait"
        if any(not exam.ended for exam in self.books.exams):
            return f"exams in flight: {[exam.position.status.value for exam in self.books.exams]}"
        if self.books.tables[OUTBOX]:
            return "the outbox is not empty"
        if self.system.running:
            return f"{self.system.running} records are worked on"
        if lag := self.log.lag():
            return f"lag: {lag}"
        if any(kept.exam_id in self.books.tables[EXAMS] for kept in self.books.tables[PARKED].values()):
            return "parked events of known exams"
        if any(
            not key.earlier and key.lease_until.timestamp() > self.books.clock()
            for key in self.books.tables[KEYS].values()
        ):
            return "uploads under way"
        return ""

    # --- what goes wrong from outside

    def _strike(self, kind: str) -> None:
        self.loop.call_later(self.rng.expovariate(1 / 3.0), self._nemesis, kind)

    def _nemesis(self, kind: str) -> None:
        if self.healed:
            return
        if kind == "amnesia":
            self.trace("amnesia")
            self.log.forget()
            return
        if kind == "rebalance" and self.log.groups:
            group = self.rng.choice(list(self.log.groups.values()))
            self.trace("rebalance", group.name)
            group.rebalance()
        elif kind == "restart":
            role = self.rng.choice(list(self._stops))
            self.trace("restart", role)
            self._stops[role].set()
        self._strike(kind)

    def _heal(self) -> None:
        if self.healed:
            return
        self.trace("heal")
        self.healed = True
        self.faults.stop()
        for process in self._lives.values():
            process.loop.thaw()

    # --- processes

    def _start(self, role: str) -> None:
        if (before := self._lives.get(role)) is not None:
            before.alive = False
            before.loop.bury()
        process = Process(role, self.scheduler, self.faults, self.rng, self.trace)
        process.skew = self.rng.choice((0.0, 0.0, 0.0, -2.0, 2.0, -600.0, 600.0))
        self._lives[role] = process
        stop = self._stops[role] = asyncio.Event()
        process.when_frozen.append(lambda seconds: self.loop.call_later(seconds, process.loop.thaw))
        process.when_dead.append(lambda: self._died(role, process))
        process.spawn(self.system.live(role, process, stop)).add_done_callback(self._lived)

    def _lived(self, life: "asyncio.Task[None]") -> None:
        """A process can't start, or fails as it ends: the fault of the simulation, or of nobody's handling an error."""
        if not life.cancelled() and (error := life.exception()) is not None and isinstance(error, Exception):
            self.broken = error

    def _died(self, role: str, process: Process) -> None:
        self.system.doors.pop(role, None)
        self.books.abandon(process)
        self.loop.call_later(self.rng.uniform(0.1, 1.5), self._start, role)

    # --- observing the log

    def appended(self, process: str, record: Record) -> None:
        self.trace("append", process, record.topic, record.partition, record.offset, record.header("ce_id"))
        self.auditor.appended(process, record)

    def committed(self, group: str, partition: Partition, offset: int) -> None:
        self.trace("commit", group, partition.topic, partition.number, offset)
        self.auditor.committed(group, partition, offset)

    def forgotten(self) -> None:
        self.auditor.forgotten()
