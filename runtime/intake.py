"""At-least-once consumption: records of a partition are worked on side by side, offsets committed in order.

A record is finished when its handler returned, and never before. What waits, waits in memory within a window per topic;
beyond it the topic's partitions are paused, so that a slow stage leaves its backlog on the broker.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from contracts.errors import Invalid
from runtime import log, metrics
from runtime.ages import Ages
from runtime.clock import Clock
from runtime.commits import Commits, Committed
from runtime.envelope import Record
from runtime.limit import Halt
from runtime.tracker import Partition, Tracker
from runtime.waiting import Item, WaitingRoom

Handler = Callable[[Record], Awaitable[None]]

MAX_SPAN = 256
"""Offsets of one partition that a crash may repeat."""
BACKOFF_CAP = 30.0
CANCEL_PATIENCE = 2.0
"""Seconds that cancelled handlers get to clean up."""


class Source(Committed, Protocol):
    """What Kafka gives: `runtime.consumer.Subscription`."""

    async def poll(self) -> list[Record]:
        """The next records, maybe none, after a fraction of a second."""
        ...

    def pause(self, partitions: set[Partition]) -> None:
        """Fetch nothing from these."""
        ...

    def resume(self, partitions: set[Partition]) -> None:
        """Fetch from these again."""
        ...

    def lag(self) -> int:
        """Records on held partitions that weren't fetched yet."""
        ...


@dataclass(frozen=True)
class Lane:
    """How a topic is taken from: its weight against the others, and how many records may be in memory."""

    weight: int = 1
    window: int = 64


class Intake:
    """One consumer of a group: polls, dispatches, commits."""

    def __init__(
        self,
        source: Source,
        group: str,
        lanes: Mapping[str, Lane],
        handler: Handler,
        concurrency: int,
        *,
        limit: float | None = None,
        clock: Clock = time.time,
    ) -> None:
        """`limit`: seconds that one call of the handler may take before it counts as stuck."""
        self.group = group
        self._loop = asyncio.get_running_loop()
        self.turned_at = self._loop.time()
        self.failed: asyncio.Future[None] = self._loop.create_future()
        self.draining = False
        self._source = source
        self._lanes = dict(lanes)
        self._handler = handler
        self._concurrency = concurrency
        self._limit = limit
        self._tracker = Tracker()
        self._ages = Ages(self._tracker.valid, clock)
        self._room = WaitingRoom({topic: lane.weight for topic, lane in lanes.items()}, self._dispatch, clock)
        self._running: dict[asyncio.Task[None], Item] = {}
        self._since: dict[Item, float] = {}
        self._commits = Commits(source, self._tracker, group)
        self._paused: set[Partition] = set()
        self._still = False
        self._log = log.get("runtime.intake").bind(group=group)

    @property
    def assigned(self) -> int:
        """How many partitions it holds."""
        return len(self._tracker.assigned)

    @property
    def waiting(self) -> int:
        """Records in memory that nobody works on yet."""
        return len(self._room)

    @property
    def running(self) -> int:
        """Records being worked on."""
        return len(self._running)

    def stalled(self, stall: float) -> str | None:
        """Why nothing moves here any more, if so: no turn for `stall` seconds, or everything that runs is overdue."""
        now = self._loop.time()
        if now - self.turned_at > stall:
            return f"{self.group} stalled"
        began = self._since.values()
        if self._limit is not None and began and now - max(began) > self._limit:
            return f"{self.group} works on {len(began)} records without end"
        return None

    async def run(self) -> None:
        """Poll and commit until drained. Errors of the broker are logged and outlived: the client reconnects."""
        committer = asyncio.create_task(self._commits.run())
        try:
            while not self.draining:
                await self._turn()
        finally:
            committer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await committer

    async def drain(self, seconds: float) -> None:
        """Take nothing more, give what runs `seconds` to end, hand the rest back by not committing it."""
        self.draining = True
        self._room.dismiss(lambda _: True)
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        stubborn = set(self._running)
        for task in stubborn:
            task.cancel()
        if stubborn:
            await asyncio.wait(
                stubborn, timeout=CANCEL_PATIENCE
            )  # a handler may not listen; its record isn't committed
        await self._commits.commit()

    async def revoked(self, partitions: set[Partition], patience: float) -> None:
        """Partitions are about to go: begin nothing, wait a little for what runs, commit, void the rest."""
        self._still = True
        mine = [task for task, item in self._running.items() if item.ticket.partition in partitions]
        if mine and patience > 0:
            await asyncio.wait(mine, timeout=patience)
        self._commits.give_up()
        await self._commits.commit()
        self._tracker.revoke(partitions)
        self._room.dismiss(lambda item: not self._tracker.valid(item.ticket))
        self._paused -= partitions
        self._still = False
        metrics.ASSIGNED.labels(self.group).set(self.assigned)

    def assign(self, partitions: set[Partition]) -> None:
        """Partitions came."""
        self._tracker.assign(partitions)
        self._paused -= partitions
        metrics.REBALANCES.labels(self.group).inc()
        metrics.ASSIGNED.labels(self.group).set(self.assigned)

    # --- polling

    async def _turn(self) -> None:
        try:
            for record in await self._source.poll():
                self._accept(record)  # no await between poll and here: the assignment can't change unseen
            self._dispatch()
            self._balance()
            self._report()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever the client raises, a dead loop is worse
            _obey(error)
            self._log.error("poll failed", error=log.what(error), at=log.where(error))
            await asyncio.sleep(1)
        else:
            self.turned_at = self._loop.time()

    def _report(self) -> None:
        metrics.WAITING.labels(self.group).set(self.waiting)
        metrics.LAST_POLL.labels(self.group).set_to_current_time()
        metrics.LAG.labels(self.group).set(self._source.lag())
        metrics.OLDEST_RECORD.labels(self.group).set(self._ages.oldest())

    def _accept(self, record: Record) -> None:
        ticket = self._tracker.begin(Partition(record.topic, record.partition), record.offset)
        if ticket is not None and not self.draining:
            self._room.put(Item(record, ticket))
            self._ages.begin(ticket, max(record.timestamp, record.due))

    def _balance(self) -> None:
        """Pause what is full, resume what has room."""
        windows = {topic: lane.window for topic, lane in self._lanes.items()}
        crowded = {topic for topic, window in windows.items() if self._load(topic) >= window}
        full = {
            partition
            for partition in self._tracker.assigned
            if partition.topic in crowded or self._tracker.span(partition) >= max(MAX_SPAN, windows[partition.topic])
        }
        if more := full - self._paused:
            self._source.pause(more)
        if less := (self._paused - full) & self._tracker.assigned:
            self._source.resume(less)
        self._paused = full

    def _load(self, topic: str) -> int:
        """Records of a topic in memory."""
        return self._room.of(topic) + sum(item.record.topic == topic for item in self._running.values())

    # --- working

    def _dispatch(self) -> None:
        while not (self.draining or self._still) and len(self._running) < self._concurrency:
            item = self._room.take()
            if item is None:
                return
            task = asyncio.create_task(self._work(item))
            self._running[task] = item
            task.add_done_callback(self._done)

    async def _work(self, item: Item) -> None:
        pause = 0.5
        while True:
            self._since[item] = self._loop.time()
            try:
                await self._handler(item.record)
            except Halt as halt:
                self._halt(halt)
                return
            except Invalid as error:
                metrics.SKIPPED.labels(self.group).inc()
                self._log.error("invalid record skipped", error=log.what(error), topic=item.record.topic)
                break
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - the handler found it no home: again
                _obey(error)
                metrics.HANDLER_ERRORS.labels(self.group).inc()
                self._log.warning("record again", error=log.what(error), at=log.where(error), pause=pause)
                if self.draining:
                    return  # handed back: what is away may be there for the next process
                await asyncio.sleep(pause)
                pause = min(pause * 2, BACKOFF_CAP)
                if not self._tracker.valid(item.ticket):
                    return
            else:
                break
        self._ages.end(item.ticket)
        if self._tracker.finish(item.ticket):
            self._commits.due()
        else:
            metrics.STALE.labels(self.group).inc()

    def _done(self, task: asyncio.Task[None]) -> None:
        item = self._running.pop(task)
        self._since.pop(item, None)
        self._room.done(item)
        self._dispatch()

    def _halt(self, halt: Halt) -> None:
        if not self.failed.done():
            self.failed.set_exception(halt)
            self.failed.exception()  # retrieved here, so that nobody has to
        self.draining = True


def _obey(error: BaseException) -> None:
    """Raise a cancellation that was asked for; aiokafka also raises those of its own tasks, to whoever waits for them."""
    task = asyncio.current_task()
    if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
        raise error
