"""Which offsets may be committed when records of a partition finish out of order.

A partition may leave and come back (A to B to A) while work of the first stay is still running; the client would let
such a zombie commit under the new generation. So every ticket carries the epoch of the assignment it came from, and a
ticket of another epoch counts for nothing.
"""

from dataclasses import dataclass, field
from typing import NamedTuple


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


@dataclass(frozen=True)
class Ticket:
    """A record taken up, to be handed in when it has a home."""

    partition: Partition
    epoch: int
    offset: int


@dataclass
class _Stay:
    """One assignment of a partition: offsets begun and not finished, and what was committed."""

    epoch: int
    open: set[int] = field(default_factory=set)
    next: int | None = None
    committed: int | None = None

    @property
    def committable(self) -> int | None:
        """One past the longest finished run: the lowest unfinished offset."""
        return min(self.open) if self.open else self.next


class Tracker:
    """Offsets of one consumer, over all its partitions."""

    def __init__(self) -> None:
        self._epoch = 0
        self._stays: dict[Partition, _Stay] = {}

    @property
    def assigned(self) -> frozenset[Partition]:
        """The partitions held now."""
        return frozenset(self._stays)

    def assign(self, partitions: set[Partition]) -> None:
        """Partitions came, or came again: a new epoch begins for each."""
        self._epoch += 1
        for partition in partitions:
            self._stays[partition] = _Stay(self._epoch)

    def revoke(self, partitions: set[Partition]) -> None:
        """Partitions went; tickets of their stay are void."""
        for partition in partitions:
            self._stays.pop(partition, None)

    def begin(self, partition: Partition, offset: int) -> Ticket | None:
        """Take up a record; None when its partition isn't held (any more)."""
        stay = self._stays.get(partition)
        if stay is None:
            return None
        if stay.next is not None and offset < stay.next:  # the broker lost its log and began anew
            stay = self._stays[partition] = _Stay(self._next_epoch())
        stay.open.add(offset)
        stay.next = offset + 1
        return Ticket(partition, stay.epoch, offset)

    def valid(self, ticket: Ticket) -> bool:
        """Whether the ticket's stay still lasts."""
        stay = self._stays.get(ticket.partition)
        return stay is not None and stay.epoch == ticket.epoch

    def finish(self, ticket: Ticket) -> bool:
        """The record has a home; False when the ticket is void."""
        if not self.valid(ticket):
            return False
        self._stays[ticket.partition].open.discard(ticket.offset)
        return True

    def committable(self) -> dict[Partition, int]:
        """Offsets to commit, where they rose since the last commit."""
        ready = {}
        for partition, stay in self._stays.items():
            offset = stay.committable
            begun = stay.next is not None and offset is not None
            if begun and (stay.committed is None or offset > stay.committed):  # type: ignore[operator]
                ready[partition] = offset
        return ready  # type: ignore[return-value]

    def committed(self, offsets: dict[Partition, int]) -> None:
        """The broker took these; what lies beyond the stay was of a former one, whose log is gone."""
        for partition, offset in offsets.items():
            stay = self._stays.get(partition)
            if stay and stay.next is not None and offset <= stay.next:
                stay.committed = offset

    def span(self, partition: Partition) -> int:
        """Offsets from the lowest unfinished to the newest: what a crash would repeat."""
        stay = self._stays.get(partition)
        return stay.next - min(stay.open) if stay and stay.open and stay.next is not None else 0

    def _next_epoch(self) -> int:
        self._epoch += 1
        return self._epoch
