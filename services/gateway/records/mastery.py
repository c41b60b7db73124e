"""How a student stands on each knowledge point: what the last diagnosis said, or what imported records alone say. Pure.

The estimate from records is the model of `services/diagnostic/core/mastery.py` for one point by itself: the expected
share on a usual question, integrated over a grid of abilities, with its 90 % credible interval.
"""

import math
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Basis = Literal["exam", "records"]

ENOUGH = 3
"""Fewer questions on a point: 证据不足."""
_FADES, _MOST = 0.7, 6.0
"""What an occasion further back counts for, and how many questions count at most."""
_STEPS = [step / 10 for step in range(-50, 51)]
_SD = math.sqrt(1.0 + 0.8**2)
_SLOPE = 1.2
_USUAL = 0.35
_SURE = 0.02
_TAIL = 0.05


@dataclass(frozen=True)
class Estimate:
    """Posterior mean and 90 % credible interval of the share that would be earned on a usual question."""

    mastery: float
    low: float
    high: float
    sufficient: bool


@dataclass(frozen=True)
class Occasion:
    """A student's responses on one point in one exam, or in imported records of one paper (`exam_id` is null then).

    `share` of the points earned, null where none was graded; `questions` as evidence; `said` by the exam's diagnosis.
    `difficulty` of the questions, 0..1, null where nobody said.
    """

    taken_at: datetime
    exam_id: uuid.UUID | None
    share: float | None
    questions: float
    said: Estimate | None
    difficulty: float | None = None


@dataclass(frozen=True)
class Point:
    """Where the student stands on a point, and how it came about, oldest first. `basis`: who estimated it."""

    subject: str
    code: str
    name: str
    now: Estimate
    basis: Basis
    occasions: tuple[Occasion, ...]


@dataclass(frozen=True)
class Seen:
    """One row: an occasion of a point."""

    subject: str
    code: str
    name: str
    occasion: Occasion


def points_of(seen: Iterable[Seen]) -> list[Point]:
    """By subject, the surest weak points first."""
    grouped: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for each in seen:
        grouped[each.subject, each.code].append(each)
    found = [_point(rows) for rows in grouped.values()]
    return sorted(found, key=lambda p: (p.subject, not p.now.sufficient, p.now.mastery, p.code))


def _point(rows: Sequence[Seen]) -> Point:
    rows = sorted(rows, key=lambda row: (row.occasion.taken_at, str(row.occasion.exam_id)))
    last = rows[-1]
    said = last.occasion.said  # it knew what was recorded then; of records that are newer it knows nothing
    return Point(
        subject=last.subject,
        code=last.code,
        name=last.name,
        now=said or estimate([row.occasion for row in rows]),
        basis="exam" if said else "records",
        occasions=tuple(row.occasion for row in rows),
    )


def estimate(occasions: Sequence[Occasion]) -> Estimate:
    """From the responses alone, oldest first; the older ones count the less."""
    logs = [-0.5 * (ability / _SD) ** 2 for ability in _STEPS]
    room = _MOST
    for ago, each in enumerate(reversed(occasions)):
        weight = min(each.questions * _FADES**ago, room)
        room -= weight
        right, wrong = weight * (each.share or 0.0), weight * (1.0 - (each.share or 0.0))
        chances = _chances(_USUAL if each.difficulty is None else each.difficulty)
        logs = [log + right * math.log(p) + wrong * math.log1p(-p) for log, p in zip(logs, chances, strict=True)]
    shares = _chances(_USUAL)
    top = max(logs)
    density = [math.exp(each - top) for each in logs]
    mean = sum(d * s for d, s in zip(density, shares, strict=True)) / sum(density)
    low, high = (_quantile(density, shares, tail) for tail in (_TAIL, 1.0 - _TAIL))
    return Estimate(round(mean, 4), round(min(low, mean), 4), round(max(high, mean), 4), _MOST - room >= ENOUGH)


def _chances(difficulty: float) -> list[float]:
    """The expected share at each ability, where those of a usual year lose `difficulty` of the points."""
    facility = min(max(1.0 - difficulty, _SURE), 1.0 - _SURE)
    ease = math.log(facility / (1.0 - facility)) * math.sqrt(1.0 + 0.346 * _SLOPE**2)
    return [1.0 / (1.0 + math.exp(-(_SLOPE * ability + ease))) for ability in _STEPS]


def _quantile(density: Sequence[float], shares: Sequence[float], tail: float) -> float:
    wanted, passed = tail * sum(density), 0.0
    for weight, share in zip(density, shares, strict=True):
        passed += weight
        if passed >= wanted:
            return share
    return shares[-1]
