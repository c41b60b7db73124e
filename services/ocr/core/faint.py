"""Faint borders of tables: in shade and blur a thin rule is hardly darker than its paper, yet it stands where a table needs one."""

from collections.abc import Sequence

import cv2
import numpy as np
from cv2.typing import MatLike

from contracts.artefacts.reading import Rule
from services.ocr.core.flat import Leaf
from services.ocr.core.rules import is_level, length_of, level_rules, upright_rules
from services.ocr.core.tables import meeting

CONTRAST = 12
"""Of 255, what a faint rule is darker than the paper on both its sides, in the mean over a stretch of it; noise is less."""
STRETCH = 7
"""Pixels (at unit 1) over which that is taken: noise evens out, a rule stays."""
BREADTH = 9
"""Pixels (at unit 1) across which paper is looked for."""
NEAR = 8
"""Pixels (at unit 1) between a border's end and the rule it ends at: blur wears ends off first."""
PALE = 150
"""Of 255, the paper's brightness: a short border darker than this in a quarter of its length would have been seen, so it is a stroke."""
LONG = 200
"""Pixels (at unit 1) from which a dark one is none: what is written on a border breaks it too."""
BESIDE = 4
"""Pixels (at unit 1) between a rule and its own pieces."""


def with_faint_borders(rules: Sequence[Rule], leaf: Leaf) -> list[Rule]:
    """The rules of a page, and the faint ones that run from one of those to another; pieces of such are it.

    Only where rules meet, as those of a table do, for elsewhere nothing tells a faint rule from a stroke of a pencil.
    """
    near = NEAR * leaf.unit
    table = meeting(list(rules), near)
    if not table:
        return list(rules)
    faint = [rule for rule in _faint(leaf, table) if not _is_stroke(rule, leaf)]
    borders = [rule for rule in faint if _joins(rule, rules, near)]
    borders = [rule for rule in faint if _joins(rule, [*rules, *borders], near)]  # those that end at a faint one
    new = [rule for rule in borders if not any(_lies_on(rule, seen, BESIDE * leaf.unit) for seen in rules)]
    kept = [rule for rule in rules if not any(_lies_on(rule, border, BESIDE * leaf.unit) for border in new)]
    return sorted([*kept, *new], key=lambda rule: not is_level(rule))


def _faint(leaf: Leaf, table: Sequence[Rule]) -> list[Rule]:
    """Rules that contrast a little with what is on both sides of them, in the window of a table's."""
    margin = 2 * NEAR * leaf.unit
    ends = np.array([end for rule in table for end in (rule.start, rule.end)])
    x0, y0 = np.maximum(ends.min(axis=0) - margin, 0).astype(int)
    x1, y1 = (ends.max(axis=0) + margin).astype(int)
    window = leaf.darkest[y0:y1, x0:x1]
    level = level_rules(_lines(window, leaf.unit), leaf.unit)
    upright = upright_rules(cv2.transpose(_lines(cv2.transpose(window), leaf.unit)), leaf.unit)
    return [_moved(rule, float(x0), float(y0)) for rule in [*level, *upright]]


def _lines(grey: MatLike, scale: float) -> MatLike:
    """Mask of what runs level and is darker than what is above and below it."""
    even = cv2.blur(grey, (max(3, round(STRETCH * scale)), 1))
    across = max(5, round(BREADTH * scale)) | 1
    darker = cv2.morphologyEx(even, cv2.MORPH_BLACKHAT, np.ones((across, 1), np.uint8))
    return cv2.threshold(darker, CONTRAST - 1, 255, cv2.THRESH_BINARY)[1]


def _joins(rule: Rule, others: Sequence[Rule], near: float) -> bool:
    """Whether both ends of a rule lie at rules of the other direction."""
    across = [other for other in others if is_level(other) != is_level(rule)]
    return all(any(_is_at(end, other, near) for other in across) for end in (rule.start, rule.end))


def _is_stroke(rule: Rule, leaf: Leaf) -> bool:
    length = length_of(rule)
    if length > LONG * leaf.unit:
        return False
    share = np.linspace(0, 1, max(2, round(length)))[:, None]
    points = (np.array(rule.start) * (1 - share) + np.array(rule.end) * share).round().astype(int)
    height, width = leaf.darkest.shape
    x, y = np.clip(points[:, 0], 0, width - 1), np.clip(points[:, 1], 0, height - 1)
    return float(np.percentile(leaf.darkest[y, x], 25)) < PALE


def _lies_on(piece: Rule, rule: Rule, near: float) -> bool:
    """Whether a piece is part of a rule."""
    same = is_level(piece) == is_level(rule)
    return same and all(_is_at(end, rule, near) for end in (piece.start, piece.end))


def _is_at(point: tuple[float, float], rule: Rule, near: float) -> bool:
    along = 0 if is_level(rule) else 1
    start, end = rule.start, rule.end
    if not start[along] - near <= point[along] <= end[along] + near:
        return False
    share = (point[along] - start[along]) / max(1.0, end[along] - start[along])
    return abs(start[1 - along] + share * (end[1 - along] - start[1 - along]) - point[1 - along]) <= near


def _moved(rule: Rule, x: float, y: float) -> Rule:
    return Rule(start=(rule.start[0] + x, rule.start[1] + y), end=(rule.end[0] + x, rule.end[1] + y))
