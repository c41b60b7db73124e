"""The hub: of all watched exams the new events are read with one query at a time, however many clients watch."""

import asyncio
import contextlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from runtime import log, metrics
from services.gateway.background import Outage, background
from services.gateway.exams import Exam
from services.gateway.history import Event, events_after, events_of
from services.gateway.live.channel import Channel, Told
from services.gateway.notices import Notices, wait

BATCH = 256
"""Events of one exam read at a time."""

_AGAIN_SECONDS = 1.0
Encode = Callable[[uuid.UUID, Event], str]


class Watching:
    """One client's view of an exam, from the event after `number` on: without gap or repeat."""

    def __init__(self, hub: "Hub", exam_id: uuid.UUID, channel: Channel, number: int) -> None:
        self._hub = hub
        self._exam_id = exam_id
        self._channel = channel
        self._number = number

    @property
    def caught_up(self) -> bool:
        """Whether all that this process has read of the exam was told."""
        return self._number >= self._channel.last

    async def more(self, seconds: float) -> Sequence[Told]:
        """What is new, at once if there is any; empty after `seconds` of silence. Raises what history raises."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    changed = self._channel.changed
                    news = self._channel.after(self._number)
                    if news is None:
                        news = await self._hub.history(self._exam_id, self._number)
                    if news:
                        self._number = news[-1].number
                        return news
                    await changed.wait()
        return ()


class Hub:
    """What this process knows of the exams that are being watched. A notice says where to look, polling is the truth."""

    def __init__(self, pool: asyncpg.Pool, encode: Encode, poll_seconds: float) -> None:
        self._pool = pool
        self._encode = encode
        self._poll = poll_seconds
        self._channels: dict[uuid.UUID, Channel] = {}
        self._dirty: set[uuid.UUID] = set()
        self._stir = asyncio.Event()
        self._by_tenant: Counter[str] = Counter()
        self._log = log.get("gateway.live")

    def watchers(self, tenant: str) -> int:
        """How many clients of the tenant watch at this process."""
        return self._by_tenant[tenant]

    @contextmanager
    def watch(self, exam: Exam, after: int) -> Iterator[Watching]:
        """Hear the exam's events with numbers greater than `after`."""
        channel = self._channels.get(exam.exam_id)
        if channel is None:
            channel = self._channels[exam.exam_id] = Channel()
            self._look(exam.exam_id)
        channel.watchers += 1
        try:
            with self.counted(exam.tenant):
                yield Watching(self, exam.exam_id, channel, after)
        finally:
            channel.watchers -= 1
            if not channel.watchers:
                del self._channels[exam.exam_id]

    @contextmanager
    def counted(self, tenant: str) -> Iterator[None]:
        """One live client more of the tenant, whatever it watches."""
        self._by_tenant[tenant] += 1
        metrics.LIVE_WATCHERS.inc()
        try:
            yield
        finally:
            metrics.LIVE_WATCHERS.dec()
            self._by_tenant[tenant] -= 1
            if not self._by_tenant[tenant]:
                del self._by_tenant[tenant]

    def heard(self, exam_id: str | None) -> None:
        """A notice: the exam changed; None: notices may have been missed, so any may have."""
        if exam_id is None:
            self._dirty.update(self._channels)
            self._stir.set()
        elif self._channels and (known := uuid.UUID(exam_id)) in self._channels:
            self._look(known)

    async def history(self, exam_id: uuid.UUID, after: int) -> list[Told]:
        """Events that have left the window, or were never in it."""
        return [self._told(exam_id, event) for event in await events_after(self._pool, exam_id, after, BATCH)]

    async def run(self) -> None:
        """Read for ever. A read that fails is done again: meanwhile clients hear nothing but heartbeats."""
        clock = asyncio.get_running_loop().time
        polled, outage = clock(), Outage(self._log, "live events can't be read")
        while True:
            await wait(self._stir, max(0.0, polled + self._poll - clock()))
            if clock() - polled >= self._poll:
                self._dirty.update(self._channels)
                polled = clock()
            try:
                await self._read()
            except Exception as error:  # noqa: BLE001 - whatever it is, a hub that stopped would silence every client
                outage.goes_on(error)
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                outage.ends()

    async def _read(self) -> None:
        """Everything new of the exams that may have changed."""
        while self._dirty:
            # The channels of now, not of after the query: a watcher that leaves and comes again meanwhile has a new
            # one, whose window must not begin where the old one's ended.
            asked = {exam_id: self._channels[exam_id] for exam_id in self._dirty if exam_id in self._channels}
            self._dirty.clear()
            try:
                wanted = {exam_id: channel.last for exam_id, channel in asked.items()}
                found = await events_of(self._pool, wanted, BATCH)
            except BaseException:
                self._dirty.update(asked)
                raise
            for exam_id, events in found.items():
                asked[exam_id].add([self._told(exam_id, event) for event in events])
                if len(events) == BATCH:
                    self._dirty.add(exam_id)

    def _look(self, exam_id: uuid.UUID) -> None:
        self._dirty.add(exam_id)
        self._stir.set()

    def _told(self, exam_id: uuid.UUID, event: Event) -> Told:
        return Told(event.number, self._encode(exam_id, event), event.position.status.terminal)


@asynccontextmanager
async def open_hub(pool: asyncpg.Pool, notices: Notices, encode: Encode, poll_seconds: float) -> AsyncIterator[Hub]:
    """A hub that reads while the context lasts."""
    hub = Hub(pool, encode, poll_seconds)
    notices.follow(hub.heard)
    async with background(hub.run(), "gateway live"):
        yield hub
