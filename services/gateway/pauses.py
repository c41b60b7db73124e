"""Exams that something is wrong with are met again after a pause, so that they hold up no others."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

FIRST, LONGEST = 15.0, 3600.0
"""Seconds; doubled each time."""


@dataclass(frozen=True)
class _Pause:
    """Until when by the clock, and how long it was."""

    until: float
    seconds: float


class Pauses:
    """Of one loop, by a monotonic clock in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pauses: dict[uuid.UUID, _Pause] = {}

    def current(self) -> list[uuid.UUID]:
        """The exams to leave alone for now."""
        now = self._clock()
        # What was not met again for so long was deleted, or seen to by another gateway.
        self._pauses = {exam: pause for exam, pause in self._pauses.items() if pause.until + LONGEST > now}
        return [exam for exam, pause in self._pauses.items() if pause.until > now]

    def failed(self, exam_id: uuid.UUID) -> None:
        """Leave it alone for a while, longer than the last time."""
        before = self._pauses.get(exam_id)
        seconds = min(before.seconds * 2, LONGEST) if before else FIRST
        self._pauses[exam_id] = _Pause(self._clock() + seconds, seconds)

    def well(self, exam_id: uuid.UUID) -> None:
        """Nothing is wrong with it any more."""
        self._pauses.pop(exam_id, None)
