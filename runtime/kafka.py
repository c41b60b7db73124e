"""Kafka, behind one module: FastStream connects, publishes and closes; the loop is ours.

A FastStream handler that raises is logged and skipped, and `ack()` commits every position, past the records that failed.
So subscribers here have no handler: `runtime.intake` polls their consumer and commits explicit offsets.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from contracts.events import ExamEvent
from contracts.topics import TOPICS
from runtime import log, metrics
from runtime.clock import Clock, moment
from runtime.envelope import Envelope, Headers, Record, encode
from runtime.intake import Handler, Intake, Lane, Source
from runtime.settings import KafkaSettings
from runtime.trace import Trace
from runtime.tracker import Partition

_POLL_MS = 100
_MAX_RECORDS = 16
_POLL_LIMIT = 2.0
_COMMIT_LIMIT = 5.0
_LEAVE_LIMIT = 3.0
_CLOSE_LIMIT = 5.0
_TOPIC_EXISTS = 36

Decorate = Callable[[str, Source], Source]
"""(group, its consumer) -> what the intake sees."""


class Kafka:
    """A connection: publish, and consume in groups. Topic names are those of `contracts.topics`."""

    def __init__(
        self, settings: KafkaSettings, *, decorate: Decorate = lambda _, source: source, clock: Clock = time.time
    ) -> None:
        """`decorate` may stand between each group's consumer and its intake."""
        self.intakes: list[Intake] = []
        self._settings = settings
        self._decorate = decorate
        self._log = log.get("runtime.kafka")
        self._clock = clock
        self._broker = KafkaBroker(
            settings.bootstrap.split(","),
            allow_auto_create_topics=False,
            logger=None,
            **settings.producer,
            **settings.connection,
        )

    async def publish(self, topic: str, event: ExamEvent, *, event_id: uuid.UUID, source: str, trace: Trace) -> None:
        """Publish an event and wait until the broker has it. TimeoutError: it may have, or not; the id stays the same."""
        envelope = Envelope(event_id, topic, source, moment(self._clock), trace)
        await self.send(topic, *encode(envelope, event))

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Publish a record as it is, and wait until the broker has it."""
        try:
            async with asyncio.timeout(self._settings.publish_timeout):
                await self._broker.publish(
                    value or b"",
                    self._name(topic),
                    key=key,
                    headers=headers,
                    correlation_id=headers.get("ce_id", ""),
                )
        except Exception:
            metrics.PUBLISH_ERRORS.labels(topic).inc()
            raise
        metrics.PUBLISHED.labels(topic).inc()

    @asynccontextmanager
    async def consume(
        self,
        topics: Sequence[str] | Mapping[str, Lane],
        group: str,
        handler: Handler,
        *,
        concurrency: int = 8,
        drain: float = 10.0,
        limit: float | None = None,
    ) -> AsyncIterator[Intake]:
        """Consume topics in a group, at least once, while the context lasts; then drain for up to `drain` seconds.

        `handler` is awaited per record, up to `concurrency` side by side, one at a time per key. Its return commits the
        record; if it raises, it is called again after a growing pause, except for Invalid, which is logged and skipped.
        A call that takes more than `limit` seconds counts as stuck.
        """
        lanes = dict(topics) if isinstance(topics, Mapping) else {topic: Lane() for topic in topics}
        subscription = self._subscription(list(lanes), group)
        source = self._decorate(group, subscription)
        intake = Intake(source, group, lanes, handler, concurrency, limit=limit, clock=self._clock)
        await subscription.start(intake)
        self.intakes.append(intake)
        running = asyncio.create_task(intake.run(), name=f"intake {group}")
        try:
            yield intake
        finally:
            await intake.drain(drain)
            await _ended(running)
            await subscription.stop()
            self.intakes.remove(intake)

    @asynccontextmanager
    async def follow(self, topic: str, handler: Callable[[Record], None]) -> AsyncIterator[None]:
        """Show every record of a topic, from the earliest kept, to this process: a broadcast, nothing is committed."""
        subscription = self._subscription([topic], None)
        await subscription.start(None)
        running = asyncio.create_task(_show(subscription, handler), name=f"follow {topic}")
        try:
            yield
        finally:
            await _ended(running)
            await subscription.stop()

    async def create_topics(self) -> list[str]:
        """Create the topics of `contracts.topics` that don't exist; their names."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.bootstrap.split(","))
        await admin.start()
        try:
            replicas = self._settings.replication or min(3, len((await admin.describe_cluster())["brokers"]))
            rows = [
                NewTopic(
                    self._name(topic.name),
                    topic.partitions,
                    replicas,
                    topic_configs={"retention.ms": str(topic.retention_ms)},
                )
                for topic in TOPICS
            ]
            there = set(await admin.list_topics())
            missing = [row for row in rows if row.name not in there]
            answer = await admin.create_topics(missing) if missing else None
        finally:
            await admin.close()
        for name, code, *_ in answer.topic_errors if answer else ():
            if code not in {0, _TOPIC_EXISTS}:
                raise RuntimeError(f"the broker refused topic {name} with error {code}")
        return [row.name for row in missing]

    async def connect(self) -> None:
        """Connect the producer."""
        await self._broker.connect()

    async def close(self) -> None:
        """Flush and disconnect. A producer would wait for ever for a lost broker; what it holds counts as unpublished."""
        try:
            async with asyncio.timeout(min(_CLOSE_LIMIT, self._settings.publish_timeout)):
                await self._broker.stop()
        except TimeoutError:
            self._log.warning("left without flushing: no broker answers")

    def _name(self, topic: str) -> str:
        return f"{self._settings.topic_prefix}{topic}"

    def _subscription(self, topics: list[str], group: str | None) -> "Subscription":
        return Subscription(self._broker, self._settings, topics, group)


class Subscription:
    """One aiokafka consumer, made and closed by FastStream; a `runtime.intake.Source`."""

    def __init__(self, broker: KafkaBroker, settings: KafkaSettings, topics: list[str], group: str | None) -> None:
        self._prefix = settings.topic_prefix
        self._patience = 10.0 if settings.profile == "kafka" else 1.0
        self._listener = _Listener(self)
        self._intake: Intake | None = None
        self._subscriber = broker.subscriber(
            *(f"{self._prefix}{topic}" for topic in topics),
            group_id=f"{self._prefix}{group}" if group else None,
            listener=self._listener,
            ack_policy=AckPolicy.MANUAL,  # for want of a policy, FastStream commits before the work
            **settings.consumer,
        )

    async def start(self, intake: Intake | None) -> None:
        """Join the group; partitions come later, through the listener."""
        self._intake = intake
        await self._subscriber.start()

    async def stop(self) -> None:
        """Leave the group, if the broker answers; else it finds out by itself."""
        try:
            async with asyncio.timeout(_LEAVE_LIMIT):
                await self._subscriber.stop()
        except TimeoutError:
            log.get("runtime.kafka").warning("left a group without a word: no broker answers")

    async def poll(self) -> list[Record]:
        consumer = self._consumer
        if (fetching := consumer._fetcher.error_future).done():  # noqa: SLF001 - dead, it looks like an empty topic
            raise ConnectionError("fetching has ended") from (None if fetching.cancelled() else fetching.exception())
        try:
            async with asyncio.timeout(_POLL_LIMIT):  # it also waits for an assignment, and that may take for ever
                batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_MAX_RECORDS)
        except TimeoutError:
            return []
        return [self._record(raw) for batch in batches.values() for raw in batch]

    async def commit(self, offsets: dict[Partition, int]) -> None:
        held = self._consumer.assignment()
        wanted = {self._raw(partition): offset for partition, offset in offsets.items()}
        async with asyncio.timeout(_COMMIT_LIMIT):
            await self._consumer.commit({tp: offset for tp, offset in wanted.items() if tp in held})

    def pause(self, partitions: set[Partition]) -> None:
        self._consumer.pause(*self._assigned(partitions))

    def resume(self, partitions: set[Partition]) -> None:
        self._consumer.resume(*self._assigned(partitions))

    def lag(self) -> int:
        # High water mark minus position: the embedded broker answers ListOffsets(latest) wrongly.
        consumer = self._consumer
        total = 0
        for tp in consumer.assignment():
            state = consumer._subscription.subscription.assignment.state_value(tp)  # noqa: SLF001 - position() awaits
            if state.highwater is not None and state.has_valid_position:
                total += max(0, state.highwater - state.position)
        return total

    async def revoked(self, raw: set[Any]) -> None:
        """The group rebalances."""
        if self._intake and raw:
            await self._intake.revoked(self._partitions(raw), self._patience)

    def assign(self, raw: set[Any]) -> None:
        """The group has rebalanced."""
        if self._intake:
            self._intake.assign(self._partitions(raw))

    @property
    def _consumer(self) -> Any:
        consumer = self._subscriber.consumer
        if consumer is None:
            raise RuntimeError("the subscription isn't started")
        return consumer

    def _assigned(self, partitions: set[Partition]) -> list[Any]:
        held = self._consumer.assignment()
        return [tp for tp in map(self._raw, partitions) if tp in held]

    def _partitions(self, raw: set[Any]) -> set[Partition]:
        return {Partition(tp.topic.removeprefix(self._prefix), tp.partition) for tp in raw}

    def _raw(self, partition: Partition) -> Any:
        return aiokafka.TopicPartition(f"{self._prefix}{partition.topic}", partition.number)

    def _record(self, raw: Any) -> Record:
        return Record(
            topic=raw.topic.removeprefix(self._prefix),
            partition=raw.partition,
            offset=raw.offset,
            key=raw.key,
            value=raw.value,
            headers=tuple((key, value or b"") for key, value in raw.headers),
            timestamp=raw.timestamp / 1000,
        )


class _Listener(aiokafka.ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        await self._subscription.revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[Any]) -> None:
        self._subscription.assign(assigned)


@asynccontextmanager
async def open_kafka(
    settings: KafkaSettings,
    patience: float = 60.0,
    *,
    decorate: Decorate = lambda _, source: source,
    clock: Clock = time.time,
) -> AsyncIterator[Kafka]:
    """Connect, for up to `patience` seconds while no broker answers; flush and close at the end."""
    kafka = Kafka(settings, decorate=decorate, clock=clock)
    until = time.monotonic() + patience
    while True:
        try:
            await kafka.connect()
            break
        except aiokafka.errors.KafkaConnectionError as error:
            if time.monotonic() > until:
                raise
            log.get("runtime.kafka").warning("no broker yet", error=type(error).__name__)
            await asyncio.sleep(1)
    try:
        yield kafka
    finally:
        await kafka.close()


async def _show(subscription: Subscription, handler: Callable[[Record], None]) -> None:
    logger = log.get("runtime.kafka")
    while True:
        try:
            for record in await subscription.poll():
                handler(record)
        except Exception as error:  # noqa: BLE001 - a broadcast missed is no reason to stop the work
            logger.error("following failed", error=log.what(error), at=log.where(error))  # noqa: TRY400 - may quote data
            await asyncio.sleep(1)


async def _ended(task: "asyncio.Task[None]") -> None:
    """Cancel a task that may be waiting for the broker, and see it end."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()):
        raise error
