"""A circuit breaker: what has just failed isn't asked again by everybody at once."""

import time
from collections.abc import Callable


class Breaker:
    """Open for `pause` seconds after `after` failures in a row. Then one asks for all: the rest follow when that one was
    answered.
    """

    def __init__(self, pause: float, clock: Callable[[], float] = time.monotonic, *, after: int = 1) -> None:
        self._pause = pause
        self._clock = clock
        self._after = after
        self._failures = 0
        self._until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody may ask now; unlike `allows`, this binds nobody who looks."""
        return self._until is not None and self._clock() < self._until

    def allows(self) -> bool:
        """Whether to ask now; who is allowed to must say `worked` or `failed`, else counts as failed."""
        if self._until is None:
            return True
        if self._clock() < self._until:
            return False
        self.trip()
        return True

    def worked(self) -> None:
        """It answered."""
        self._failures = 0
        self._until = None

    def failed(self) -> None:
        """It did not."""
        self._failures += 1
        if self._failures >= self._after or self._until is not None:
            self.trip()

    def trip(self) -> None:
        """Open at once: there is no hope that the next would be answered."""
        self._until = self._clock() + self._pause
