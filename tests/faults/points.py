"""Named places where a process dies or its ports fail: decorators around the ports, nothing inside production code.

A place is `<who>.<port>.<what>.<before|after>`, as `ocr.kafka.sink.after`: published, and nothing done since.
`REDINK_CRASH_AT=ocr.kafka.sink.after:0.02,gateway.ledger.accept.after#3` arms places: with a probability, or at the
n-th passing; `*` matches any part. Death is `os._exit(137)`, told to a journal first.
"""

import asyncio
import errno
import os
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg
from aiokafka.errors import KafkaConnectionError

from contracts.events import BlobRef, ExamEvent
from contracts.topics import CONTROL, STATUS, TOPICS, UPLOADED
from runtime.blobs import BlobMissing, Blobs, verified
from runtime.envelope import Headers, Record
from runtime.intake import Handler, Intake, Source
from runtime.kafka import Kafka
from runtime.trace import Trace
from runtime.tracker import Partition
from services.gateway.ledger import Ledger, Purpose, Transaction
from tests.faults.orders import Journal, Orders

R = TypeVar("R")

DIED = 137
_WHAT = {
    **{topic.name: topic.name.split(".")[1] for topic in TOPICS if ".retry." in topic.name or ".dead" in topic.name},
    **dict.fromkeys(UPLOADED.values(), "uploaded"),
    STATUS: "status",
    CONTROL: "control",
}


class Points:
    """The places of one process: `who` is its role, as `ocr`."""

    def __init__(self, who: str, orders: Orders, journal: Journal, chance: random.Random | None = None) -> None:
        self.who = who
        self._orders = orders
        self._journal = journal
        self._chance = chance or random.Random()
        self._passed: Counter[tuple[str, str]] = Counter()
        self._fixed = os.environ.get("REDINK_CRASH_AT", "")

    def reach(self, place: str) -> None:
        """Die here if this place (without `who`) is armed and its turn has come."""
        name = f"{self.who}.{place}"
        for text in (self._fixed, self._orders.get("crash", "")):
            for pattern, probability, number in rules(text):
                if not fnmatchcase(name, pattern):
                    continue
                self._passed[pattern, name] += 1
                if self._passed[pattern, name] == number or self._chance.random() < probability:
                    self._journal.write(kind="crash point", who=self.who, point=name)
                    os._exit(DIED)

    def ill(self, kind: str) -> bool:
        """Whether this call of a port fails in this way; journalled when it does."""
        if self._chance.random() >= float(self._orders.get(kind)):
            return False
        self._journal.write(kind=kind, who=self.who)
        return True

    async def around(self, place: str, act: Awaitable[R]) -> R:
        """Await a call between its two places."""
        self.reach(f"{place}.before")
        result = await act
        self.reach(f"{place}.after")
        return result


@lru_cache(maxsize=64)
def rules(text: str) -> tuple[tuple[str, float, int], ...]:
    """(pattern, probability, number) of "place:0.02,place#3"; ValueError when it is neither."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        place, mark, number = part.partition("#")
        if mark:
            found.append((place, 0.0, int(number)))
            continue
        place, mark, share = part.rpartition(":")
        if not mark:
            raise ValueError(f"{part}: neither place:probability nor place#number")
        found.append((place, float(share), 0))
    return tuple(found)


class ArmedBlobs:
    """A blob store with places at its writes, and illnesses: error, slow, full, truncated, missing."""

    def __init__(self, inner: Blobs, points: Points) -> None:
        self._inner = inner
        self._points = points

    async def put(self, path: str, data: bytes) -> BlobRef:
        await self._sick(writing=True)
        return await self._points.around("blobs.put", self._inner.put(path, data))

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes]) -> BlobRef:
        await self._sick(writing=True)
        return await self._points.around("blobs.put", self._inner.put_stream(path, chunks))

    async def get(self, ref: BlobRef) -> bytes:
        return verified(ref, await self.read(ref.path))

    async def read(self, path: str) -> bytes:
        await self._sick(writing=False)
        data = await self._inner.read(path)
        if self._points.ill("blobs.missing"):
            raise BlobMissing(path)
        return data[: random.randrange(len(data))] if data and self._points.ill("blobs.truncated") else data

    async def listing(self, folder: str) -> dict[str, int]:
        await self._sick(writing=False)
        return await self._inner.listing(folder)

    async def delete(self, paths: Collection[str]) -> None:
        await self._sick(writing=False)
        await self._points.around("blobs.delete", self._inner.delete(paths))

    async def part(self, path: str, start: int, stop: int) -> bytes:
        return (await self.read(path))[start:stop]

    async def ready(self) -> None:
        await self._inner.ready()

    async def _sick(self, *, writing: bool) -> None:
        if self._points.ill("blobs.slow"):
            await asyncio.sleep(random.uniform(0.2, 1.5))
        if self._points.ill("blobs.error"):
            raise OSError("the store answers 503")
        if writing and self._points.ill("blobs.full"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class ArmedKafka:
    """A connection with places at each publication and each handled record; publications may fail, be lost or doubled.

    `kafka.lost`: the broker has it, and the process is told that it failed.
    """

    def __init__(self, inner: Kafka, points: Points) -> None:
        self._inner = inner
        self._points = points

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def publish(self, topic: str, event: ExamEvent, *, event_id: uuid.UUID, source: str, trace: Trace) -> None:
        await self._send(
            topic, lambda: self._inner.publish(topic, event, event_id=event_id, source=source, trace=trace)
        )

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        await self._send(topic, lambda: self._inner.send(topic, key, value, headers))

    def consume(self, topics: Any, group: str, handler: Handler, **options: Any) -> AbstractAsyncContextManager[Intake]:
        async def handle(record: Record) -> None:
            await self._points.around("kafka.handle", handler(record))

        return self._inner.consume(topics, group, handle, **options)

    async def _send(self, topic: str, act: Callable[[], Awaitable[None]]) -> None:
        if self._points.ill("kafka.slow"):
            await asyncio.sleep(random.uniform(0.2, 1.5))
        if self._points.ill("kafka.error"):
            raise KafkaConnectionError("the broker can't be reached")
        if self._points.ill("kafka.twice"):
            await act()
        await self._points.around(f"kafka.{_WHAT.get(topic, 'sink')}", act())
        if self._points.ill("kafka.lost"):
            raise TimeoutError("no acknowledgement")


class ArmedSource:
    """A group's consumer with places at its commits; commits may fail, before or after the broker took them."""

    def __init__(self, inner: Source, points: Points) -> None:
        self._inner = inner
        self._points = points

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def commit(self, offsets: dict[Partition, int]) -> None:
        if self._points.ill("commit.error"):
            raise KafkaConnectionError("the coordinator can't be reached")
        await self._points.around("kafka.commit", self._inner.commit(offsets))
        if self._points.ill("commit.lost"):
            raise TimeoutError("no answer to the commit")


class ArmedLedger:
    """The gateway's books with places around each commit, named by purpose; conflicts and lost answers."""

    def __init__(self, inner: Ledger, points: Points) -> None:
        self._inner = inner
        self._points = points

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @asynccontextmanager
    async def transaction(self, purpose: Purpose) -> AsyncIterator[Transaction]:
        async with self._inner.transaction(purpose) as transaction:
            yield transaction
            self._points.reach(f"ledger.{purpose}.before")
            if self._points.ill("ledger.deadlock"):
                raise asyncpg.DeadlockDetectedError("deadlock detected")
            if self._points.ill("ledger.serialization"):
                raise asyncpg.SerializationError("could not serialize access")
        self._points.reach(f"ledger.{purpose}.after")
        if self._points.ill("ledger.lost"):
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
