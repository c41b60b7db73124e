"""Slanting straight strokes taller than a line of text: what a teacher's marks are made of and type is not."""

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.flat import Mask

EM = 16.0
"""Pixels an em has in a sketch: a pen's stroke is still two of them wide."""
SLOPES = tuple(math.radians(degrees) for degrees in (36, 43, 50, 57, 64))
TALLER = 1.2
"""Ems: no stroke of body text is as tall."""
DARK, WHITE = 140, 230
"""Brightness (of paper 255) that counts as ink wholly, and as none."""
FULL, CLEAR = 0.9, 0.5
"""Ink along a stroke, and by how much it is more than the ink at either side."""
BESIDE = 0.3
"""Ems from a stroke to where its sides are looked at."""
BEND = 0.45
"""Radians by which a stroke may turn on its way."""
HALF = 0.5
MAX_STROKES = 400
"""Strokes of a page after which it is a drawing."""

Sketch = npt.NDArray[np.float32]
"""(h, w), share of ink, 0..1, at EM pixels an em."""
Point = tuple[float, float]


class Stroke(NamedTuple):
    """A straight stroke from its upper to its lower end, in pixels of a sketch. clear: 0..1, how plainly it stands out."""

    top: Point
    bottom: Point
    clear: float

    @property
    def length(self) -> float:
        """In ems."""
        return math.dist(self.top, self.bottom) / EM

    @property
    def rises(self) -> bool:
        """Whether it runs from bottom left to top right."""
        return self.top[0] > self.bottom[0]


def sketch(grey: Mask, em: float) -> tuple[Sketch, float]:
    """The page's ink at EM pixels an em, and the sketch's scale. grey: the page on white paper; em: its type's size."""
    scale = EM / em
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=shrink).astype(np.float32)
    return np.asarray(np.clip((WHITE - small) / (WHITE - DARK), 0, 1), np.float32), scale


def strokes_of(ink: Sketch) -> list[Stroke]:
    """Slanting strokes that stand out of what is beside them, the plainest of each slant first."""
    thick = np.asarray(cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))), np.float32)
    found: list[Stroke] = []
    for slopes in (SLOPES, tuple(math.pi - slope for slope in SLOPES)):
        best, which = _responses(ink, thick, slopes)
        while len(found) < MAX_STROKES:
            _, clear, _, (x, y) = cv2.minMaxLoc(best)
            if clear < CLEAR:
                break
            top, bottom = _followed(thick, (x, y), slopes[which[y, x]])
            found.append(Stroke(top, bottom, float(clear)))
            cv2.line(best, _pixel(top), _pixel(bottom), 0, int(0.9 * EM))
            best[y, x] = 0
    return found


def along(ink: Sketch, start: Point, angle: float, length: float) -> float:
    """Mean ink on a line. angle: radians, upwards positive; length: in pixels."""
    reach = np.arange(0, length, 0.7)
    xs = np.rint(start[0] + math.cos(angle) * reach).astype(int)
    ys = np.rint(start[1] - math.sin(angle) * reach).astype(int)
    inside = (xs >= 0) & (ys >= 0) & (xs < ink.shape[1]) & (ys < ink.shape[0])
    return float(ink[ys[inside], xs[inside]].sum() / len(reach))


def beside(ink: Sketch, start: Point, angle: float, length: float) -> float:
    """Mean ink on the fuller side of a line."""
    dx, dy = math.sin(angle) * BESIDE * EM, math.cos(angle) * BESIDE * EM
    left, right = (start[0] - dx, start[1] - dy), (start[0] + dx, start[1] + dy)
    return max(along(ink, left, angle, length), along(ink, right, angle, length))


def _responses(ink: Sketch, thick: Sketch, slopes: tuple[float, ...]) -> tuple[Sketch, npt.NDArray[np.int16]]:
    """Per pixel how plainly a stroke runs through it, and of which of the slopes.

    Sums of shifted masks find where strokes may be, which is seldom; only there their sides are looked at.
    """
    best = np.zeros_like(ink)
    which = np.zeros(ink.shape, np.int16)
    margin = int(2 * TALLER * EM)
    dark = np.pad((thick > HALF).astype(np.uint8), margin)
    wide = np.pad(ink, margin)
    for index, slope in enumerate(slopes):
        xs, ys = _line(slope)
        count = np.zeros(ink.shape, np.uint8)
        for x, y in zip(xs, ys, strict=True):
            count = np.asarray(cv2.add(count, _shifted(dark, x, y, margin)), np.uint8)
        rows, columns = np.nonzero(count > FULL * len(xs))
        aside = np.rint(BESIDE * EM * np.array((math.sin(slope), math.cos(slope)))).astype(int)
        sides = [
            wide[rows[:, None] + ys + margin + side * aside[1], columns[:, None] + xs + margin + side * aside[0]].mean(
                axis=1
            )
            for side in (1, -1)
        ]
        clear = count[rows, columns] / len(xs) - np.maximum(*sides)
        better = clear > best[rows, columns]
        best[rows[better], columns[better]] = clear[better]
        which[rows[better], columns[better]] = index
    return best, which


def _line(slope: float) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """Pixels (x, y) of a line about its middle, taller than body text."""
    half = TALLER * EM / math.sin(slope) / 2
    reach = np.linspace(-half, half, round(2 * half) + 1)
    return np.rint(math.cos(slope) * reach).astype(int), np.rint(-math.sin(slope) * reach).astype(int)


def _shifted(padded: Mask, x: int, y: int, margin: int) -> Mask:
    height, width = padded.shape
    return padded[margin + y : height - margin + y, margin + x : width - margin + x]


def _followed(ink: Sketch, at: Point, slope: float) -> tuple[Point, Point]:
    """The ends of the stroke through a point, upper first: followed while there is ink, with a slight bend."""
    one, other = (_end(ink, at, slope + turn) for turn in (0.0, math.pi))
    return (one, other) if one[1] <= other[1] else (other, one)


def _end(ink: Sketch, at: Point, angle: float) -> Point:
    (x, y), end, missed, first = at, at, 0, angle
    while missed < 2 and 0 <= x < ink.shape[1] and 0 <= y < ink.shape[0]:
        steps = [(along(ink, (x + math.cos(a), y - math.sin(a)), a, 0.5), -abs(a - angle), a) for a in _turns(angle)]
        dark, _, turned = max(steps)
        if dark >= HALF and abs(angle + 0.3 * (turned - angle) - first) < BEND:
            angle += 0.3 * (turned - angle)
        step = turned if dark >= HALF else angle
        x, y = x + math.cos(step), y - math.sin(step)
        missed = 0 if dark >= HALF else missed + 1
        end = (x, y) if dark >= HALF else end
    return end


def _turns(angle: float) -> tuple[float, float, float]:
    return angle, angle + 0.25, angle - 0.25


def _pixel(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])
