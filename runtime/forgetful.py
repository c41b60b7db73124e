"""What a consumer must know of a broker that keeps all in memory, accepts what it can't know, and says nothing of it."""

from collections.abc import Callable, Mapping
from typing import Any

from aiokafka.client import ConnectionGroup
from aiokafka.structs import OffsetAndMetadata


class ForgetfulBroker:
    """Restarted, the embedded broker has lost log, group and offsets, and takes a commit of a member it never saw.

    Such a commit is about the lost log and would pass over records of the new one. A restart cuts connections: what was
    assigned over one is worth nothing over another.
    """

    def __init__(self, consumer: Callable[[], Any]) -> None:
        """`consumer`: gives the aiokafka consumer, once there is one."""
        self._consumer = consumer
        self._over: Any = None
        self._joining = True

    def joined(self) -> None:
        """Partitions were assigned."""
        self._over, self._joining = self._connection(), False

    def leaving(self) -> None:
        """The group is being joined again."""
        self._joining = True

    def look(self, ahead: Mapping[Any, int]) -> None:
        """Begin anew where the log is another one; `ahead`: records that are there beyond what was read, by partition."""
        for partition, records in ahead.items():
            if records < 0:
                self._consumer().seek(partition, 0)
        now = self._connection()
        if now is not None and now is not self._over and not self._joining:
            self._joining = True
            self._consumer()._coordinator.reset_generation()  # noqa: SLF001

    async def commit(self, offsets: Mapping[Any, int]) -> None:
        """Commit once: the client would try again, on whatever answers by then. Raises ConnectionError, KafkaError."""
        if self._connection() is None or self._connection() is not self._over:
            raise ConnectionError("the group was joined over another connection")
        wanted = {partition: OffsetAndMetadata(offset, "") for partition, offset in offsets.items()}
        await self._consumer()._coordinator._do_commit_offsets(None, wanted)  # noqa: SLF001

    def _connection(self) -> Any:
        """The open connection to the group's coordinator; None without."""
        coordinator = self._consumer()._coordinator  # noqa: SLF001
        node = getattr(coordinator, "coordinator_id", None)  # a broadcast has no group
        connection = self._consumer()._client._conns.get((node, ConnectionGroup.COORDINATION))  # noqa: SLF001
        return connection if connection is not None and connection.connected() else None
