"""Knowledge points: what share of the points on each the class earned, with an interval, and by group."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.gateway.classreport.core.quantiles import t_quantile
from services.gateway.classreport.core.scale import ENOUGH, Scale, mean, variance, weighted
from services.gateway.classreport.core.sheet import Sheet

FEWEST_SHOWN = 5
"""Students of a class below which its mean is not shown beside the others: it would be somebody's."""


@dataclass(frozen=True)
class PointFigures:
    """One knowledge point. `mean` of the students' shares of its points, 95 % t interval from 20 students on.

    `upper`, `middle`, `lower`: means of the groups by total score; `classes`: by class_id, of at least 5 students each.
    """

    code: str
    name: str
    items: tuple[int, ...]
    students: int
    mean: float
    low: float | None
    high: float | None
    upper: float | None
    middle: float | None
    lower: float | None
    classes: Mapping[str, float]


def points_of(sheet: Sheet, scale: Scale) -> list[PointFigures]:
    """All knowledge points that were graded, the weakest first."""
    items: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, item in enumerate(sheet.items):
        for code, name in item.points:
            items[code, name].append(index)
    figures = [_figures(sheet, scale, *point, tuple(indices)) for point, indices in items.items()]
    return sorted((f for f in figures if f is not None), key=lambda f: (f.mean, f.code))


def _figures(sheet: Sheet, scale: Scale, code: str, name: str, items: tuple[int, ...]) -> PointFigures | None:
    shares = {s: share for s in range(len(sheet.sittings)) if (share := _share(sheet, s, items)) is not None}
    if not shares:
        return None
    values = list(shares.values())
    middle, low, high = mean(values), None, None
    if len(values) >= ENOUGH:
        half = t_quantile(0.975, len(values) - 1) * math.sqrt(variance(values) / len(values))
        low, high = max(0.0, middle - half), min(1.0, middle + half)
    groups = _groups(scale, shares) if scale.enough else {}
    return PointFigures(
        code=code,
        name=name,
        items=items,
        students=len(values),
        mean=middle,
        low=low,
        high=high,
        upper=groups.get("upper"),
        middle=groups.get("middle"),
        lower=groups.get("lower"),
        classes=_classes(sheet, shares),
    )


def _share(sheet: Sheet, student: int, items: Sequence[int]) -> float | None:
    """Of the points that the student was graded on."""
    graded = [(share, sheet.items[i].max) for i in items if (share := sheet.share(student, i)) is not None]
    whole = math.fsum(most for _, most in graded)
    return math.fsum(share * most for share, most in graded) / whole if whole > 0 else None


def _groups(scale: Scale, shares: Mapping[int, float]) -> dict[str, float]:
    weights = {
        "upper": scale.upper,
        "lower": scale.lower,
        "middle": [1 - up - low for up, low in zip(scale.upper, scale.lower, strict=True)],
    }
    found = {}
    for group, all_weights in weights.items():
        pairs = [(shares[s], w) for s, w in zip(scale.students, all_weights, strict=True) if s in shares]
        if math.fsum(w for _, w in pairs) > _NOBODY:
            found[group] = weighted([share for share, _ in pairs], [w for _, w in pairs])
    return found


_NOBODY = 1e-9


def _classes(sheet: Sheet, shares: Mapping[int, float]) -> dict[str, float]:
    by_class: dict[str, list[float]] = defaultdict(list)
    for student, share in shares.items():
        if class_id := sheet.sittings[student].class_id:
            by_class[class_id].append(share)
    return {name: mean(values) for name, values in sorted(by_class.items()) if len(values) >= FEWEST_SHOWN}
