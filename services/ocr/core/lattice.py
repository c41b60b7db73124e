"""Regular rows of equal shapes: from the ones seen, where the covered ones must be, and which belong to one item."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np


class Shape(NamedTuple):
    """A shape's centre; `seen` is false for one that was inferred."""

    x: float
    y: float
    seen: bool = True


Group = list[Shape]
"""The shapes of one item, left to right."""

MAX_STEPS = 4
"""Covered neighbours in a row: at most this many positions are inferred one after another."""
GROUP_GAP = 1.45
"""In pitches: a wider gap separates items."""


def pitch_of(seeds: Sequence[Shape], width: float, height: float) -> float | None:
    """The distance between neighbours in a row, or None when there are no rows of them."""
    steps = []
    for seed in seeds:
        right = [
            o.x - seed.x for o in seeds if abs(o.y - seed.y) < 0.4 * height and width * 0.8 < o.x - seed.x < 4 * width
        ]
        if right:
            steps.append(min(right))
    if len(steps) < 2:
        return None
    low = float(np.percentile(steps, 25))
    near = [s for s in steps if abs(s - low) < 0.2 * low]
    return float(np.median(near)) if len(near) >= 2 else None


def completed(
    seeds: Sequence[Shape], pitch: float, height: float, covered: Callable[[float, float], bool]
) -> list[Shape]:
    """The seeds and, a pitch beside them, the positions where `covered` says that ink hides a shape."""
    found = list(seeds)
    queue = [(seed, 0) for seed in seeds]
    while queue:
        at, steps = queue.pop()
        for x in (at.x - pitch, at.x + pitch):
            if any(abs(o.x - x) < 0.45 * pitch and abs(o.y - at.y) < 0.5 * height for o in found):
                continue
            if steps < MAX_STEPS and covered(x, at.y):
                added = Shape(x, at.y, seen=False)
                found.append(added)
                queue.append((added, steps + 1))
    return found


def groups_of(shapes: Sequence[Shape], pitch: float, height: float) -> list[Group]:
    """Chains of shapes a pitch apart, top to bottom, then left to right."""
    left, groups = sorted(shapes), []
    while left:
        chain = [left.pop(0)]
        grown = True
        while grown:
            last = chain[-1]
            near = [o for o in left if 0 < o.x - last.x < GROUP_GAP * pitch and abs(o.y - last.y) < 0.45 * height]
            grown = bool(near)
            if near:
                chain.append(min(near))
                left.remove(chain[-1])
        groups.append(chain)
    return sorted(groups, key=lambda g: (g[0].y, g[0].x))


def regular(groups: list[Group], pitch: float) -> list[Group]:
    """Groups brought to the page's usual length.

    Items stand below one another, so a column that other items have is a shape that was missed here, and an inferred
    shape in a column of its own is none.
    """
    lengths = [len(g) for g in groups if len(g) >= 2]
    if not lengths:
        return []
    usual = max(set(lengths), key=lambda n: (lengths.count(n), n))
    columns = [shape.x for group in groups if len(group) == usual for shape in group]
    done = [_to_length(group, usual, pitch, columns) for group in groups]
    return [group for group in done if len(group) >= 2 and sum(s.seen for s in group) >= 1]


def _to_length(group: Group, usual: int, pitch: float, columns: list[float]) -> Group:
    def known(x: float) -> bool:
        return any(abs(x - c) < 0.3 * pitch for c in columns)

    group = list(group)
    while len(group) > usual:
        ends = [s for s in (group[0], group[-1]) if not known(s.x)] or [s for s in (group[0], group[-1]) if not s.seen]
        if not ends:
            break
        group.remove(ends[0])
    while len(group) < usual:
        before, after = group[0].x - pitch, group[-1].x + pitch
        if known(after):
            group.append(Shape(after, group[-1].y, seen=False))
        elif known(before):
            group.insert(0, Shape(before, group[0].y, seen=False))
        else:
            break
    return group
