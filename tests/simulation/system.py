"""What the simulated processes run: the real stages and the real gateway, on simulated ports."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from contracts.errors import Invalid
from contracts.topics import CONTROL
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
from services.gateway.projection import AT_ONCE, GROUP, TOPICS, Projection
from services.gateway.relay import Relay
from services.gateway.settings import GatewaySettings
from services.gateway.sweeper import Sweeper
from tests.simulation.blobs import SimulatedBlobs, Store
from tests.simulation.books import Books
from tests.simulation.client import Door
from tests.simulation.invariants import Auditor
from tests.simulation.kafka import SimulatedKafka
from tests.simulation.ledger import MemoryLedger
from tests.simulation.log import Log
from tests.simulation.loop import Scheduler
from tests.simulation.plan import Plan
from tests.simulation.process import Process
from tests.simulation.stages import suffer, told, told_so_far

_FLOW = FlowSettings(drain_seconds=2.0, retry_base=0.5, retry_cap=5.0)
_GATEWAY = GatewaySettings(relay_poll_seconds=1.5, sweep_seconds=2.5, silence_seconds=3.0, relay_retry_seconds=0.5)


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


class _Starts:
    """The crash counter in Redis: lost at times, never raising."""

    def __init__(self, process: Process, counts: dict[str, int]) -> None:
        self._process = process
        self._counts = counts

    async def first(self, key: str) -> bool:
        if await self._process.reach("cache.first") == "forget":
            return True
        if self._counts.get(key):
            return False
        self._counts[key] = 1
        return True

    async def begin(self, key: str) -> int:
        if await self._process.reach("cache.begin") == "forget":
            return 1
        self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts[key]

    async def end(self, key: str) -> None:
        if await self._process.reach("cache.end") != "forget":
            self._counts.pop(key, None)


@dataclass
class System:
    """What all processes share, and what each of them does with it. `running`: handlers; `doors`: gateways that can be asked now."""

    plan: Plan
    parts: Parts
    rng: random.Random
    scheduler: Scheduler
    log: Log
    books: Books
    store: Store
    auditor: Auditor
    doors: dict[str, Door] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    running: int = 0

    async def live(self, role: str, process: Process, stop: asyncio.Event) -> None:
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
            self.doors.pop(role, None)
        process.leave()

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
        starts = _Starts(process, self.starts)
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
        await stack.enter_async_context(kafka.consume(TOPICS, GROUP, projection.apply, concurrency=AT_ONCE))
        self.doors[role] = self.parts.door(process, ledger, blobs, _GATEWAY)

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

    def _observed(
        self, process: Process, group: str, handler: Callable[[Record], Awaitable[None]]
    ) -> Callable[[Record], Awaitable[None]]:
        async def observed(record: Record) -> None:
            handling = self.auditor.begins(process.name, group, record, self.scheduler.steps)
            self.running += 1
            try:
                await handler(record)
            except Invalid:
                self.auditor.finishes(process.name, group, record, handling)
                raise
            finally:
                self.running -= 1
            self.auditor.finishes(process.name, group, record, handling)

        return observed
