"""Ticks, half ticks, crosses and slashes among the slanting strokes of a page, by how the strokes meet."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from contracts.base import Box
from services.ocr.core.diagonals import EM, Point, Sketch, Stroke, along, beside

Kind = Literal["tick", "half_tick", "cross"]

SHORTEST, LONGEST = 1.55, 5.8
"""Ems of a mark's long stroke; what is longer belongs to a drawing."""
SHORTEST_TICK = 1.7
PLAIN, LONE = 0.6, 0.75
"""How plainly a mark's stroke stands out, and a stroke that is a mark alone."""
LONE_LENGTHS = 2.1, 4.0
ARM = 0.65
"""Ems of a tick's short arm that are looked at."""
ARM_CLEAR = 0.72
ROOF = 0.7
"""Share of ink along a root's roof."""
LEAST_HALF, ALIKE = 0.6, 0.62
"""Ems from where a cross's strokes meet to their ends, and the lesser such length as a share of the other's: a half tick's
bar is shorter."""


class Sign(NamedTuple):
    """A mark. strokes: of a cross its two, or one where it is a slash (`lone`); of a tick the long one, its arm, its bar."""

    kind: Kind
    strokes: tuple[Stroke, ...]
    lone: bool = False

    @property
    def long(self) -> tuple[Stroke, ...]:
        """The strokes that are taller than type."""
        return self.strokes if self.kind == "cross" else self.strokes[:1]

    @property
    def clear(self) -> float:
        """How plainly it stands out, 0..1."""
        return min(stroke.clear for stroke in self.long)

    @property
    def box(self) -> Box:
        """Around its strokes, in pixels of the sketch."""
        xs, ys = zip(*(end for stroke in self.strokes for end in (stroke.top, stroke.bottom)), strict=True)
        return min(xs), min(ys), max(xs), max(ys)


def signs_of(ink: Sketch, strokes: Sequence[Stroke]) -> list[Sign]:
    """Ticks, half ticks, crosses and single slashes among the strokes."""
    falling = [stroke for stroke in strokes if not stroke.rises]
    signs = []
    for stroke in strokes:
        if stroke.rises and stroke.clear >= PLAIN and SHORTEST < stroke.length < LONGEST:
            sign = _sign(ink, stroke, falling)
            signs += [sign] if sign else []
    apart: list[Sign] = []
    for sign in sorted(signs, key=lambda sign: (sign.lone, sign.kind != "cross")):
        if not any(_same(sign.box, other.box) for other in apart):
            apart.append(sign)
    return apart


def _same(one: Box, other: Box) -> bool:
    """Whether two boxes share most of the smaller one."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width > 0 and height > 0 and width * height > 0.5 * least


def _sign(ink: Sketch, stroke: Stroke, falling: Sequence[Stroke]) -> Sign | None:
    """What a rising stroke is part of: with a stroke across it a cross, with an arm at its foot a tick."""
    across = next((other for other in falling if _cross(stroke, other)), None)
    if across:
        return Sign("cross", (stroke, across))
    arm = _arm(ink, stroke.bottom) if stroke.length > SHORTEST_TICK else None
    if arm and _roofed(ink, stroke.top):
        return None
    if arm:
        bar = _bar(ink, stroke)
        return Sign("half_tick", (stroke, arm, bar)) if bar else Sign("tick", (stroke, arm))
    if LONE_LENGTHS[0] < stroke.length < LONE_LENGTHS[1] and stroke.clear > LONE:
        return Sign("cross", (stroke,), lone=True)
    return None


def _cross(one: Stroke, other: Stroke) -> bool:
    """Whether two strokes cross, and are alike from there to the nearer end: print may seem to lengthen the other."""
    a, b = np.subtract(one.bottom, one.top), np.subtract(other.bottom, other.top)
    apart = np.subtract(other.top, one.top)
    area = a[0] * b[1] - a[1] * b[0]
    if abs(area) < 1:
        return False
    first = (apart[0] * b[1] - apart[1] * b[0]) / area
    second = (apart[0] * a[1] - apart[1] * a[0]) / area
    halves = min(first, 1 - first) * one.length, min(second, 1 - second) * other.length
    return bool(min(halves) > LEAST_HALF and min(halves) > ALIKE * max(halves))


def _arm(ink: Sketch, foot: Point) -> Stroke | None:
    """A tick's short arm: a stroke that comes down from the left to the long one's foot."""
    best: tuple[float, Stroke | None] = (ARM_CLEAR, None)
    for dx in np.arange(-0.35, 0.36, 0.1) * EM:
        for dy in np.arange(-0.35, 0.36, 0.1) * EM:
            at = (foot[0] + dx, foot[1] + dy)
            for angle in np.radians((150, 140, 130, 120, 110)):
                clear = along(ink, at, angle, ARM * EM)
                clear -= 0.5 * beside(ink, at, angle, ARM * EM) if clear > best[0] else 0.0
                if clear > best[0]:
                    length = ARM * EM
                    while length < 2 * EM and along(ink, _ahead(at, angle, length), angle, 2.0) > 0.5:
                        length += 1
                    best = (clear, Stroke(_ahead(at, angle, length), at, clear))
    return best[1]


def _bar(ink: Sketch, stroke: Stroke) -> Stroke | None:
    """The short stroke that crosses a half tick's long arm."""
    slope = math.atan2(stroke.bottom[1] - stroke.top[1], stroke.top[0] - stroke.bottom[0])
    half = 0.4 * EM
    for share in np.arange(0.25, 0.7, 0.05):
        x = stroke.top[0] + share * (stroke.bottom[0] - stroke.top[0])
        y = stroke.top[1] + share * (stroke.bottom[1] - stroke.top[1])
        for angle in slope + np.radians((80, 90, 100, 110)):
            start = _ahead((x, y), angle, -half)
            if along(ink, start, angle, 2 * half) > 0.85 and beside(ink, start, angle, 2 * half) < 0.5:
                return Stroke(_ahead((x, y), angle, half), start, 0.75)
    return None


def _roofed(ink: Sketch, top: Point) -> bool:
    """Whether a level stroke goes on from the long arm's end, as in a root."""
    starts = [(top[0] + 2, top[1] + shift) for shift in (-1, 0, 1, 2)]
    return any(along(ink, at, 0.0, 0.7 * EM) > ROOF and beside(ink, at, 0.0, 0.7 * EM) < 1 - ROOF for at in starts)


def _ahead(at: Point, angle: float, reach: float) -> Point:
    return at[0] + math.cos(angle) * reach, at[1] - math.sin(angle) * reach
