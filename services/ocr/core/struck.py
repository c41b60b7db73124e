"""First attempts that were struck out where the answer that counts stands beside them.

A stroke drawn through writing crosses stroke after stroke; the bar of a fraction, a root's roof and a plus cross none or
one. Single characters are never taken for struck: their strokes cross as well.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.contents import clusters_of, margin_of
from services.ocr.core.said import Text

Bools = npt.NDArray[np.bool_]

APART = 0.3
"""In ems, the white between two attempts at least."""
LONG = 1.5
"""In ems, the least length of a stroke through writing: the longest level stroke of a character is shorter."""
FLAT = 0.25
"""The most that it rises, as a share of its length."""
CROSSINGS = 3
"""Strokes that it crosses at least."""
NEAR = 0.1
"""In ems, how far above and below it a stroke that it crosses is looked for."""
LEAST = 0.1
"""In square ems, the least ink of what stays."""

TWIN = 1.3
"""Times as much ink as its twin has, from which the first of two same characters is struck out."""
WELL_READ = 0.88
"""Confidence from which a character other than the one after it is no struck form of it: 大人, +1."""
CUT = 4
"""Pixels around the middle of two characters where they may be cut."""
LOWEST = 0.35
"""In ems, the least height of a character that can be told from a stroke through it."""
SLACK, HELD = 0.05, 0.97
"""In ems, how far the same stroke is off when written again; the share of it that the first attempt holds at least."""
EXTRA = (0.05, 1.0)
"""Ink of a stroke through a character, as a share of the character's."""
BAND, LEVEL, LEVEL_TOLD = 0.14, 0.6, 0.42
"""In ems, half the height of a level line; the share of the other ink on it, and where both are read as the same."""
WIDER, MIDDLE = (1.15, 2.5), (0.25, 0.8)
"""Width of the stroke as a share of the character's, and where in its height it lies."""


def without_struck(mask: Bools, em: float) -> Bools | None:
    """The writing without its struck parts; None where none is struck, or nothing would be left."""
    struck = [(a, b) for a, b in clusters_of(mask, APART * em) if is_struck(mask[:, a : b + 1], em)]
    if not struck:
        return None
    left = mask.copy()
    for start, end in struck:
        left[:, start : end + 1] = False
    return left if left.sum() > LEAST * em * em else None


def begun_twice(mask: Bools, em: float, read: Text) -> bool:
    """Whether the first character was struck out and written again.

    It is read as the second, with a stroke's ink more (a character that stands twice in a word, 88, 欣欣, has about as much
    ink both times), or it holds the second's shape and a level stroke through it.
    """
    if len(read.text) < 2 or len(read.xs) != len(read.text) or not mask.any():
        return False
    same = read.text[0] == read.text[1]
    if not same and read.confidences[0] > WELL_READ:
        return False
    own, twin = _first_two(mask, em, read.xs)
    inked = same and len(read.text) > 2 and int(own.sum()) > TWIN * max(1, int(twin.sum()))
    return inked or _is_struck_twin(own, twin, em, LEVEL_TOLD if same else LEVEL)


def _first_two(mask: Bools, em: float, xs: Sequence[float]) -> tuple[Bools, Bools]:
    """The strokes of the first and of the second character, cut where fewest are. xs: 0..1 of the picture's width."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    margin = margin_of(len(rows), em)
    width = columns[-1] - columns[0] + 1 + 2 * margin
    centres = [columns[0] + x * width - margin for x in xs[:3]]
    start, end = int(columns[0]), round((centres[1] + centres[2]) / 2) if len(centres) > 2 else int(columns[-1]) + 1
    middle = round((centres[0] + centres[1]) / 2)
    near = range(max(start + 2, middle - CUT), min(end - 2, middle + CUT + 1))
    cut = min(near, key=lambda x: (int(mask[:, x].sum()), abs(x - middle)), default=middle)
    return mask[:, start:cut], mask[:, cut:end]


def _is_struck_twin(own: Bools, twin: Bools, em: float, level: float) -> bool:
    """Whether strokes hold another character's, and the rest lies on a level line through its middle, wider than it.

    level: the share of the rest that must lie on the line.
    """
    columns, rows = np.flatnonzero(twin.any(axis=0)), np.flatnonzero(twin.any(axis=1))
    if not len(columns) or len(rows) < LOWEST * em:
        return False
    shape = twin[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    room = round(0.3 * em)
    around = np.pad(own, room)
    if around.shape[0] < shape.shape[0] or around.shape[1] < shape.shape[1]:
        return False
    fat, wanted = _thickened(around, em), shape.astype(np.float32)
    # Where several places hold it: the first one, and the one where most strokes lie on one another.
    fits = (cv2.matchTemplate(seen.astype(np.float32), wanted, cv2.TM_CCORR) for seen in (fat, 2.0 * fat + around))
    return any(_holds_struck(around, shape, cv2.minMaxLoc(fit)[3], em, level) for fit in fits)


def _holds_struck(strokes: Bools, shape: Bools, at: Sequence[int], em: float, level: float) -> bool:
    """Whether strokes hold a shape at a place (x, y), and all else is the stroke through it."""
    x, y = at
    height, width = shape.shape
    window = np.s_[y : y + height, x : x + width]
    if (_thickened(strokes, em)[window] & shape).sum() < HELD * shape.sum():
        return False
    again = np.zeros_like(strokes)
    again[window] = shape
    extra = strokes & ~_thickened(again, em)
    if not EXTRA[0] < extra.sum() / shape.sum() < EXTRA[1]:
        return False
    ys, xs = np.nonzero(extra)
    middle = float(np.median(ys))
    line = xs[np.abs(ys - middle) < BAND * em]
    if not len(line):  # strokes above and below, none at the middle between them
        return False
    wide = WIDER[0] < (np.ptp(line) + 1) / width < WIDER[1]
    return bool(wide and len(line) > level * len(xs) and MIDDLE[0] < (middle - y) / height < MIDDLE[1])


def _thickened(strokes: Bools, em: float) -> Bools:
    """Strokes as wide as where they may lie when written again."""
    side = 2 * max(1, round(SLACK * em)) + 1
    return np.asarray(cv2.dilate(strokes.astype(np.uint8), np.ones((side, side), np.uint8)) > 0, np.bool_)


def is_struck(mask: Bools, em: float) -> bool:
    """Whether a long level stroke runs through writing."""
    ink = mask.astype(np.uint8)
    level = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, max(3, round(0.4 * em))), np.uint8))
    level = cv2.bitwise_and(cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((3, 5), np.uint8)), ink)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(level, connectivity=8)
    for index, (x, y, width, height, _) in enumerate(stats.tolist()):
        if index and width > LONG * em and height < FLAT * width:
            own = labels[y : y + height, x : x + width] == index
            if _crossings(mask[:, x : x + width], own, y, max(2, round(NEAR * em))) >= CROSSINGS:
                return True
    return False


def _crossings(mask: Bools, stroke: Bools, top: int, near: int) -> int:
    """How many strokes go on from a level one, on the side where fewer do. top: the row of the stroke's first one."""
    columns = np.flatnonzero(stroke.any(axis=0))
    upper = top + stroke.argmax(axis=0)[columns] - near
    lower = top + len(stroke) - stroke[::-1].argmax(axis=0)[columns] + near - 1
    if upper.min() < 0 or lower.max() >= len(mask):
        return 0
    return min(_runs(mask[upper, columns]), _runs(mask[lower, columns]))


def _runs(inked: Bools) -> int:
    return int(np.count_nonzero(np.diff(np.pad(inked.astype(np.int8), 1)) == 1))
