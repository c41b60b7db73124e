"""A partitioned log with consumer groups: the broker.

Modelled after Kafka: rebalances run beside the handlers; fetching is not fenced, committing is, by the generation that
holds when the commit is sent; a frozen member goes on as a zombie until its heartbeat tells it; and as the embedded
broker does, it may lose its log with all offsets.
"""

import asyncio
import contextlib
import random
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from runtime.envelope import Headers, Record
from runtime.tracker import Partition
from tests.simulation.loop import Loop, Scheduler
from tests.simulation.process import PortError, Process

REBALANCE = 3.0
HEARTBEAT = 0.3
"""Seconds: for all members to join again, between a member's heartbeats."""


class Watch:
    """What an observer of the log is told; does nothing by itself."""

    def appended(self, process: str, record: Record) -> None: ...

    def committed(self, group: str, partition: Partition, offset: int) -> None: ...

    def forgotten(self) -> None: ...


class Consumer(Protocol):
    """What the broker knows of a member."""

    process: Process
    topics: list[str]
    generation: int
    round: int

    def hear(self, round_: int) -> None:
        """What a heartbeat is answered with: the group's round."""
        ...

    def wake(self) -> None:
        """There may be records."""
        ...


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
        self._readers: defaultdict[str, list[Consumer]] = defaultdict(list)

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

    def subscribe(self, member: Consumer) -> None:
        for topic in member.topics:
            self._readers[topic].append(member)

    def unsubscribe(self, member: Consumer) -> None:
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
    members: dict[Consumer, None] = field(default_factory=dict)
    waiting: "dict[Consumer, asyncio.Future[list[Partition]]]" = field(default_factory=dict)
    offsets: dict[Partition, int] = field(default_factory=dict)
    generation: int = 0
    round: int = 0
    joining: bool = False
    topics: set[str] = field(default_factory=set)

    def join(self, member: Consumer) -> "asyncio.Future[list[Partition]]":
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

    def leave(self, member: Consumer) -> None:
        """A member says goodbye, or its session ran out."""
        self.waiting.pop(member, None)
        if member in self.members:
            del self.members[member]
            self.rebalance()
            self._tell(member)

    def commit(self, member: Consumer, generation: int, offsets: dict[Partition, int]) -> None:
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

    def _tell(self, member: Consumer) -> None:
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
