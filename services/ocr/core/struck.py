"""First attempts that were struck out where the answer that counts stands beside them.

A stroke drawn through writing crosses stroke after stroke; the bar of a fraction, a root's roof and a plus cross none or
one. Single characters are never taken for struck: their strokes cross as well.
"""

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.contents import clusters_of, margin_of
from services.ocr.core.engine import Text

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
    """Whether the first character was struck out and written again: it is read as the second, with a stroke's ink more.

    A character that stands twice in a word (88, 欣欣) has about as much ink both times.
    """
    if len(read.text) < 3 or read.text[0] != read.text[1] or len(read.xs) != len(read.text):
        return False
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    margin = margin_of(len(rows), em)
    width = columns[-1] - columns[0] + 1 + 2 * margin
    first, second, third = (columns[0] + x * width - margin for x in read.xs[:3])
    ends = columns[0], round((first + second) / 2), round((second + third) / 2)
    own, twin = int(mask[:, ends[0] : ends[1]].sum()), int(mask[:, ends[1] : ends[2]].sum())
    return own > TWIN * max(1, twin)


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
