"""The paper as a scale: who can be compared on which items, totals, groups, reliability. Sources are in each docstring."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.classreport.core.quantiles import f_quantile
from services.gateway.classreport.core.sheet import Sheet

ENOUGH = 20
"""Students below which nothing is said that compares them."""

COMPLETE = 0.8
"""Items that are missing most are left out until this share of the students has been graded on all the others."""

TAIL = 0.27
"""Of the students, in the upper and in the lower group: Kelley (1939), The selection of upper and lower groups."""


@dataclass(frozen=True)
class Scale:
    """`students` and `items`: indices into the sheet, such that each of these students was graded on each of these items.

    `points[s][i]` and `totals[s]` in points, in that order. `upper`, `lower`: weights of the students in the groups.
    """

    students: tuple[int, ...]
    items: tuple[int, ...]
    points: tuple[tuple[float, ...], ...]
    totals: tuple[float, ...]
    upper: tuple[float, ...]
    lower: tuple[float, ...]

    @property
    def enough(self) -> bool:
        """Whether students can be compared at all."""
        return len(self.students) >= ENOUGH and len(self.items) >= 2


def scale_of(sheet: Sheet) -> Scale:
    """The largest part of the sheet without gaps that keeps four of five students, leaving out the worst items first."""
    everybody = range(len(sheet.sittings))
    gaps = [sum(sheet.share(s, i) is None for s in everybody) for i in range(len(sheet.items))]
    order = sorted(range(len(sheet.items)), key=lambda i: (gaps[i], i))
    whole = [_until_gap(sheet, s, order) for s in everybody]
    kept = max((m for m in range(len(order) + 1) if sum(w >= m for w in whole) >= COMPLETE * len(whole)), default=0)
    items = sorted(order[:kept])
    students = [s for s in everybody if whole[s] >= kept] if items else []
    points = tuple(tuple(_points(sheet, s, i) for i in items) for s in students)
    totals = tuple(math.fsum(row) for row in points)
    upper, lower = tails(totals)
    return Scale(tuple(students), tuple(items), points, totals, upper, lower)


def _until_gap(sheet: Sheet, student: int, order: Sequence[int]) -> int:
    """How many of the items, in this order, the student was graded on before the first gap."""
    return next((m for m, item in enumerate(order) if sheet.share(student, item) is None), len(order))


def _points(sheet: Sheet, student: int, item: int) -> float:
    share = sheet.share(student, item)
    assert share is not None
    return share * sheet.items[item].max


def tails(totals: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Weights of the upper and the lower 27 %. Students tied at the border share its places, so no order decides."""
    size = max(1.0, math.floor(TAIL * len(totals) + 0.5))
    return _tail(totals, size), _tail([-total for total in totals], size)


def _tail(totals: Sequence[float], size: float) -> tuple[float, ...]:
    if not totals:
        return ()
    border = sorted(totals, reverse=True)[min(int(size), len(totals)) - 1]
    above = sum(total > border for total in totals)
    tied = sum(total == border for total in totals)
    return tuple(1.0 if total > border else (size - above) / tied if total == border else 0.0 for total in totals)


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean."""
    return math.fsum(values) / len(values)


def variance(values: Sequence[float]) -> float:
    """Sample variance (n - 1)."""
    middle = mean(values)
    return math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1)


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's; None when one of them does not vary."""
    mx, my = mean(xs), mean(ys)
    sx = math.fsum((x - mx) ** 2 for x in xs)
    sy = math.fsum((y - my) ** 2 for y in ys)
    if sx <= _FLAT * len(xs) or sy <= _FLAT * len(ys):
        return None
    return math.fsum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / math.sqrt(sx * sy)


_FLAT = 1e-18
"""Variance below which values are the same but for rounding."""


def weighted(values: Sequence[float], weights: Sequence[float]) -> float:
    """Weighted mean."""
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)


@dataclass(frozen=True)
class Reliability:
    """Cronbach's alpha with a 95 % interval, and the standard error of measurement in points (None when alpha < 0)."""

    alpha: float
    low: float
    high: float
    sem: float | None


def reliability(scale: Scale) -> Reliability | None:
    """Alpha by Cronbach (1951), its interval by Feldt, Woodruff and Salih (1987); None when totals don't vary.

    For items that are right or wrong it is KR-20. SEM = s * sqrt(1 - alpha).
    """
    n, k = len(scale.students), len(scale.items)
    spread = variance(scale.totals)
    if spread <= _FLAT:
        return None
    parts = math.fsum(variance([row[i] for row in scale.points]) for i in range(k))
    alpha = k / (k - 1) * (1 - parts / spread)
    d1, d2 = n - 1, (n - 1) * (k - 1)
    low, high = 1 - (1 - alpha) * f_quantile(0.975, d1, d2), 1 - (1 - alpha) * f_quantile(0.025, d1, d2)
    return Reliability(alpha, low, high, math.sqrt(spread * (1 - alpha)) if alpha >= 0 else None)
