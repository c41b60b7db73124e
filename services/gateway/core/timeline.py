"""Where the time of an exam went: a waterfall of its stages, from what each of them measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BUDGET_SECONDS = 60.0
"""From the upload to the report, for one paper."""

SHORTEST = 0.001
"""Seconds below which a span isn't shown; they go to the next."""

Kind = Literal["wait", "work", "external", "retry", "rest"]
"""`wait`: in a queue · `work`: of the try that succeeded · `external`: the part of that in which it waited for others,
such as a language model · `retry`: tries before it and the pauses between them · `rest`: storing, publishing and the
gateway's own part."""


@dataclass(frozen=True)
class StageRun:
    """What is known of one stage: times of its first start and its end by its own clock, seconds of its last try.

    `external_seconds` are part of `work_seconds`.
    """

    stage: str
    attempts: int
    started_at: datetime | None
    completed_at: datetime | None
    work_seconds: float | None
    external_seconds: float | None = None


@dataclass(frozen=True)
class Span:
    """A bar of the waterfall; seconds from the beginning. The spans follow each other, so all are on the critical path."""

    stage: str
    kind: Kind
    start: float
    seconds: float


def waterfall(begun: datetime, now: datetime, ended: datetime | None, runs: Sequence[StageRun]) -> list[Span]:
    """The spans from `begun` to `ended`, or to `now`, without gap or overlap; none is shorter than 0.

    Clocks of hosts differ: a time before the one it follows is taken as that.
    """
    spans: list[Span] = []
    at = 0.0

    def until(stage: str, kind: Kind, seconds: float) -> None:
        nonlocal at
        if seconds - at >= SHORTEST:
            spans.append(Span(stage, kind, round(at, 3), round(seconds - at, 3)))
            at = seconds

    last = _since(begun, ended or now)
    for run in sorted((run for run in runs if run.started_at), key=_start):
        until(run.stage, "wait", min(last, _since(begun, run.started_at)))
        if run.completed_at is None:
            until(run.stage, "retry" if run.attempts > 1 else "work", last)
            continue
        end = min(last, _since(begun, run.completed_at))
        work = min(run.work_seconds or 0.0, end - at)
        begin = end - work if run.attempts > 1 else at
        external = min(run.external_seconds or 0.0, work)  # only its sum is known: it is shown behind the work
        until(run.stage, "retry", begin)
        until(run.stage, "work", begin + work - external)
        until(run.stage, "external", begin + work)
        until(run.stage, "rest", end)
    until("gateway", "rest" if ended else "wait", last)
    return spans


def _start(run: StageRun) -> datetime:
    assert run.started_at is not None
    return run.started_at


def _since(begun: datetime, moment: datetime | None) -> float:
    return max(0.0, (moment - begun).total_seconds()) if moment else 0.0
