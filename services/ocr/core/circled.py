"""Circled numbers of a written answer (①③④), which the recogniser reads as brackets and zeros around digits.

A ring is ink all around at the edge of a stroke's box, with ink of its own inside; neighbours that touch are parted where
their outline is narrowest.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.said import Judged

Bools = npt.NDArray[np.bool_]

DIGITS = tuple(map(str, range(1, 13)))
NUMBERS = frozenset("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳")
LEAST, MOST = 0.7, 2.6
"""In ems, the sides of a ring."""
ROUND = (0.62, 1.5)
"""Width by height of a ring."""
ANGLES, OCTANTS = 48, 8
RIM, INNER, GAP = (0.76, 1.08), 0.62, (0.64, 0.72)
"""Shares of the way from a ring's middle to its box between which its stroke runs, within which its digit stands, and
between which there is little but paper."""
CROSSED, HIGH = 0.3, 0.28
"""Share of the way around that ink crosses the gap at most, and of the ring's height that its digit has at least: the
middles of 8 and B do neither."""
AROUND, OCTANT = 0.86, 0.6
"""Share of the way around, and of each eighth of it, that is ink at least: no 6, 8 or 9 is round so far out."""
DIGIT = 0.025
"""In square ems, the least ink of a digit."""
NECK = 0.8
"""Share of the height beside it that an outline is high at most where two rings touch."""
LEFT_OVER = 0.06
"""In square ems, ink outside of rings up to which an answer is made of them: a comma, a crumb."""
CLEAR, LIKELY = 0.5, 0.2
"""Share of the probability of all digits from which one is taken, and that probability: a letter may stand in a ring."""


class Ring(NamedTuple):
    """Box (x0, y0, x1, y1) of a ring in its mask, and the pixels of what stands in it (h, w)."""

    box: tuple[int, int, int, int]
    inside: Bools


def rings_of(mask: Bools, em: float) -> list[Ring]:
    """The circled characters that writing is made of, from left to right; none where something else stands as well."""
    found = [ring for box in _boxes(mask, em) if (ring := _ring(mask, box, em)) is not None]
    rest = mask.copy()
    for (x0, y0, x1, y1), _ in found:
        rest[y0:y1, x0:x1] = False
    return sorted(found, key=lambda ring: ring.box[0]) if found and rest.sum() <= LEFT_OVER * em * em else []


def told(judged: Sequence[Judged]) -> tuple[str, float] | None:
    """The circled numbers whose digits were read, and their confidence; None where one is no clear digit."""
    text, sure = "", 1.0
    for digit in judged:
        best = max(digit.candidates, key=lambda d: digit.candidates[d])
        share = digit.candidates[best] / max(1e-9, sum(digit.candidates.values()))
        if share < CLEAR or digit.candidates[best] < LIKELY:
            return None
        text, sure = text + chr(ord("①") + int(best) - 1), sure * share
    return text, sure


def _boxes(mask: Bools, em: float) -> list[tuple[int, int, int, int]]:
    """Boxes of strokes and what they enclose, those of touching rings apart."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        x, y, width, height = cv2.boundingRect(contour)
        if min(width, height) < LEAST * em:
            continue
        if width < ROUND[1] * height:  # one ring, or none; its outline may be open
            found.append((x, y, x + width, y + height))
            continue
        filled = np.zeros((height, width), np.uint8)
        cv2.drawContours(filled, [contour], -1, 1, cv2.FILLED, offset=(-x, -y))
        for left, right in _parted(filled > 0):
            rows = np.flatnonzero(filled[:, left:right].any(axis=1))
            found.append((x + left, y + int(rows[0]), x + right, y + int(rows[-1]) + 1))
    return found


def _parted(filled: Bools) -> list[tuple[int, int]]:
    """Column ranges of an outline, cut at its necks."""
    heights, side = filled.sum(axis=0).astype(float), filled.shape[0]
    cuts, start = [0], 0
    for x in range(1, len(heights) - 1):
        left, right = heights[start:x].max(), heights[x + 1 : x + side].max()
        lowest = heights[x] == heights[max(0, x - side // 3) : x + side // 3].min()
        if (
            lowest
            and heights[x] < NECK * min(left, right)
            and x - start > 0.45 * side
            and len(heights) - x > 0.45 * side
        ):
            cuts.append(x)
            start = x
    return list(zip(cuts, [*cuts[1:], len(heights)], strict=True))


def _ring(mask: Bools, box: tuple[int, int, int, int], em: float) -> Ring | None:
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    if not (
        LEAST * em < min(width, height) and max(width, height) < MOST * em and ROUND[0] < width / height < ROUND[1]
    ):
        return None
    own = mask[y0:y1, x0:x1]
    rim, gap = _around(own, RIM), _around(own, GAP)
    if rim.mean() < AROUND or rim.reshape(OCTANTS, -1).mean(axis=1).min() < OCTANT or gap.mean() > CROSSED:
        return None
    rows, columns = np.mgrid[0:height, 0:width]
    out = np.hypot((columns + 0.5) / width - 0.5, (rows + 0.5) / height - 0.5) * 2
    inside = np.zeros_like(mask)
    inside[y0:y1, x0:x1] = own & (out < INNER)
    inked = np.flatnonzero(inside.any(axis=1))
    is_digit = inside.sum() > DIGIT * em * em and float(np.ptp(inked)) > HIGH * height
    return Ring(box, inside) if is_digit else None


def _around(own: Bools, between: tuple[float, float]) -> Bools:
    """Of each angle around the middle of a box, whether there is ink between two shares of the way to its edge."""
    height, width = own.shape
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)[:, None]
    share = np.linspace(*between, 10)[None]
    xs = np.clip(np.round((0.5 + 0.5 * share * np.cos(angle)) * width - 0.5).astype(int), 0, width - 1)
    ys = np.clip(np.round((0.5 + 0.5 * share * np.sin(angle)) * height - 0.5).astype(int), 0, height - 1)
    return np.asarray(own[ys, xs].any(axis=1), np.bool_)
