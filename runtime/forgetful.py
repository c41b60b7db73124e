"""What a consumer must know of a broker that keeps all in memory, accepts what it can't know, and says nothing of it."""

from collections.abc import Callable, Mapping
from typing import Any

from aiokafka.client import ConnectionGroup
from aiokafka.structs import OffsetAndMetadata


class ForgetfulBroker:
    """Restarted, the embedded broker has lost log, group and offsets, and takes a commit of a member it never saw.

    Such a commit is about the lost log and would pass over records of the new one. A restart cuts connections: over
    another one than that of the assignment a commit goes only after a heartbeat, which the broker answers for members
    that it knows.
    """

    def __init__(self, consumer: Callable[[], Any]) -> None:
        """`consumer`: gives the aiokafka consumer, once there is one."""
        self._consumer = consumer
        self._over: Any = None

    def joined(self) -> None:
        """Partitions were assigned."""
        self._over = self._connection()

    def rewind(self, ahead: Mapping[Any, int]) -> None:
        """Begin anew where less is there than was read; `ahead`: records beyond what was read, by partition."""
        for partition, records in ahead.items():
            if records < 0:
                self._consumer().seek(partition, 0)

    async def commit(self, offsets: Mapping[Any, int]) -> None:
        """Commit once: the client would try again, on whatever answers by then. Raises ConnectionError, KafkaError."""
        coordinator, connection = self._consumer()._coordinator, self._connection()  # noqa: SLF001
        if connection is not self._over and await coordinator._do_heartbeat():  # noqa: SLF001
            self._over = connection
        if connection is None or connection is not self._over or connection is not self._connection():
            raise ConnectionError("the broker may have forgotten the group")
        wanted = {partition: OffsetAndMetadata(offset, "") for partition, offset in offsets.items()}
        await coordinator._do_commit_offsets(None, wanted)  # noqa: SLF001

    def _connection(self) -> Any:
        """The open connection to the group's coordinator; None without."""
        coordinator = self._consumer()._coordinator  # noqa: SLF001
        node = getattr(coordinator, "coordinator_id", None)  # a broadcast has no group
        connection = self._consumer()._client._conns.get((node, ConnectionGroup.COORDINATION))  # noqa: SLF001
        return connection if connection is not None and connection.connected() else None
