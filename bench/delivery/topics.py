"""Kafka topics of the contestants: made before, and looked through afterwards for what nobody has finished."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

PARTITIONS = 12
SESSION = {"session_timeout_ms": 6000, "heartbeat_interval_ms": 1000}
"""For every contestant on Kafka: the least that a broker of the shelf allows, so that a killed member is missed soon."""
_QUIET_MS = 1000


async def create(bootstrap: str, topics: Sequence[str]) -> None:
    """Make topics; RuntimeError when the broker refuses one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in topics])
    finally:
        await admin.close()
    if refused := [error for error in answer.topic_errors if error[1]]:
        raise RuntimeError(f"the broker refused {refused}")


async def uncommitted(bootstrap: str, groups: Mapping[str, str], exam_of: Callable[[Any], str]) -> set[str]:
    """Exams of the records after each group's committed offset. `groups`: group by topic."""
    found = set()
    for topic, group in groups.items():
        consumer = aiokafka.AIOKafkaConsumer(
            bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            partitions = [aiokafka.TopicPartition(topic, number) for number in range(PARTITIONS)]
            consumer.assign(partitions)
            await _go_to_committed(consumer, partitions)
            found |= {exam_of(record) async for record in _rest(consumer)}
        finally:
            await consumer.stop()
    return found


async def _go_to_committed(consumer: Any, partitions: Sequence[Any]) -> None:
    for partition in partitions:
        offset = await consumer.committed(partition)
        if offset is None:
            await consumer.seek_to_beginning(partition)
        else:
            consumer.seek(partition, offset)


async def _rest(consumer: Any) -> Any:
    while batch := await consumer.getmany(timeout_ms=_QUIET_MS):
        for records in batch.values():
            for record in records:
                yield record


class Loop:
    """An event loop in a thread, for clients that are called from threads."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def run_forever(self) -> None:
        """Serve; ends with `stop`."""
        self._loop.run_forever()
        self._loop.close()

    def call(self, awaitable: Awaitable[Any], limit: float) -> Any:
        """The result; TimeoutError after `limit` seconds."""

        async def bounded() -> Any:
            async with asyncio.timeout(limit):
                return await awaitable

        return asyncio.run_coroutine_threadsafe(bounded(), self._loop).result()

    def stop(self) -> None:
        """No more calls."""
        self._loop.call_soon_threadsafe(self._loop.stop)
