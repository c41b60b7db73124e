"""One consumer, made and closed by FastStream, as the intake sees it: polls that end, explicit commits, no surprises."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiokafka
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from runtime import log
from runtime.envelope import Record
from runtime.forgetful import ForgetfulBroker
from runtime.intake import Intake
from runtime.settings import KafkaSettings
from runtime.tracker import Partition

_POLL_MS = 500
"""A poll that finds nothing; records end it at once."""
_PAUSED_POLL_MS = 100
"""While partitions are paused: between two polls it is seen that there is room again."""
_FOLLOW_WAIT_MS = 500
"""Of a broadcast: nobody waits for it."""
_MAX_RECORDS = 16
_POLL_LIMIT = 2.0
_COMMIT_LIMIT = 5.0
_LEAVE_LIMIT = 3.0
_CUT_LIMIT = 1.0


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
            **settings.consumer | ({} if group else {"fetch_max_wait_ms": _FOLLOW_WAIT_MS}),
        )
        self._forgetful = ForgetfulBroker(lambda: self._consumer) if settings.profile == "embedded" else None

    async def start(self, intake: Intake | None) -> None:
        """Join the group; partitions come later, through the listener."""
        self._intake = intake
        await self._subscriber.start()

    async def stop(self) -> None:
        """Leave the group, if the broker answers; else it finds out by itself."""
        consumer = self._subscriber.consumer
        if await apart(self._subscriber.stop(), _LEAVE_LIMIT):
            return
        log.get("runtime.kafka").warning("left a consumer behind half closed; its group may have to find out by itself")
        await cut(consumer._client)  # noqa: SLF001
        await apart(consumer._fetcher.close(), _CUT_LIMIT)  # noqa: SLF001
        fetches = list(consumer._fetcher._pending_tasks)  # noqa: SLF001
        for fetch in fetches:
            fetch.cancel()
        await asyncio.gather(*fetches, return_exceptions=True)

    async def poll(self) -> list[Record]:
        consumer = self._consumer
        if (fetching := consumer._fetcher.error_future).done():  # noqa: SLF001 - dead, it looks like an empty topic
            raise ConnectionError("fetching has ended") from (None if fetching.cancelled() else fetching.exception())
        try:
            async with asyncio.timeout(_POLL_LIMIT):  # it also waits for an assignment, and that may take for ever
                patience = _PAUSED_POLL_MS if consumer.paused() else _POLL_MS
                batches = await consumer.getmany(timeout_ms=patience, max_records=_MAX_RECORDS)
        except TimeoutError:
            return []
        if self._forgetful:
            self._forgetful.rewind(self._ahead())
        return [self._record(raw) for batch in batches.values() for raw in batch]

    async def commit(self, offsets: dict[Partition, int]) -> None:
        held = self._consumer.assignment()
        wanted = {self._raw(partition): offset for partition, offset in offsets.items()}
        commit = self._forgetful.commit if self._forgetful else self._consumer.commit
        async with asyncio.timeout(_COMMIT_LIMIT):
            await commit({tp: offset for tp, offset in wanted.items() if tp in held})

    def pause(self, partitions: set[Partition]) -> None:
        self._consumer.pause(*self._assigned(partitions))

    def resume(self, partitions: set[Partition]) -> None:
        self._consumer.resume(*self._assigned(partitions))

    def lag(self) -> int:
        return sum(max(0, ahead) for ahead in self._ahead().values())

    def _ahead(self) -> dict[Any, int]:
        """High water mark minus position, where both are known: the embedded broker answers ListOffsets(latest) wrongly."""
        held = self._consumer.assignment()
        states = {tp: self._consumer._subscription.subscription.assignment.state_value(tp) for tp in held}  # noqa: SLF001 - position() awaits
        return {
            tp: state.highwater - state.position
            for tp, state in states.items()
            if state.highwater is not None and state.has_valid_position
        }

    async def revoked(self, raw: set[Any]) -> None:
        """The group rebalances."""
        if self._intake and raw:
            await self._intake.revoked(self._partitions(raw), self._patience)

    def assign(self, raw: set[Any]) -> None:
        """The group has rebalanced."""
        if self._forgetful:
            self._forgetful.joined()
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


async def cut(client: Any) -> None:
    """Close a client's connections at once, with what they hold unsent: nobody answers at their other end."""
    for connection in list(client._conns.values()):  # noqa: SLF001 - close() would wait for the other end to take it
        if connection._writer is not None:  # noqa: SLF001
            connection._writer.transport.abort()  # noqa: SLF001
    await apart(client.close(), _CUT_LIMIT)


async def apart(closing: Coroutine[Any, Any, object], limit: float) -> bool:
    """Whether it came to its end within `limit` seconds, in a task of its own.

    aiokafka awaits what it has just cancelled (readers of a connection, fetches that wait to be tried again), and
    would raise that as if its caller had been cancelled.
    """
    task = asyncio.create_task(closing)
    try:
        await asyncio.wait({task}, timeout=limit)
    finally:
        task.cancel()
    if not task.done() or task.cancelled():
        return False
    task.result()
    return True
