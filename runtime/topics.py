"""Topics as an operator reads them: from the beginning to where they ended when asked, in no group, changing nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import TOPICS
from runtime.envelope import Record
from runtime.kafka_security import of_clients
from runtime.settings import KafkaSettings
from runtime.tracker import Partition

_POLL_MS = 200
_PATIENCE = 30.0
"""Seconds without any progress after which a broker counts as away."""


class Unreadable(ConnectionError):
    """No broker answers, or none knows the topic."""


async def read_topic(settings: KafkaSettings, topic: str, *, since: float | None = None) -> AsyncIterator[Record]:
    """Every record of a topic (name as in `contracts.topics`), in order within each partition.

    Ends at the end that each partition had when it first answered. `since` (seconds since 1970) begins at records of
    that time. Raises Unreadable.
    """
    async with _open(settings, [topic]) as reader:
        await reader.begin(since)
        async for record in reader.records():
            if since is None or record.timestamp >= since:  # a broker may answer a time with the batch it lies in
                yield record


async def end_offsets(settings: KafkaSettings, topics: Iterable[str]) -> dict[Partition, int]:
    """Where each partition of the topics ends: the offset that the next record will get. Raises Unreadable."""
    async with _open(settings, list(topics)) as reader:
        await reader.begin(None)
        return await reader.ends()


async def committed_offsets(settings: KafkaSettings, group: str) -> dict[Partition, int]:
    """What a group has committed: per partition the offset it would begin at, if any. Raises Unreadable.

    A cluster that never had a group makes its coordinator when it is first asked for one; that is waited for.
    """
    prefix = settings.topic_prefix
    asked = [  # by name: the embedded broker's answer for all that a group has can't be decoded
        aiokafka.TopicPartition(f"{prefix}{topic.name}", number)
        for topic in TOPICS
        for number in range(settings.partitions(topic.partitions))
    ]
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap.split(","), **of_clients(settings))
    with _told():
        await admin.start()
        try:
            found = await _asked(admin, f"{prefix}{group}", asked)
        finally:
            await admin.close()
    return {
        Partition(raw.topic.removeprefix(prefix), raw.partition): said.offset
        for raw, said in found.items()
        if said.offset >= 0
    }


async def _asked(admin: AIOKafkaAdminClient, group: str, partitions: list[Any]) -> dict[Any, Any]:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return dict(await admin.list_consumer_group_offsets(group, partitions=partitions))
        except aiokafka.errors.GroupCoordinatorNotAvailableError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.5)


class _Reader:
    """All partitions of some topics, assigned by hand."""

    def __init__(self, consumer: Any, prefix: str) -> None:
        self._consumer = consumer
        self._prefix = prefix
        self._ends: dict[Any, int] = {}
        self._progress = time.monotonic()

    async def begin(self, since: float | None) -> None:
        """Go to the first records, or to the first since a time; a partition without any is at its end."""
        held = list(self._consumer.assignment())
        await self._consumer.seek_to_beginning()
        if since is None:
            return
        found = await self._consumer.offsets_for_times(dict.fromkeys(held, round(since * 1000)))
        later = {raw: place.offset for raw, place in found.items() if place is not None and place.offset >= 0}
        for raw in held:
            if raw in later:
                self._consumer.seek(raw, later[raw])

    async def records(self) -> AsyncIterator[Record]:
        """What lies before the ends."""
        while not self._finished():
            for raw in await self._poll():
                if raw.offset < self._ends[_place(raw)]:
                    yield _record(raw, self._prefix)

    async def ends(self) -> dict[Partition, int]:
        """Where the partitions end."""
        while len(self._ends) < len(self._consumer.assignment()):
            await self._poll()
        return {Partition(raw.topic.removeprefix(self._prefix), raw.partition): end for raw, end in self._ends.items()}

    async def _poll(self) -> list[Any]:
        async with asyncio.timeout(_PATIENCE):
            batches = await self._consumer.getmany(timeout_ms=_POLL_MS)
        if self._look() or batches:
            self._progress = time.monotonic()
        elif time.monotonic() - self._progress > _PATIENCE:
            raise TimeoutError(f"no answer about {len(self._open_ones())} partitions")
        return [raw for batch in batches.values() for raw in batch]

    def _look(self) -> bool:
        """Note the ends that were told since; whether there were any.

        The high water mark of a fetch is believed, not ListOffsets: the embedded broker answers that one wrongly.
        """
        before = len(self._ends)
        for raw in self._open_ones():
            mark = self._state(raw).highwater
            if mark is not None:
                self._ends.setdefault(raw, mark)
        return len(self._ends) > before

    def _finished(self) -> bool:
        return not self._open_ones()

    def _open_ones(self) -> list[Any]:
        """Partitions whose end isn't known, or not reached."""
        return [raw for raw in self._consumer.assignment() if not self._reached(raw)]

    def _reached(self, raw: Any) -> bool:
        state = self._state(raw)
        return raw in self._ends and state.has_valid_position and state.position >= self._ends[raw]

    def _state(self, raw: Any) -> Any:
        return self._consumer._subscription.subscription.assignment.state_value(raw)  # noqa: SLF001 - position() awaits


@asynccontextmanager
async def _open(settings: KafkaSettings, topics: list[str]) -> AsyncIterator[_Reader]:
    names = [f"{settings.topic_prefix}{topic}" for topic in topics]
    consumer = aiokafka.AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap.split(","),
        **of_clients(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=_POLL_MS,
    )
    with _told():
        try:
            await consumer.start()
            consumer.assign([raw for name in names for raw in await _partitions(consumer, name)])
            yield _Reader(consumer, settings.topic_prefix)
        finally:
            await consumer.stop()


@contextmanager
def _told() -> Iterator[None]:
    """Translate the client's errors."""
    try:
        yield
    except (aiokafka.errors.KafkaError, TimeoutError) as error:
        raise Unreadable(str(error) or type(error).__name__) from error


async def _partitions(consumer: Any, name: str) -> list[Any]:
    """The partitions of a topic; UnknownTopicOrPartitionError when there is none.

    Metadata is asked by name only for a topic that is there: some brokers create what they are asked for.
    """
    if name not in await consumer.topics():
        raise aiokafka.errors.UnknownTopicOrPartitionError(name)
    numbers = await consumer._client._wait_on_metadata(name)  # noqa: SLF001 - partitions_for_topic() knows only old ones
    return [aiokafka.TopicPartition(name, number) for number in sorted(numbers)]


def _place(raw: Any) -> Any:
    return aiokafka.TopicPartition(raw.topic, raw.partition)


def _record(raw: Any, prefix: str) -> Record:
    return Record(
        topic=raw.topic.removeprefix(prefix),
        partition=raw.partition,
        offset=raw.offset,
        key=raw.key,
        value=raw.value,
        headers=tuple((key, value or b"") for key, value in raw.headers),
        timestamp=raw.timestamp / 1000,
    )
