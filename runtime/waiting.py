"""Records in memory that nobody works on yet: queued in lanes, held until due, or parked behind their own exam."""

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runtime.clock import Clock
from runtime.envelope import Record
from runtime.lanes import Lanes
from runtime.tracker import Ticket

_TICK = 0.001
"""Due times are in milliseconds; a shorter wait may be none at all to a loop whose time is a float."""
_DRIFT = 1.0
"""Seconds that the loop's clock and the wall's may differ after a wait; a timer that is early by less waits on."""


@dataclass(frozen=True, eq=False)
class Item:
    """A record and the ticket it was taken up with."""

    record: Record
    ticket: Ticket


class WaitingRoom:
    """Gives out records in fair turns, never before they are due, and never two of one key at a time."""

    def __init__(self, weights: Mapping[str, int], wake: Callable[[], None], clock: Clock = time.time) -> None:
        """`wake` is called when a held record became due."""
        self._wake = wake
        self._clock = clock
        self._queue: Lanes[Item] = Lanes(weights)
        self._held: dict[Item, asyncio.TimerHandle] = {}
        self._parked: dict[bytes, deque[Item]] = defaultdict(deque)
        self._busy: set[bytes] = set()
        self._by_topic: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._by_topic.total()

    def of(self, topic: str) -> int:
        """How many of a topic wait."""
        return self._by_topic[topic]

    def put(self, item: Item) -> None:
        """Let a record wait: in its lane, or for its due time."""
        self._by_topic[item.record.topic] += 1
        if not self._hold(item):
            self._enqueue(item)

    def take(self) -> Item | None:
        """The next record to work on, if any; its key is busy until `done`."""
        while (item := self._queue.take()) is not None:
            key = item.record.key
            if key and key in self._busy:
                self._parked[key].append(item)
                continue
            if key:
                self._busy.add(key)
            self._by_topic[item.record.topic] -= 1
            return item
        return None

    def done(self, item: Item) -> None:
        """Work on it ended: the next of its key may go."""
        key = item.record.key
        if not key:
            return
        self._busy.discard(key)
        if parked := self._parked.pop(key, None):
            self._enqueue(parked.popleft())
            if parked:
                self._parked[key] = parked

    def dismiss(self, unwanted: Callable[[Item], bool]) -> None:
        """Forget records that this consumer may not, or will not, work on."""

        def gone(item: Item) -> bool:
            out = unwanted(item)
            self._by_topic[item.record.topic] -= out
            return out

        for item in [item for item in self._held if gone(item)]:
            self._held.pop(item).cancel()
        for key, items in list(self._parked.items()):
            self._parked[key] = deque(item for item in items if not gone(item))
            if not self._parked[key]:
                del self._parked[key]
        self._queue.discard(gone)

    def _hold(self, item: Item) -> bool:
        """Whether the record isn't due yet; then a timer will take it up."""
        due, written = item.record.due, item.record.timestamp
        wait = due - self._clock()
        if wait <= 0:
            return False
        if written:  # the wait that its writer meant, whose clock may be far ahead of ours
            wait = min(wait, due - written)
        self._wait(item, wait)
        return True

    def _due(self, item: Item) -> None:
        del self._held[item]
        if 0 < (left := item.record.due - self._clock()) < _DRIFT:
            self._wait(item, left)
            return
        self._enqueue(item)
        self._wake()

    def _wait(self, item: Item, seconds: float) -> None:
        self._held[item] = asyncio.get_running_loop().call_later(max(seconds, _TICK), self._due, item)

    def _enqueue(self, item: Item) -> None:
        self._queue.put(item.record.topic, item, item.record.tenant)
