"""Frames: rectangles of printed rules that make room for an answer."""

from collections.abc import Iterator, Sequence
from itertools import product

from contracts.artefacts import Page, Rule
from contracts.base import Box

_SLACK = 0.012
"""Share of the page's height by which rules may miss each other at a corner."""
_CORNER = 3
"""Times that by which the ends of a rule may miss a corner: ends wear off first."""
_LEAST_WIDTH = 0.2
"""Share of the page's width that a frame is wider than."""
_LEAST_HEIGHT = 3
"""Times the height of what stands in it that a frame is higher than: a lower one is a cell."""
_MOST_HEIGHT = 0.95
"""Share of the page's height that a frame is lower than: the sheet's own border frames no question."""

Extent = tuple[float, float, float]
"""Where a rule lies across itself, and from where to where it runs."""


def frame_around(page: Page, box: Box) -> Box | None:
    """The smallest rectangle of rules around a box, if it has room for an answer: two levels and the walls that join them.

    Strokes of the answer are rules too, to whoever finds them; a frame's own meet at its corners.
    """
    frame = next(_closed(page, box), None)
    if frame is None:
        return None
    width, height = frame[2] - frame[0], frame[3] - frame[1]
    roomy = width > _LEAST_WIDTH * page.width and height > _LEAST_HEIGHT * (box[3] - box[1])
    return frame if roomy and height < _MOST_HEIGHT * page.height else None


def _closed(page: Page, box: Box) -> Iterator[Box]:
    """Rectangles of rules around a box's middle, lowest first."""
    slack = _SLACK * page.height
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    levels = [_flat(r) for r in page.rules if abs(r.end[0] - r.start[0]) > abs(r.end[1] - r.start[1])]
    walls = [_steep(r) for r in page.rules if abs(r.end[1] - r.start[1]) > abs(r.end[0] - r.start[0])]
    over = [(at, a, b) for at, a, b in levels if a - slack <= x <= b + slack]
    beside = [(at, a, b) for at, a, b in walls if a - slack <= y <= b + slack]
    above = {at for at, _, _ in over if at < box[1] + slack}
    below = {at for at, _, _ in over if at > box[3] - slack}
    for top, bottom in sorted(product(above, below), key=lambda pair: pair[1] - pair[0]):
        joining = [at for at, a, b in beside if _reaches((a, b), top, bottom, slack)]
        left = max((at for at in joining if at < box[0] + slack), default=None)
        right = min((at for at in joining if at > max(x, box[0] + slack)), default=None)
        if (
            left is not None
            and right is not None
            and all(_is_joined(levels, y, left, right, slack) for y in (top, bottom))
        ):
            yield left, top, right, bottom


def _is_joined(levels: Sequence[Extent], y: float, left: float, right: float, slack: float) -> bool:
    return any(abs(at - y) < slack and _reaches((a, b), left, right, slack) for at, a, b in levels)


def _reaches(extent: tuple[float, float], low: float, high: float, slack: float) -> bool:
    """Whether a rule runs from one side to the other, but for what a corner may miss."""
    miss = min(_CORNER * slack, (high - low) / 4)
    return extent[0] < low + miss and extent[1] > high - miss


def _flat(rule: Rule) -> Extent:
    a, b = sorted((rule.start[0], rule.end[0]))
    return (rule.start[1] + rule.end[1]) / 2, a, b


def _steep(rule: Rule) -> Extent:
    a, b = sorted((rule.start[1], rule.end[1]))
    return (rule.start[0] + rule.end[0]) / 2, a, b
