"""The slope of a page's printed rules: they are straight where lines that a hand wrote climb."""

import math
from collections.abc import Sequence

import numpy as np

from contracts.artefacts.reading import Rule
from services.ocr.core import geometry
from services.ocr.core.flat import Leaf
from services.ocr.core.raster import Image, Matrix
from services.ocr.core.rules import find_levels
from services.ocr.core.upright import reduced

SIDE = 1000
"""Longer side, in pixels, at which rules are looked for: a long one tells a tenth of a degree there."""
LONG = 0.25
"""Share of the page's width from which a rule tells; shorter ones are bars of fractions and underlined words."""
LEAST = 2
ALIKE_DEG = 0.2
AGREED = 0.6
"""Share of the rules' length that lies as the middle one does: on curled paper and in photographs of two sheets less does."""


def tilt_of(bgr: Image, matrix: Matrix, size: tuple[int, int]) -> float:
    """Degrees, clockwise positive, by which printed rules still slope on a page that `matrix` takes to (width, height)."""
    ratio = min(1.0, SIDE / max(size))
    shrink = np.diag([ratio, ratio, 1.0])
    page, there = reduced(bgr, ratio * max(bgr.shape[:2])), (round(size[0] * ratio), round(size[1] * ratio))
    small = geometry.warped(page, shrink @ matrix @ np.linalg.inv(shrink), there)
    return tilt(find_levels(Leaf(small)), small.shape[1])


def tilt(rules: Sequence[Rule], width: float) -> float:
    """Slope in degrees of most of the long level rules of a page so wide; 0 when there are too few, or they disagree."""
    long = [(r.end[0] - r.start[0], r.end[1] - r.start[1]) for r in rules if r.end[0] - r.start[0] > LONG * width]
    if len(long) < LEAST:
        return 0.0
    slopes = np.array([math.degrees(math.atan2(dy, dx)) for dx, dy in long])
    lengths = np.array([dx for dx, _ in long])
    middle = geometry.weighted_median(slopes, lengths)
    alike = lengths[np.abs(slopes - middle) <= ALIKE_DEG].sum() / lengths.sum()
    return middle if alike >= AGREED else 0.0
