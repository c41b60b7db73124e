"""The first level: values in this process, bounded in bytes and time, the least recently used dropped first."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T
    size: int
    until: float


class Local(Generic[T]):
    """Values by key. `most` bytes by the sizes given, each at least `_OVERHEAD`; not for use by several threads."""

    _OVERHEAD = 256

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> T | None:
        """The value; None when there is none, or its time is over."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= self._clock():
            self.drop(key)
            return None
        self._kept.move_to_end(key)
        return kept.value

    def set(self, key: str, value: T, size: int, seconds: float) -> None:
        """Keep a value of `size` bytes; one that is too large for the whole cache isn't kept."""
        self.drop(key)
        size = max(size, self._OVERHEAD)
        if size > self._most:
            return
        self._kept[key] = _Kept(value, size, self._clock() + seconds)
        self.size += size
        while self.size > self._most:
            _, oldest = self._kept.popitem(last=False)
            self.size -= oldest.size

    def drop(self, key: str) -> None:
        """Forget a value."""
        if (kept := self._kept.pop(key, None)) is not None:
            self.size -= kept.size

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self.size = 0
