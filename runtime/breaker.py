"""A circuit breaker: what has just failed isn't asked again by everybody at once."""

import time
from collections.abc import Callable


class Breaker:
    """Open for `pause` seconds after a failure. Then one asks for all: the rest follow when that one was answered."""

    def __init__(self, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause = pause
        self._clock = clock
        self._until: float | None = None

    def allows(self) -> bool:
        """Whether to ask now; who is allowed to must say `worked` or `failed`, else counts as failed."""
        if self._until is None:
            return True
        if self._clock() < self._until:
            return False
        self.failed()
        return True

    def worked(self) -> None:
        """It answered."""
        self._until = None

    def failed(self) -> None:
        """It did not."""
        self._until = self._clock() + self._pause
