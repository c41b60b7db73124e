"""Whose waiting item goes next: lanes by weight, and within a lane everybody in turn. Pure."""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Queues of several owners, one item of each in turn; an owner who comes anew waits for one round at most."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, deque[T]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, owner: str, item: T) -> None:
        """Add to the end of the owner's queue."""
        self._queues.setdefault(owner, deque()).append(item)
        self._count += 1

    def take(self) -> T:
        """The first item of the owner whose turn it is; IndexError when there is none."""
        if not self._queues:
            raise IndexError("nothing waits")
        owner, queue = next(iter(self._queues.items()))
        item = queue.popleft()
        self._count -= 1
        if queue:
            self._queues.move_to_end(owner)
        else:
            del self._queues[owner]
        return item

    def discard(self, unwanted: Callable[[T], bool]) -> int:
        """Drop items; how many there were."""
        before = self._count
        for owner, queue in list(self._queues.items()):
            kept = deque(item for item in queue if not unwanted(item))
            self._count -= len(queue) - len(kept)
            if kept:
                self._queues[owner] = kept
            else:
                del self._queues[owner]
        return before - self._count


class Lanes(Generic[T]):
    """Lanes by name, taken from in proportion to their weights while several wait; an empty lane costs nothing.

    Smooth weighted round robin, as nginx has it: 8:2 gives no runs of eight.
    """

    def __init__(self, weights: Mapping[str, int]) -> None:
        self._weights = dict(weights)
        self._lanes: dict[str, Turns[T]] = {name: Turns() for name in weights}
        self._credit = dict.fromkeys(weights, 0)

    def __len__(self) -> int:
        return sum(len(turns) for turns in self._lanes.values())

    def put(self, lane: str, item: T, owner: str = "") -> None:
        """Add to the end of what waits in a lane for an owner."""
        self._lanes[lane].put(owner, item)

    def take(self) -> T | None:
        """The next item, None when all lanes are empty."""
        waiting = [name for name, turns in self._lanes.items() if turns]
        if not waiting:
            return None
        for name in waiting:
            self._credit[name] += self._weights[name]
        chosen = max(waiting, key=lambda name: self._credit[name])
        self._credit[chosen] -= sum(self._weights[name] for name in waiting)
        return self._lanes[chosen].take()

    def discard(self, unwanted: Callable[[T], bool]) -> int:
        """Drop items that nobody may work on any more; how many there were."""
        return sum(turns.discard(unwanted) for turns in self._lanes.values())
