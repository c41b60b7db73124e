"""Printed straight lines by run-length morphology: blanks, table borders, frames."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from cv2.typing import MatLike

from contracts.artefacts.reading import Rule
from services.ocr.core.flat import Leaf, Mask
from services.ocr.core.outlines import outlined

RUN = 20
"""Pixels (at unit 1) a stroke must run straight to seed a rule: shorter than a skewed rule's steps (3 degrees)."""
MIN_LENGTH = 44
"""Pixels (at unit 1): a blank is longer than a character is wide."""
MAX_THICKNESS = 9
MAX_SLOPE = 0.07
MAX_LEAN = 0.13
"""Upright rules may lean more than level ones slope: text gives the page's skew away, its keystone not."""
JOIN = 9
GAP = 3
"""Pixels between two columns of one stroke, at most."""
STEP = 2.0
"""Pixels (at unit 1) from one column to the next by which no printed line climbs."""
STROKE = 32
"""Pixels (at unit 1): a level stroke of a character is shorter."""


class _Segment(NamedTuple):
    """A nearly level line in (along, across) coordinates."""

    start: float
    end: float
    at_start: float
    at_end: float


def find_rules(leaf: Leaf) -> list[Rule]:
    """Straight printed lines of a page: level ones left to right, then upright ones top to bottom."""
    blocks = _blocks(leaf)
    return level_rules(leaf.ink, leaf.unit, blocks) + upright_rules(leaf.ink, leaf.unit, blocks)


def find_levels(leaf: Leaf) -> list[Rule]:
    """The level ones alone."""
    return level_rules(leaf.ink, leaf.unit, _blocks(leaf))


def level_rules(mask: MatLike, scale: float, blocks: MatLike | None = None) -> list[Rule]:
    """Level lines of a mask, left to right. blocks: mask of what is too thick to be of one."""
    found = _segments(mask, blocks, scale, MAX_SLOPE)
    return [Rule(start=(s.start, s.at_start), end=(s.end, s.at_end)) for s in found]


def upright_rules(mask: MatLike, scale: float, blocks: MatLike | None = None) -> list[Rule]:
    """The same down the page, top to bottom."""
    turned = None if blocks is None else cv2.transpose(blocks)
    found = _segments(cv2.transpose(mask), turned, scale, MAX_LEAN)
    return [Rule(start=(s.at_start, s.start), end=(s.at_end, s.end)) for s in found]


def _blocks(leaf: Leaf) -> MatLike:
    """Solid blocks (a filled bubble, a masked name): they are made of runs too."""
    thick = _thickest(leaf.unit)
    blocks = cv2.morphologyEx(leaf.ink, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8))
    return np.asarray(cv2.dilate(blocks, np.ones((3, 3), np.uint8)), np.uint8)


def _thickest(scale: float) -> int:
    return max(5, round(MAX_THICKNESS * scale))


def is_level(rule: Rule) -> bool:
    """Whether the rule runs across the page rather than down it."""
    return abs(rule.end[0] - rule.start[0]) >= abs(rule.end[1] - rule.start[1])


def length_of(rule: Rule) -> float:
    """Length in pixels."""
    return float(np.hypot(rule.end[0] - rule.start[0], rule.end[1] - rule.start[1]))


def rule_mask(rules: list[Rule], size: tuple[int, int], thickness: int) -> Mask:
    """The rules drawn on an empty (width, height) page: pixels that are no handwriting."""
    drawn = np.zeros((size[1], size[0]), np.uint8)
    for rule in rules:
        start, end = (round(rule.start[0]), round(rule.start[1])), (round(rule.end[0]), round(rule.end[1]))
        cv2.line(drawn, start, end, 255, thickness)
    return drawn


def _segments(mask: MatLike, blocks: MatLike | None, scale: float, steepest: float) -> list[_Segment]:
    run = max(8, round(RUN * scale))
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    if blocks is not None:
        runs = cv2.subtract(runs, blocks)
    join = max(3, round(JOIN * scale))
    joined = np.asarray(cv2.dilate(runs, np.ones((3, join), np.uint8)), np.uint8)
    shortest = MIN_LENGTH * scale
    found = []
    for stroke in outlined(joined):
        x, y, width, height = stroke.box
        if width < shortest or height > steepest * width + _thickest(scale) + 4:
            continue
        own = stroke.own(joined) & (runs[stroke.window] > 0)
        segment = _fit(own, scale, steepest)
        if segment and segment.end - segment.start >= shortest:
            found.append(
                segment._replace(
                    start=segment.start + x,
                    end=segment.end + x,
                    at_start=segment.at_start + y,
                    at_end=segment.at_end + y,
                )
            )
    return _merged(found, scale)


def _fit(own: npt.NDArray[np.bool_], scale: float, steepest: float) -> _Segment | None:
    """The line through one component, or None when its pixels do not lie on a line.

    Where strokes of writing stand on a rule, its height is told by the stretches between them.
    """
    weight = own.sum(axis=0)
    columns = np.flatnonzero(weight)
    middles = (np.arange(len(own)) @ own)[columns] / weight[columns]
    stretches = _stretches(columns, middles, scale)
    if not stretches:
        return None
    level = _in_line(stretches, columns, middles, scale)
    for trusted in (level, [slice(stretches[0].start, stretches[-1].stop)]):
        taken = np.concatenate([np.arange(stretch.start, stretch.stop) for stretch in trusted])
        line = _line(columns[taken], middles[taken], scale, steepest)
        if line is not None and 2 * (line.end - line.start) >= columns[-1] - columns[0]:
            return line
    return None


def _in_line(
    stretches: list[slice], columns: npt.NDArray[np.intp], middles: npt.NDArray[np.float64], scale: float
) -> list[slice]:
    """The longest stretch and those in line with it; others hold strokes that stand on the rule."""
    longest = max(stretches, key=lambda stretch: stretch.stop - stretch.start)
    x, y = columns[longest].mean(), middles[longest].mean()
    away = columns[longest] - x
    slope = float((away @ middles[longest]) / (away @ away))

    def agrees(stretch: slice) -> bool:
        far = float(columns[stretch].mean() - x)
        return abs(float(middles[stretch].mean() - y) - slope * far) <= 1.2 * scale + 0.015 * abs(far)

    return [stretch for stretch in stretches if agrees(stretch)]


def _line(
    columns: npt.NDArray[np.intp], middles: npt.NDArray[np.float64], scale: float, steepest: float
) -> _Segment | None:
    """The line through the middles of columns, None where they lie on none or no stretch of them is long."""
    if len(columns) < 2 or _longest(columns) < MIN_LENGTH * scale:
        return None
    away = columns - columns.mean()
    slope = float((away @ middles) / (away @ away))
    # Printed rules bend a little on curled paper; handwriting wavers more.
    bend = np.abs(middles - middles.mean() - slope * away)
    if np.percentile(bend, 80) > 1.2 * scale + 0.004 * len(columns) or abs(slope) > steepest:
        return None
    middle = float(middles.mean())
    return _Segment(
        float(columns[0]), float(columns[-1]), middle + slope * float(away[0]), middle + slope * float(away[-1])
    )


def _stretches(columns: npt.NDArray[np.intp], middles: npt.NDArray[np.float64], scale: float) -> list[slice]:
    """Which columns lie in long stretches: short ones at the ends are feet of the characters that stand beside a blank.

    middles: height of the ink in each column; a stretch ends at a gap or where the height jumps.
    """
    jumps = np.abs(np.diff(middles)) > max(1.6, STEP * scale)
    edges = np.concatenate(([0], np.flatnonzero((np.diff(columns) > GAP) | jumps) + 1, [len(columns)]))
    long = np.flatnonzero(np.diff(edges) >= STROKE * scale)
    return [slice(int(edges[i]), int(edges[i + 1])) for i in long]


def _longest(columns: npt.NDArray[np.intp]) -> int:
    """Length of the longest stretch without a gap of more than GAP pixels: strokes of neighbouring characters have wider ones."""
    breaks = np.flatnonzero(np.diff(columns) > GAP)
    edges = np.concatenate(([0], breaks + 1, [len(columns)]))
    return int(np.diff(edges).max())


def _merged(segments: list[_Segment], scale: float) -> list[_Segment]:
    """Pieces of one line (cut by a descender or a fold) become one; near-duplicates at the same height too."""
    gap, apart = 14 * scale, 3.5 * scale
    done: list[_Segment] = []
    for segment in sorted(segments):
        for index, other in enumerate(done):
            near = abs(segment.at_start - _at(other, segment.start)) < apart
            if near and segment.start - other.end < gap:
                if segment.end > other.end:
                    done[index] = _Segment(other.start, segment.end, other.at_start, segment.at_end)
                break
        else:
            done.append(segment)
    return done


def _at(segment: _Segment, along: float) -> float:
    """Height of the line at `along`, level beyond its ends."""
    if segment.end <= segment.start:
        return segment.at_start
    share = min(1.0, max(0.0, (along - segment.start) / (segment.end - segment.start)))
    return segment.at_start + share * (segment.at_end - segment.at_start)
