"""A partitioned log with consumer groups, and the client that processes have of it.

The client is `runtime.kafka.Kafka` itself with another subscription and another `send`: publishing, consuming and
following are the real code. What is modelled after aiokafka and Kafka: rebalances run beside the handlers; fetching is
not fenced, committing is, by the generation that holds when the commit is sent; a frozen member goes on as a zombie
until its heartbeat tells it; the embedded broker may lose its log with all offsets.
"""

import asyncio
import contextlib
import random
import zlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from runtime.envelope import Headers, Record
from runtime.intake import Intake
from runtime.kafka import Kafka
from runtime.tracker import Partition
from tests.simulation.loop import Loop, Scheduler
from tests.simulation.process import PortError, Process

SESSION = 3.0
REBALANCE = 4.0
HEARTBEAT = 0.5
PATIENCE = 1.0
POLL = 3.0


class Watch:
    """What an observer of the log is told; does nothing by itself."""

    def appended(self, process: str, record: Record) -> None: ...

    def committed(self, group: str, partition: Partition, offset: int) -> None: ...

    def forgotten(self) -> None: ...


class Log:
    """The broker. Topics exist once they are named; a key's records share a partition."""

    def __init__(self, scheduler: Scheduler, loop: Loop, rng: random.Random, partitions: int, watch: Watch) -> None:
        self.groups: dict[str, Group] = {}
        self.rng = rng
        self.watch = watch
        self._scheduler = scheduler
        self._loop = loop
        self._count = partitions
        self._topics: defaultdict[str, list[list[Record]]] = defaultdict(lambda: [[] for _ in range(partitions)])
        self._readers: defaultdict[str, list[Member]] = defaultdict(list)

    def append(
        self, process: str, topic: str, key: bytes | None, value: bytes | None, headers: Headers, at: float
    ) -> None:
        """A record is on the topic from now on."""
        number = zlib.crc32(key or b"") % self._count
        entries = self._topics[topic][number]
        text = tuple((name, word.encode()) for name, word in headers.items())
        record = Record(topic, number, len(entries), key, value, text, round(at, 3))
        entries.append(record)
        self.watch.appended(process, record)
        for reader in self._readers[topic]:
            reader.wake()

    def partitions(self, topics: list[str]) -> list[Partition]:
        return [Partition(topic, number) for topic in topics for number in range(self._count)]

    def entries(self, partition: Partition) -> list[Record]:
        return self._topics[partition.topic][partition.number]

    def group(self, name: str) -> "Group":
        return self.groups.setdefault(name, Group(name, self))

    def subscribe(self, member: "Member") -> None:
        for topic in member.topics:
            self._readers[topic].append(member)

    def unsubscribe(self, member: "Member") -> None:
        for topic in member.topics:
            with contextlib.suppress(ValueError):
                self._readers[topic].remove(member)

    def forget(self) -> None:
        """The embedded broker was killed: records, offsets and groups are gone."""
        self._topics.clear()
        self.watch.forgotten()
        for group in self.groups.values():
            group.forget()

    def later(self, seconds: float, act: Callable[..., object], *args: Any) -> None:
        """The broker does something after a while."""
        self._loop.call_later(seconds, act, *args)

    def lag(self) -> dict[str, int]:
        """Records that groups have not committed."""
        return {group.name: lag for group in self.groups.values() if (lag := group.lag())}


@dataclass(eq=False)
class Group:
    """A consumer group with its coordinator; eager rebalances."""

    name: str
    log: Log
    members: "dict[Member, None]" = field(default_factory=dict)
    waiting: "dict[Member, asyncio.Future[list[Partition]]]" = field(default_factory=dict)
    offsets: dict[Partition, int] = field(default_factory=dict)
    generation: int = 0
    round: int = 0
    joining: bool = False
    topics: set[str] = field(default_factory=set)

    def join(self, member: "Member") -> "asyncio.Future[list[Partition]]":
        """Wait to be assigned partitions."""
        future: asyncio.Future[list[Partition]] = asyncio.get_running_loop().create_future()
        self.waiting[member] = future
        self.topics.update(member.topics)
        if not self.joining:
            self.rebalance()
        self._try()
        return future

    def rebalance(self) -> None:
        """Every member is to join again; its next heartbeat tells it."""
        self.joining = True
        self.round += 1
        for member in self.members:
            self._tell(member)
        self.log.later(REBALANCE, self._expire, self.round)
        self._try()

    def leave(self, member: "Member") -> None:
        """A member says goodbye, or its session ran out."""
        self.waiting.pop(member, None)
        if member in self.members:
            del self.members[member]
            self.rebalance()
            self._tell(member)

    def commit(self, member: "Member", generation: int, offsets: dict[Partition, int]) -> None:
        """PortError when the member is not, or no longer, of this generation."""
        if member not in self.members or generation != self.generation:
            raise PortError("unknown member or illegal generation")
        for partition, offset in sorted(offsets.items()):
            self.offsets[partition] = offset
            self.log.watch.committed(self.name, partition, offset)

    def forget(self) -> None:
        """With the broker's memory everything about the group is gone."""
        self.offsets.clear()
        members, self.members = self.members, {}
        self.joining = False
        self.round += 1
        for member in members:
            self._tell(member)
        if self.waiting:
            self.rebalance()

    def lag(self) -> int:
        partitions = self.log.partitions(sorted(self.topics))
        return sum(len(self.log.entries(p)) - self.offsets.get(p, 0) for p in partitions)

    def _tell(self, member: "Member") -> None:
        if member not in self.waiting:
            member.process.loop.call_later(self.log.rng.random() * HEARTBEAT, member.hear, self.round)

    def _expire(self, round_: int) -> None:
        if self.joining and round_ == self.round:
            late = [member for member in self.members if member not in self.waiting]
            for member in late:
                del self.members[member]
            self._try()
            self.round += 1
            for member in late:
                self._tell(member)

    def _try(self) -> None:
        """All are here: a new generation."""
        if not self.joining or any(member not in self.waiting for member in self.members):
            return
        self.joining = False
        self.generation += 1
        joined, self.waiting = self.waiting, {}
        self.members = dict.fromkeys(joined)
        if not joined:
            return
        order = list(joined)
        topics = sorted({topic for member in joined for topic in member.topics})
        partitions = self.log.partitions(topics)
        self.log.rng.shuffle(order)
        for index, member in enumerate(order):
            member.generation, member.round = self.generation, self.round
            if not joined[member].done():
                joined[member].set_result(partitions[index :: len(order)])


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
