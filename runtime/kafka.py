"""Kafka, behind one module: FastStream connects, publishes and closes; the loop is ours.

A FastStream handler that raises is logged and skipped, and `ack()` commits every position, past the records that failed.
So subscribers here have no handler: `runtime.intake` polls their consumer and commits explicit offsets.
"""

import asyncio
import contextlib
import struct
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faststream.kafka import KafkaBroker

from contracts.events import ExamEvent
from contracts.topics import TOPICS
from runtime import log, metrics
from runtime.clock import Clock, moment
from runtime.consumer import Subscription, cut
from runtime.envelope import Envelope, Headers, Record, encode
from runtime.intake import Handler, Intake, Lane, Source
from runtime.kafka_security import of_broker, of_clients, tls
from runtime.producer import forget, identity
from runtime.settings import KafkaSettings
from runtime.trace import Trace

_CLOSE_LIMIT = 5.0
_KNOCK_LIMIT = 3.0
_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""The first request of any Kafka client: ApiVersions v0, correlation 1, no client id."""
_ANSWER_LIMIT = 64 * 1024
_CUT_LIMIT = 1.0
_TOPIC_EXISTS = 36

KafkaError = aiokafka.errors.KafkaError
"""What the client raises, for those who say why a command couldn't do its work."""

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
            security=of_broker(settings),
            **settings.producer,
            **settings.connection,
        )
        self._connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def publish(self, topic: str, event: ExamEvent, *, event_id: uuid.UUID, source: str, trace: Trace) -> None:
        """Publish an event and wait until the broker has it. TimeoutError: it may have, or not; the id stays the same."""
        envelope = Envelope(event_id, topic, source, moment(self._clock), trace)
        await self.send(topic, *encode(envelope, event))

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Publish a record as it is, and wait until the broker has it."""
        used = None
        try:
            async with asyncio.timeout(self._settings.publish_timeout):
                await self.connected()
                used = identity(self._producer)
                # Not by FastStream's publish: it takes as long again to find out that bytes are bytes.
                await self._producer.send_and_wait(
                    self._name(topic),
                    value or b"",
                    key,
                    headers=[(name, text.encode()) for name, text in headers.items()],
                )
        except Exception as error:
            metrics.PUBLISH_ERRORS.labels(topic).inc()
            if used is not None and forget(self._producer, error, used):
                self._log.warning("the producer begins anew", error=log.what(error))
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
        await self.connected()
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
        await self.connected()
        await subscription.start(None)
        running = asyncio.create_task(_show(subscription, handler), name=f"follow {topic}")
        try:
            yield
        finally:
            await _ended(running)
            await subscription.stop()

    async def create_topics(self) -> list[str]:
        """Create the topics of `contracts.topics` that don't exist; their names."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.bootstrap.split(","), **of_clients(self._settings))
        await admin.start()
        try:
            replicas = self._settings.replication or min(3, len((await admin.describe_cluster())["brokers"]))
            rows = [
                NewTopic(
                    self._name(topic.name),
                    self._settings.partitions(topic.partitions),
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
        """Connect the producer, however long no broker answers; what else goes wrong is told to all who wait."""
        while not self._connected.done():
            try:
                await _knock(self._settings)
                await self._broker.connect()
            except (OSError, aiokafka.errors.KafkaConnectionError) as error:
                self._log.warning("no broker yet", error=type(error.__cause__ or error).__name__)
                await asyncio.sleep(1)
            except Exception as error:  # noqa: BLE001 - raised where it is waited for
                self._connected.set_exception(error)
            else:
                self._connected.set_result(None)

    async def connected(self) -> None:
        """Wait for the first connection."""
        await asyncio.shield(self._connected)

    async def close(self) -> None:
        """Flush and disconnect. A producer would wait for ever for a lost broker; what it holds counts as unpublished."""
        try:
            async with asyncio.timeout(min(_CLOSE_LIMIT, self._settings.publish_timeout)):
                await self._broker.stop()
        except TimeoutError:
            self._log.warning("left without flushing: no broker answers")
            await self._cut()

    async def _cut(self) -> None:
        """Close what FastStream couldn't: the producer's connections, then the task that waits on them."""
        await cut(self._producer.client)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CUT_LIMIT):
                await self._producer._sender.close()  # noqa: SLF001

    @property
    def _producer(self) -> Any:
        """aiokafka's, once connected."""
        return self._broker.config.broker_config.producer._producer.producer  # type: ignore[attr-defined]  # noqa: SLF001

    def _name(self, topic: str) -> str:
        return f"{self._settings.topic_prefix}{topic}"

    def _subscription(self, topics: list[str], group: str | None) -> Subscription:
        return Subscription(self._broker, self._settings, topics, group)


@asynccontextmanager
async def open_kafka(
    settings: KafkaSettings,
    patience: float | None = 60.0,
    *,
    decorate: Decorate = lambda _, source: source,
    clock: Clock = time.time,
) -> AsyncIterator[Kafka]:
    """A connection; flushed and closed at the end.

    Raises TimeoutError when no broker answers for `patience` seconds. None doesn't wait: whoever publishes or consumes
    does, until there is one.
    """
    kafka = Kafka(settings, decorate=decorate, clock=clock)
    connecting = asyncio.create_task(kafka.connect(), name="kafka")
    try:
        if patience is not None:
            async with asyncio.timeout(patience):
                await kafka.connected()
        yield kafka
    finally:
        await _ended(connecting)
        await kafka.close()


async def _knock(settings: KafkaSettings) -> None:
    """Raise OSError when no server answers: a producer that can't connect is left behind open, one per attempt."""
    context, failure = tls(settings), None
    for server in settings.bootstrap.split(","):
        host, _, port = server.rpartition(":")
        try:
            async with asyncio.timeout(_KNOCK_LIMIT):
                reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
                try:
                    writer.write(_API_VERSIONS)
                    if int.from_bytes(await reader.readexactly(4)) > _ANSWER_LIMIT:  # TLS complains of what isn't TLS
                        raise ConnectionRefusedError("another protocol is spoken there")
                finally:
                    writer.close()
        except (OSError, asyncio.IncompleteReadError) as error:  # the next may answer
            failure = error
        else:
            return
    raise ConnectionRefusedError("nobody answers") from failure


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
