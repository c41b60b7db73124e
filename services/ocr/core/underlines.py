"""Blanks' rules as long as they are: thick strokes on a rule hide a part of it from the search for straight lines."""

from collections.abc import Sequence

import numpy as np

from contracts.artefacts.reading import Rule
from contracts.base import Point
from services.ocr.core.flat import Mask
from services.ocr.core.rules import is_level, length_of

SHORTEST = 1.6
"""In ems, from which a rule may be a blank."""
FARTHEST = 8.0
"""In ems, how far a rule is followed; what goes on for longer is no blank."""
LEAST = 0.6
"""In ems, by which a rule is made longer at least: no less than what a character hides; a foot of print beside it is less."""
THICK = 2
"""Rows of a rule's three that hold ink where it runs on: the foot of a character beside it touches one."""
LEVEL = 0.2
"""In ems, between the heights of two pieces of one rule at most."""


def lengthened(rules: Sequence[Rule], ink: Mask, em: float) -> list[Rule]:
    """The rules, level ones as far as ink runs on in their line. What comes to overlap so becomes one.

    A blank keeps its line under the writing, and what is printed beside a blank stands a white gap apart from it.
    """
    level = [rule for rule in rules if is_level(rule) and length_of(rule) > SHORTEST * em]
    found: list[Rule] = []
    for rule in sorted((_followed(rule, ink, em) for rule in level), key=lambda r: r.start):
        same = next((i for i, other in enumerate(found) if _overlap(other, rule, em)), None)
        if same is None:
            found.append(rule)
        elif rule.end[0] > found[same].end[0]:
            found[same] = Rule(start=found[same].start, end=rule.end)
    return found + [rule for rule in rules if rule not in level]


def _followed(rule: Rule, ink: Mask, em: float) -> Rule:
    slope = (rule.end[1] - rule.start[1]) / (rule.end[0] - rule.start[0])
    return Rule(start=_end(rule.start, -1, slope, ink, em), end=_end(rule.end, 1, slope, ink, em))


def _end(end: Point, step: int, slope: float, ink: Mask, em: float) -> Point:
    """Where ink stops that runs on from a rule's end: at two white columns. step: 1 rightwards, -1 leftwards."""
    away = np.arange(1, round(FARTHEST * em))
    columns = round(end[0]) + step * away
    heights = np.round(end[1] + slope * step * away).astype(np.intp)
    inside = (columns >= 0) & (columns < ink.shape[1]) & (heights >= 1) & (heights < ink.shape[0] - 1)
    columns, heights = columns[inside], heights[inside]
    white = np.sum([ink[heights + row, columns] > 0 for row in (-1, 0, 1)], axis=0) < THICK
    gaps = np.flatnonzero(white[1:] & white[:-1])
    if not len(gaps) or gaps[0] < LEAST * em:
        return end
    return float(columns[gaps[0]]), float(heights[gaps[0]])


def _overlap(left: Rule, right: Rule, em: float) -> bool:
    """Whether two rules lie on one line and meet. left: begins first."""
    return right.start[0] <= left.end[0] and abs(right.start[1] - left.end[1]) < LEVEL * em
