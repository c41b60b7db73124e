"""How long an exam still takes, p50 and p90, from the measured work of recent exams plus the queue ahead."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.status import STEPS, Status
from contracts.topics import STAGES

ENOUGH = 5
"""Measured runs of a stage below which the prior of `contracts.status.STEPS` speaks."""

PRIOR_SPREAD = 2.0
"""p90 / p50 of the prior: a guess that history replaces."""


GATEWAY_SECONDS = 0.2
"""From the report's event to COMPLETED, once there is history."""

FIRST_GUESS_SECONDS = 5.0
"""Work of the slowest stage on one paper before any was measured."""


@dataclass(frozen=True)
class StageTime:
    """Seconds of work of recent runs of a stage."""

    p50: float
    p90: float
    runs: int


NO_TIME = StageTime(0.0, 0.0, 0)


@dataclass(frozen=True)
class Estimate:
    """Seconds until the exam ends."""

    p50: float
    p90: float


@dataclass(frozen=True)
class Queue:
    """Exams that wait before this one, and how many exams per second the system lately finished (0: unknown)."""

    ahead: int = 0
    per_second: float = 0.0


def estimate(status: Status, elapsed: float, history: Mapping[str, StageTime], queue: Queue) -> Estimate:
    """Seconds from now. `elapsed`: seconds since the status was reached.

    p50 adds up medians; p90 adds the spreads as those of independent stages: sqrt(sum((p90 - p50)^2)). The part of
    the current leg that has passed is taken off, but a late stage never brings its leg below a tenth of itself.
    Without any history, p50 at `elapsed` 0 is the prior's own figure.
    """
    if status.terminal:
        return Estimate(0.0, 0.0)
    legs = _legs(status, history)
    wait = _wait(history, queue) if status is Status.UPLOADED else 0.0
    passed = min(max(elapsed, 0.0), 0.9 * legs[0].p50)
    p50 = wait + sum(leg.p50 for leg in legs) - passed
    spread = math.sqrt(sum((leg.p90 - leg.p50) ** 2 for leg in legs) + wait**2)
    return Estimate(p50, p50 + spread)


def _legs(status: Status, history: Mapping[str, StageTime]) -> list[StageTime]:
    """What lies ahead, in order: the wait for a stage and its work, for each stage, then the gateway's own part."""
    rank, before = STEPS[status].rank, STEPS[Status.UPLOADED].remaining
    legs: list[StageTime] = []
    for row in STAGES:
        start, end = STEPS[row.running], STEPS[row.done]
        measured = history.get(row.name)
        if measured is None or measured.runs < ENOUGH:
            wait, work = _prior(before - start.remaining), _prior(start.remaining - end.remaining)
        else:
            wait, work = NO_TIME, measured
        if start.rank > rank:
            legs.append(wait)
        if end.rank > rank:
            legs.append(work)
        before = end.remaining
    legs.append(_prior(before if len(history) < len(STAGES) else GATEWAY_SECONDS))
    return [leg for leg in legs if leg is not NO_TIME]


def _prior(seconds: float) -> StageTime:
    return StageTime(seconds, seconds * PRIOR_SPREAD, 0)


def _wait(history: Mapping[str, StageTime], queue: Queue) -> float:
    """Exams ahead times the seconds per exam: as lately finished, else as if one at a time passed the slowest stage."""
    slowest = max((time.p50 for time in history.values()), default=FIRST_GUESS_SECONDS)
    each = min(slowest, 1.0 / queue.per_second) if queue.per_second > 0 else slowest
    return queue.ahead * each
