"""Which of several waiting lanes goes next: smooth weighted round robin (as nginx), work-conserving. Pure."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """Queues by name, taken from in proportion to their weights while several wait; an empty lane costs nothing."""

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._weights = dict(weights)
        self._queues: dict[str, deque[T]] = {name: deque() for name in weights}
        self._credit = dict.fromkeys(weights, 0)

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def put(self, lane: str, item: T) -> None:
        """Add to the end of a lane."""
        self._queues[lane].append(item)

    def take(self) -> T | None:
        """The next item, None when all lanes are empty."""
        waiting = [name for name, queue in self._queues.items() if queue]
        if not waiting:
            return None
        for name in waiting:
            self._credit[name] += self._weights[name]
        chosen = max(waiting, key=lambda name: self._credit[name])
        self._credit[chosen] -= sum(self._weights[name] for name in waiting)
        return self._queues[chosen].popleft()

    def discard(self, unwanted: Callable[[T], bool]) -> int:
        """Drop items that nobody may work on any more; how many there were."""
        before = len(self)
        for name, queue in self._queues.items():
            self._queues[name] = deque(item for item in queue if not unwanted(item))
        return before - len(self)
