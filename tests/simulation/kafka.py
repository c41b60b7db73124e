"""A process's client of the simulated broker: `runtime.kafka.Kafka` with another subscription and another `send`.

Publishing, consuming and following are the real code.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from runtime.envelope import Headers, Record
from runtime.intake import Intake
from runtime.kafka import Kafka
from runtime.tracker import Partition
from tests.simulation.log import Log
from tests.simulation.process import Process

SESSION = 2.0
PATIENCE = 1.0
POLL = 3.0
"""Seconds: of silence until a member is given up, that a revocation waits for handlers, that an empty poll takes."""


class Member:
    """One consumer; a `runtime.intake.Source` in the place of `runtime.kafka.Subscription`."""

    def __init__(self, process: Process, log: Log, topics: list[str], group: str | None) -> None:
        self.process = process
        self.topics = topics
        self.generation = self.round = 0
        self._log = log
        self._group = log.group(group) if group else None
        self._held: dict[Partition, int | None] = {}
        self._paused: set[Partition] = set()
        self._intake: Intake | None = None
        self._joining = self._group is not None
        self._told = asyncio.Event()
        self._waker: asyncio.Future[None] | None = None
        self._task: asyncio.Task[Any] | None = None

    async def start(self, intake: Intake | None) -> None:
        self._intake = intake
        self._log.subscribe(self)
        self.process.when_dead.append(self._lost)
        self.process.when_frozen.append(self._frozen)
        if self._group is None:
            self._held = dict.fromkeys(self._log.partitions(self.topics), 0)
        else:
            self._task = asyncio.create_task(self._membership())

    async def stop(self) -> None:
        self._log.unsubscribe(self)
        if self._task is not None and self._group is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._group.leave(self)

    def hear(self, round_: int) -> None:
        """What a heartbeat was answered with: the group rebalances, or knows this member no longer."""
        if round_ > self.round:
            self._told.set()

    def wake(self) -> None:
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)

    # --- runtime.intake.Source

    async def poll(self) -> list[Record]:
        await self.process.reach("kafka.poll")
        if not (records := self._fetch()):
            self._waker = asyncio.get_running_loop().create_future()
            timer = asyncio.get_running_loop().call_later(POLL, self.wake)
            await self._waker
            timer.cancel()
            records = self._fetch()
        return records

    async def commit(self, offsets: dict[Partition, int]) -> None:
        assert self._group is not None
        wanted = {partition: offset for partition, offset in offsets.items() if partition in self._held}
        generation = self.generation
        await self.process.reach("kafka.commit.before")
        if self._log.rng.random() < 0.3:  # the client sends a commit again, under whatever generation it has by then
            generation = self.generation
        self._group.commit(self, generation, wanted)
        await self.process.reach("kafka.commit.after")

    def pause(self, partitions: set[Partition]) -> None:
        self._paused |= partitions

    def resume(self, partitions: set[Partition]) -> None:
        self._paused -= partitions

    def lag(self) -> int:
        return 0

    # --- inside

    def _fetch(self) -> list[Record]:
        """Some of what is there; fetching asks nobody whether the member still holds its partitions."""
        found: list[Record] = []
        if self._joining:
            return found
        room = 1 + int(self._log.rng.random() * 8)
        for partition, position in self._held.items():
            if partition in self._paused:
                continue
            entries = self._log.entries(partition)
            if position == len(entries):
                continue
            at = position if position is not None else self._group.offsets.get(partition, 0) if self._group else 0
            if at > len(entries):  # out of range: the log began anew, and so do we (auto_offset_reset=earliest)
                at = 0
            taken = entries[at : at + room - len(found)]
            self._held[partition] = at + len(taken)
            found += taken
        return found

    async def _membership(self) -> None:
        """As aiokafka's coordinator does, beside everything else."""
        assert self._group is not None
        while True:
            self._joining = True
            if self._held and self._intake:
                await self._intake.revoked(set(self._held), PATIENCE)
            self._told.clear()
            partitions = await self._group.join(self)
            self._held = dict.fromkeys(partitions)
            self._paused.clear()
            if self._intake:
                self._intake.assign(set(partitions))
            self._joining = False
            self.wake()
            await self._told.wait()

    def _lost(self) -> None:
        """The process died: the broker finds out when the session ends."""
        self._log.unsubscribe(self)
        if self._group is not None:
            self._log.later(SESSION, self._group.leave, self)

    def _frozen(self, seconds: float) -> None:
        if seconds > SESSION and self._group is not None:
            self._log.later(SESSION, self._group.leave, self)


class SimulatedKafka(Kafka):
    """`runtime.kafka.Kafka` as it is, but for the connection."""

    def __init__(self, process: Process, log: Log, observe: Callable[[Process, str, Any], Any]) -> None:
        """`observe(process, group, handler)` gives the handler that the intake gets."""
        self.intakes = []
        self._decorate = lambda _, source: source
        self._clock = process.clock
        self._process = process
        self._log = log
        self._observe = observe

    def consume(self, topics: Any, group: str, handler: Callable[[Record], Awaitable[None]], **more: Any) -> Any:
        return super().consume(topics, group, self._observe(self._process, group, handler), **more)

    async def connected(self) -> None:
        """There is nothing to connect."""

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        process = self._process
        await process.reach("kafka.publish.before")
        kind = await process.reach("kafka.publish.append")

        def append() -> None:
            self._log.append(process.name, topic, key, value, headers, process.clock())

        if kind == "late":  # the broker takes it after the producer gave up
            self._log.later(self._log.rng.random() * 5, append)
            raise TimeoutError
        append()
        if kind == "twice":
            append()
        await process.reach("kafka.publish.after")

    def _subscription(self, topics: list[str], group: str | None) -> Any:
        return Member(self._process, self._log, topics, group)
