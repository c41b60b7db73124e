"""What an attempt means for its delivery."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

JITTER = 0.1
"""A delay varies by this share either way, so that the deliveries of one outage don't come back as one wave."""
_LONGEST_ASKED = 86400.0
_GONE = 410


@dataclass(frozen=True)
class Attempt:
    """What came of one request: `status` of the answer, or `error` when there was none. `refused`: by our own rules."""

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None
    refused: bool = False

    @property
    def succeeded(self) -> bool:
        """2xx and nothing else: a redirect is a failure."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def what(self) -> str:
        """In words, for the endpoint's owner."""
        return self.error or f"answered {self.status}"


class Outcome(StrEnum):
    """Where the delivery is after an attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    GONE = "gone"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True)
class Verdict:
    """`delay` in seconds, for RETRY."""

    outcome: Outcome
    delay: float = 0.0


def judge(attempt: Attempt, failures: int, delays: Sequence[float], roll: float) -> Verdict:
    """After `failures` earlier failures; `delays` in seconds, one per further attempt; `roll` in 0..1 is the jitter's."""
    if attempt.succeeded:
        return Verdict(Outcome.DELIVERED)
    if attempt.status == _GONE:
        return Verdict(Outcome.GONE)
    if failures >= len(delays):
        return Verdict(Outcome.EXHAUSTED)
    delay = delays[failures] * (1 - JITTER + 2 * JITTER * roll)
    return Verdict(Outcome.RETRY, max(delay, min(attempt.retry_after or 0.0, _LONGEST_ASKED)))
