"""A whole system out of one seed: broker, database, store, processes, clients, what goes wrong, and the end of it."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from contracts.errors import Invalid
from contracts.topics import CONTROL, STAGES
from runtime import log
from runtime.cancellations import Cancellations
from runtime.envelope import Record
from runtime.health import Health
from runtime.job import Job
from runtime.kit import Resources
from runtime.process import run_stage
from runtime.settings import FlowSettings
from runtime.stage import Stage
from services.gateway.notices import Notices
from services.gateway.projection import GROUP, TOPICS, Projection
from services.gateway.relay import Relay
from services.gateway.settings import GatewaySettings
from services.gateway.sweeper import Sweeper
from tests.simulation.blobs import SimulatedBlobs, Store
from tests.simulation.books import EXAMS, KEYS, OUTBOX, PARKED, Books
from tests.simulation.client import Client, Door, Upload
from tests.simulation.faults import Faults, Weather, forecast
from tests.simulation.invariants import Auditor, Violation
from tests.simulation.kafka import SimulatedKafka
from tests.simulation.ledger import MemoryLedger
from tests.simulation.log import Log
from tests.simulation.loop import Loop, Scheduler
from tests.simulation.process import EPOCH, Process
from tests.simulation.stages import Fate, suffer, told, told_so_far

NAMES = tuple(row.name for row in STAGES)
_FLOW = FlowSettings(drain_seconds=2.0, retry_base=0.5, retry_cap=5.0)
_GATEWAY = GatewaySettings(relay_poll_seconds=1.0, sweep_seconds=1.5, silence_seconds=3.0, relay_retry_seconds=0.5)
_LOOK = 0.5
"""How often one looks whether a healed world is quiet, in seconds."""
_LONGEST = 3000.0
"""Seconds after which a world that isn't quiet never will be."""


@dataclass(frozen=True)
class Plan:
    """What a seed sets out with."""

    weather: Weather
    uploads: list[Upload]
    roles: dict[str, tuple[str, ...]]
    partitions: int
    chaos: float
    slow_work: float


def plan(rng: random.Random) -> Plan:
    """Draw a small world."""
    weather = forecast(rng)
    uploads = [_upload(rng, number) for number in range(rng.choice((1, 1, 1, 2, 3)))]
    roles: dict[str, tuple[str, ...]] = {f"gateway-{n}": () for n in range(rng.choice((1, 1, 2)))}
    layout = rng.random()
    if layout < 0.5:
        roles["all"] = NAMES
    elif layout < 0.75:
        roles |= {"all-0": NAMES, "all-1": NAMES}
    elif layout < 0.9:
        cut = rng.randrange(1, 5)
        roles |= {"front-0": NAMES[:cut], "front-1": NAMES[:cut], "back": NAMES[cut:]}
    else:
        roles |= {name: (name,) for name in NAMES}
    return Plan(weather, uploads, roles, rng.choice((1, 1, 2)), rng.uniform(2, 9), rng.choice((0.0, 0.1, 0.5)))


def _upload(rng: random.Random, number: int) -> Upload:
    kind = rng.choices(("none", "permanent", "transient", "broken", "poison"), (75, 7, 8, 5, 5))[0]
    times = {"none": 0, "transient": rng.randrange(1, 3)}.get(kind, 99)
    return Upload(
        key=f"key-{number}",
        marker=f"marker-{number}-{rng.getrandbits(32):08x}",
        fate=Fate(kind, rng.choice(NAMES), times),
        priority=rng.choice(("interactive", "batch")),
        deadline=rng.choice((600.0, 600.0, 600.0, 8.0)),
        at=rng.uniform(0, 2),
        cancel_after=rng.uniform(0, 6) if rng.random() < 0.15 else None,
        gives_up=rng.random() < 0.15,
        replays_from=rng.choice(NAMES) if rng.random() < 0.12 else None,
    )


@dataclass
class Parts:
    """What a mutant may replace by something worse."""

    kafka: type[SimulatedKafka] = SimulatedKafka
    blobs: type[SimulatedBlobs] = SimulatedBlobs
    ledger: type[MemoryLedger] = MemoryLedger
    projection: type[Projection] = Projection
    relay: type[Relay] = Relay
    sweeper: type[Sweeper] = Sweeper
    door: type[Door] = Door


@dataclass(frozen=True)
class Result:
    """How a seed went. `digest`: of everything that happened, in order."""

    seed: int
    violations: tuple[Violation, ...]
    digest: str
    steps: int
    seconds: float
    faults: int
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


class _Starts:
    """The crash counter in Redis: lost at times, never raising."""

    def __init__(self, process: Process, counts: dict[str, int]) -> None:
        self._process = process
        self._counts = counts

    async def begin(self, key: str) -> int:
        if await self._process.reach("cache.begin") == "forget":
            return 1
        self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts[key]

    async def end(self, key: str) -> None:
        if await self._process.reach("cache.end") != "forget":
            self._counts.pop(key, None)


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
        self.parts = parts or Parts()
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
        self._look = False
        self._starts: dict[str, int] = {}
        self._doors: dict[str, Door] = {}
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
            self.loop.create_task(Client(upload, self._doors, self.rng).run()) for upload in self.plan.uploads
        ]
        for kind in self.plan.weather.nemeses:
            self._strike(kind)
        self.loop.call_later(self.plan.chaos, self._heal)
        try:
            self.scheduler.run(self._quiet, _LONGEST)
        except TimeoutError:
            self.auditor.violated("quiet", self._unrest())
        weather = self.plan.weather
        self.auditor.judge(self.plan.uploads, faulty=weather.rate > 0 or bool(weather.nemeses) or self._poisoned())
        for process in self._lives.values():
            process.alive = False
            process.loop.bury()
        self.loop.bury()
        return self._result()

    def _poisoned(self) -> bool:
        """Whether some upload kills the processes that its neighbours are worked on in."""
        return any(upload.fate.kind == "poison" for upload in self.plan.uploads)

    def _result(self) -> Result:
        outcomes = tuple(exam.position.status.value for exam in self.books.exams)
        executions = sum(self.auditor.executions.values())
        return Result(
            self.seed, tuple(self.auditor.violations), self.trace.digest, self.scheduler.steps, self.scheduler.now,
            self.faults.played, executions, outcomes,
        )  # fmt: skip

    def _quiet(self) -> bool:
        """Nothing is going on any more, and nothing will."""
        if self.hunt and self.auditor.violations:
            return True
        if not self._look:
            return False
        self._look = False
        self.loop.call_later(_LOOK, self._looks)
        return not self._unrest()

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
        self.trace("heal")
        self.healed = True
        self._looks()
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
        process.spawn(self._live(role, process, stop))

    def _died(self, role: str, process: Process) -> None:
        self._doors.pop(role, None)
        self.books.abandon(process)
        self.loop.call_later(self.rng.uniform(0.2, 3.0), self._start, role)

    async def _live(self, role: str, process: Process, stop: asyncio.Event) -> None:
        """A process from its start to its graceful end."""
        stages = self.plan.roles[role]
        async with AsyncExitStack() as stack:
            kafka = process.kafka = self.parts.kafka(process, self.log, self._observed)
            blobs = self.parts.blobs(process, self.store)
            if stages:
                await self._open_stages(stack, process, kafka, blobs, stages)
            else:
                await self._open_gateway(stack, role, process, kafka, blobs)
            ends = [asyncio.ensure_future(stop.wait()), *(intake.failed for intake in kafka.intakes)]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            self._doors.pop(role, None)
        self.trace("left", role)
        process.crash()

    async def _open_stages(
        self,
        stack: AsyncExitStack,
        process: Process,
        kafka: SimulatedKafka,
        blobs: SimulatedBlobs,
        names: tuple[str, ...],
    ) -> None:
        settings: Any = SimpleNamespace(flow=_FLOW)
        nothing: Any = None
        starts = _Starts(process, self._starts)
        resources = Resources(kafka, blobs, nothing, starts, Health(), settings, log.get("simulation"), process.clock)
        cancellations = Cancellations()
        await stack.enter_async_context(kafka.follow(CONTROL, cancellations.hear))
        for name in names:
            stage = Stage(name, self._work(name, process), soft_timeout=20, hard_timeout=25)
            await stack.enter_async_context(run_stage(stage, resources, cancellations))

    async def _open_gateway(
        self, stack: AsyncExitStack, role: str, process: Process, kafka: SimulatedKafka, blobs: SimulatedBlobs
    ) -> None:
        ledger = self.parts.ledger(self.books, reach=process.reach, client=process)
        notices = Notices()
        wake = notices.outbox.set
        self.books.listeners.append(wake)
        process.when_dead.append(lambda: self.books.listeners.remove(wake))
        relay = self.parts.relay(ledger, kafka, notices, _GATEWAY)
        projection = self.parts.projection(ledger)
        sweeper = self.parts.sweeper(ledger, blobs, projection, _GATEWAY)
        for running in (asyncio.create_task(relay.run()), asyncio.create_task(sweeper.run())):
            stack.callback(running.cancel)
        await stack.enter_async_context(kafka.consume(TOPICS, GROUP, projection.apply))
        self._doors[role] = self.parts.door(process, ledger, blobs, _GATEWAY)

    def _work(self, name: str, process: Process) -> Callable[[Job], Awaitable[Any]]:
        fates = {upload.marker: upload.fate for upload in self.plan.uploads}

        async def work(job: Job) -> Any:
            self.auditor.works(process.name, name, job.event)
            story = await told_so_far(name, job)
            await suffer(name, job, fates[story[0]], process.crash)
            kind = await process.reach("work")
            if kind == "break":
                raise ValueError
            slow = self.rng.random() < self.plan.slow_work
            await asyncio.sleep(self.rng.uniform(2, 10) if slow else self.rng.uniform(0.01, 0.3))
            if self.rng.random() < 0.1:
                await job.progress(1, 2)
            return told(name, job, (*story, f"{self.rng.getrandbits(48):012x}"))

        return work

    # --- observing

    def _observed(
        self, process: Process, group: str, handler: Callable[[Record], Awaitable[None]]
    ) -> Callable[[Record], Awaitable[None]]:
        async def observed(record: Record) -> None:
            handling = self.auditor.begins(process.name, group, record, self.scheduler.steps)
            try:
                await handler(record)
            except Invalid:
                self.auditor.finishes(process.name, group, record, handling)
                raise
            self.auditor.finishes(process.name, group, record, handling)

        return observed

    def appended(self, process: str, record: Record) -> None:
        self.trace("append", process, record.topic, record.partition, record.offset, record.header("ce_id"))
        self.auditor.appended(process, record)

    def committed(self, group: str, partition: Any, offset: int) -> None:
        self.trace("commit", group, partition.topic, partition.number, offset)
        self.auditor.committed(group, partition, offset)

    def forgotten(self) -> None:
        self.auditor.forgotten()
