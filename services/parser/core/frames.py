"""Frames: rectangles of printed rules that make room for an answer."""

from contracts.artefacts import Page, Rule
from contracts.base import Box

_SLACK = 0.012
"""Share of the page's height by which rules may miss each other at a corner."""


def frame_around(page: Page, box: Box) -> Box | None:
    """The smallest rectangle of rules around a box: nearest rule on each side that spans the box's middle."""
    slack = _SLACK * page.height
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    levels = [_flat(r) for r in page.rules if abs(r.end[0] - r.start[0]) > abs(r.end[1] - r.start[1])]
    walls = [_steep(r) for r in page.rules if abs(r.end[1] - r.start[1]) > abs(r.end[0] - r.start[0])]
    above = [at for at, a, b in levels if at < box[1] + slack and a - slack <= x <= b + slack]
    below = [at for at, a, b in levels if at > box[3] - slack and a - slack <= x <= b + slack]
    left = [at for at, a, b in walls if at < box[0] + slack and a - slack <= y <= b + slack]
    right = [at for at, a, b in walls if at > box[0] + slack and at > x and a - slack <= y <= b + slack]
    if not (above and below and left and right):
        return None
    frame = (max(left), max(above), min(right), min(below))
    big = frame[2] - frame[0] > 0.2 * page.width and frame[3] - frame[1] > 3 * (box[3] - box[1])
    small = frame[3] - frame[1] < 0.95 * page.height
    return frame if big and small and _closed(frame, levels, walls, slack) else None


def _flat(rule: Rule) -> tuple[float, float, float]:
    a, b = sorted((rule.start[0], rule.end[0]))
    return (rule.start[1] + rule.end[1]) / 2, a, b


def _steep(rule: Rule) -> tuple[float, float, float]:
    a, b = sorted((rule.start[1], rule.end[1]))
    return (rule.start[0] + rule.end[0]) / 2, a, b


def _closed(
    frame: Box, levels: list[tuple[float, float, float]], walls: list[tuple[float, float, float]], slack: float
) -> bool:
    """Whether the four rules meet: top and bottom reach from side to side, the sides from top to bottom."""
    x0, y0, x1, y1 = frame
    flat = all(
        any(abs(at - y) < slack and a < x0 + 3 * slack and b > x1 - 3 * slack for at, a, b in levels) for y in (y0, y1)
    )
    steep = all(
        any(abs(at - x) < slack and a < y0 + 3 * slack and b > y1 - 3 * slack for at, a, b in walls) for x in (x0, x1)
    )
    return flat and steep
