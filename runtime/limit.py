"""The dead-letter limit: a bad deployment stops the stage instead of emptying the topic into its dead letters."""

from collections import deque


class Halt(Exception):
    """The process must stop and exit with an error; nothing of what is open is committed."""


class DeadLetterLimit:
    """Counts outcomes; says when setting one more record aside would be one too many."""

    def __init__(self, consecutive: int, ratio: float, sample: int) -> None:
        """`ratio` is of the last `sample` records, and counts only once there were as many."""
        self._consecutive = consecutive
        self._ratio = ratio
        self._recent: deque[bool] = deque(maxlen=sample)
        self._in_a_row = 0

    def passed(self) -> None:
        """A record ended in any other way."""
        self._in_a_row = 0
        self._recent.append(False)

    def dead(self) -> None:
        """A record is about to be set aside; raises Halt when that is over the limit."""
        self._in_a_row += 1
        self._recent.append(True)
        if self._in_a_row > self._consecutive:
            raise Halt(f"{self._consecutive} dead letters in a row")
        if len(self._recent) == self._recent.maxlen and sum(self._recent) > self._ratio * len(self._recent):
            raise Halt(f"more than {self._ratio:.0%} of the last {len(self._recent)} records are dead letters")
