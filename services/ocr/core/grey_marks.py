"""A teacher's marks on a page without colour: long slanting strokes, all of one pen that is paler than the print."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from contracts.artefacts.reading import Mark
from services.ocr.core.diagonals import EM, Stroke, sketch, strokes_of
from services.ocr.core.flat import Leaf, Mask
from services.ocr.core.raster import Image
from services.ocr.core.signs import Sign, signs_of

COLOURED = 24
"""Difference between a pixel's channels from which it has a colour."""
MAX_COLOURED = 1e-4
"""Share of a page's pixels that may have one: a single red tick has more."""
QUAD_EM = 0.72
"""Size of the type in a text box of height 1."""
EVEN = 40.0
"""Brightness (of 255) between the quarters of one pen's stroke on bare paper; pupils' strokes fade more."""
PALER = 20.0
"""Brightness by which the teacher's pen is paler than the darker quarter of all ink."""
SAME_PEN = 30.0
"""Brightness by which marks of one pen may differ."""
OVER, PEN = 0.15, 0.2
"""Ems by which a stroke may lie elsewhere than found, and that it is wide."""
PALEST = 150
"""Brightness from which a pixel is no stroke's core."""
SURE, LEAST_SURE = 0.8, 2
"""How plainly marks stand out that show a teacher was here, and how many of them it takes."""


class Found(NamedTuple):
    """Marks of a page, and the page without them."""

    marks: list[Mark]
    clean: Image


def find_grey_marks(leaf: Leaf, quads: Sequence[npt.NDArray[np.float32]]) -> Found | None:
    """The marks of a page without colour; None where it has colour, or nothing shows that a teacher was here.

    quads: the page's text boxes, which tell the size of its type.
    """
    if not quads or _has_colour(leaf.bgr):
        return None
    heights = [math.dist(quad[0], quad[3]) for quad in quads]
    ink, scale = sketch(leaf.grey, max(6.0, QUAD_EM * float(np.median(heights))))
    signs = [(sign, *_pen(leaf.grey, sign, scale)) for sign in signs_of(ink, strokes_of(ink))]
    least = _dark(leaf.grey) + PALER
    sure = [
        level
        for sign, level, spread in signs
        if sign.clear >= SURE and not sign.lone and spread < EVEN and level - spread / 2 > least
    ]
    if len(sure) < LEAST_SURE:
        return None
    pen = float(np.median(sure))
    kept = [_of_pen(leaf.grey, sign, scale, pen) for sign, level, _ in signs if abs(level - pen) < SAME_PEN]
    return Found([_mark(sign, scale) for sign in kept], _without(leaf, kept, scale, pen)) if kept else None


def _of_pen(grey: Mask, sign: Sign, scale: float, pen: float) -> Sign:
    """The sign without strokes of print that seemed to be its arm or its bar."""
    if sign.kind == "cross":
        return sign
    arm, *bar = (abs(_level(grey, stroke, scale, 90)[0] - pen) < SAME_PEN for stroke in sign.strokes[1:])
    if not arm:
        return Sign("cross", sign.strokes[:1], lone=True)
    return sign if all(bar) else Sign("tick", sign.strokes[:2])


def _pen(grey: Mask, sign: Sign, scale: float) -> tuple[float, float]:
    """As `_level`, of a sign's long strokes."""
    told = [_level(grey, stroke, scale) for stroke in sign.long]
    return float(np.mean([level for level, _ in told])), max(spread for _, spread in told)


def _level(grey: Mask, stroke: Stroke, scale: float, bare: int = 75) -> tuple[float, float]:
    """How bright a stroke is where no print darkens it, and how far the quarters of its brightness lie apart.

    bare: the percentile of it where bare paper is hoped for.
    """
    reach = max(2, round(0.12 * EM / scale))
    levels = []
    for share in np.linspace(0.1, 0.9, 20):
        x = round((stroke.top[0] + share * (stroke.bottom[0] - stroke.top[0])) / scale)
        y = round((stroke.top[1] + share * (stroke.bottom[1] - stroke.top[1])) / scale)
        around = grey[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        levels.append(float(around.min(initial=255)))
    low, high, level = np.percentile(levels, (25, 75, bare))
    return float(level), float(high - low)


def _dark(grey: Mask) -> float:
    """Brightness of the darker quarter of ink, at its strokes' darkest."""
    core = grey[(grey == cv2.erode(grey, np.ones((5, 5), np.uint8))) & (grey < PALEST)]
    return float(np.percentile(core, 25)) if core.size else 0.0


def _has_colour(bgr: Image) -> bool:
    blue, green, red = cv2.split(bgr)
    spread = cv2.subtract(cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red))
    return int(np.count_nonzero(spread > COLOURED)) > MAX_COLOURED * spread.size


def _mark(sign: Sign, scale: float) -> Mark:
    x0, y0, x1, y1 = sign.box
    sure = 0.55 if sign.lone else min(0.9, sign.clear)
    return Mark(kind=sign.kind, box=(x0 / scale, y0 / scale, x1 / scale, y1 / scale), confidence=sure)


def _without(leaf: Leaf, signs: Sequence[Sign], scale: float, pen: float) -> Image:
    """The page with the marks' strokes made paper; darker ink that they cross stays."""
    strokes = np.zeros(leaf.grey.shape, np.uint8)
    em = EM / scale
    soft = np.asarray(cv2.blur(leaf.grey, (3, 3)), np.uint8)
    for sign in signs:
        for stroke in sign.strokes:
            points = _traced(soft, np.divide((stroke.top, stroke.bottom), scale), em)
            cv2.polylines(strokes, [points], False, 255, max(3, round(PEN * em)))
    clean = leaf.bgr.copy()
    clean[(strokes > 0) & (leaf.grey > pen - PALER)] = 255
    return clean


def _traced(grey: Mask, ends: npt.NDArray[np.float64], em: float) -> npt.NDArray[np.int32]:
    """A stroke's points where it is darkest: (n, 2) pixels. It is not quite straight, and its ends were found in a sketch."""
    along_it = (ends[1] - ends[0]) / max(1.0, math.dist(*ends))
    shares = np.arange(-OVER * em, math.dist(*ends) + OVER * em, 2.0)
    shifts = np.arange(-OVER * em, OVER * em + 0.5, 1.0)
    aside = np.array((-along_it[1], along_it[0]))
    around = ends[0] + shares[:, None, None] * along_it + shifts[:, None] * aside
    around = np.clip(np.rint(around), 0, (grey.shape[1] - 1, grey.shape[0] - 1)).astype(int)
    best = shifts[grey[around[..., 1], around[..., 0]].argmin(axis=1)]
    steady = [float(np.median(best[max(0, i - 4) : i + 5])) for i in range(len(best))]
    points = ends[0] + shares[:, None] * along_it + np.array(steady)[:, None] * aside
    return np.asarray(np.rint(points), np.int32)
