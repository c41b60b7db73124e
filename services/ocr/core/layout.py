"""Columns of text and figures of a rectified page."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from contracts.artefacts.reading import Line, Rule
from contracts.base import Box
from services.ocr.core.flat import ink_mask, unit
from services.ocr.core.glyphs import text_height
from services.ocr.core.raster import Image
from services.ocr.core.rules import is_level, length_of

MAX_COLUMNS = 3
MIN_COLUMN = 0.18
"""Narrowest column, as a share of the page's width."""
MIN_VALLEY = 0.012
"""Narrowest gap between columns, as a share of the page's width."""
MIN_SHARE = 0.12
"""Share of the page's text (by area) below which a column is a margin note."""
MAX_CROSSING = 0.22
"""Share of the text's height that a heading may take across the gap."""
MIN_FIGURE = 2.2
"""Smallest figure's side, in line heights."""


def find_columns(lines: Sequence[Line], rules: Sequence[Rule], size: tuple[int, int]) -> list[Box]:
    """Boxes of the page's text columns, left to right (one box when there is one column).

    A gap is where few lines cross: a heading above the columns may. A long upright rule in the middle is a gap too.
    """
    width, height = size
    boxes = np.array([_bounds(line) for line in lines if line.text.strip()], dtype=np.float64).reshape(-1, 4)
    if not len(boxes):
        return [(0.0, 0.0, float(width), float(height))]
    cuts: list[float] = []
    for gap in _gaps(boxes, rules, size):
        if len(cuts) + 1 < MAX_COLUMNS and _parts(boxes, sorted([*cuts, gap]), width):
            cuts.append(gap)
    edges = [0.0, *sorted(cuts), float(width)]
    return [_column(boxes, left, right, height) for left, right in pairwise(edges)]


def _bounds(line: Line) -> Box:
    xs, ys = [p[0] for p in line.box], [p[1] for p in line.box]
    return min(xs), min(ys), max(xs), max(ys)


def _gaps(boxes: npt.NDArray[np.float64], rules: Sequence[Rule], size: tuple[int, int]) -> list[float]:
    """Candidate x of gaps between columns, the surest first: long upright rules, then the emptiest valleys."""
    width, height = size
    upright = [r for r in rules if not is_level(r) and length_of(r) > 0.35 * height]
    ruled = [(r.start[0] + r.end[0]) / 2 for r in upright]
    ruled = [x for x in ruled if _crossed(boxes, x, width) < MAX_CROSSING]
    cover = np.zeros(width + 1)
    for x0, y0, x1, y1 in boxes:
        cover[max(0, int(x0)) : int(x1) + 1] += y1 - y0
    total = float((boxes[:, 3] - boxes[:, 1]).sum())
    low = cover <= _floor(cover, total)
    valleys = []
    edges = np.flatnonzero(np.diff(np.concatenate(([0], low.astype(np.int8), [0]))))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start >= MIN_VALLEY * width and MIN_COLUMN * width < (start + end) / 2 < (1 - MIN_COLUMN) * width:
            valleys.append((float(cover[start:end].mean()), -(end - start), float(start + end) / 2))
    return sorted(ruled, key=lambda x: abs(x - width / 2)) + [x for _, _, x in sorted(valleys)]


def _floor(cover: npt.NDArray[np.float64], total: float) -> float:
    """Height of text that may cross a valley: the headings, never more than a small share of what is beside it."""
    busy = cover[cover > 0]
    return min(0.12 * total, 0.15 * float(np.percentile(busy, 75))) if len(busy) else 0.0


def _crossed(boxes: npt.NDArray[np.float64], x: float, width: int) -> float:
    """Share of the text's height in lines that run across x."""
    heights = boxes[:, 3] - boxes[:, 1]
    across = (boxes[:, 0] < x - 0.01 * width) & (boxes[:, 2] > x + 0.01 * width)
    return float(heights[across].sum() / max(1.0, heights.sum()))


def _parts(boxes: npt.NDArray[np.float64], cuts: list[float], width: int) -> bool:
    """Whether the cuts make columns: each wide enough, with its share of text, of lines that use the column's width.

    Options set in two or four ("A. 3    B. 4") stand in a valley as well, but their lines start between numbered
    stems that cross it, and are much shorter than the column.
    """
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    edges = [0.0, *cuts, float(width)]
    for left, right in pairwise(edges):
        middle = (boxes[:, 0] + boxes[:, 2]) / 2
        inside = (middle >= left) & (middle < right)
        if right - left < MIN_COLUMN * width or areas[inside].sum() < MIN_SHARE * areas.sum() / len(cuts):
            return False
        widths = boxes[inside, 2] - boxes[inside, 0]
        if float(np.percentile(widths, 85)) < 0.45 * (boxes[inside, 2].max() - boxes[inside, 0].min()):
            return False
    return True


def _column(boxes: npt.NDArray[np.float64], left: float, right: float, height: int) -> Box:
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    inside = boxes[(middle >= left) & (middle < right)]
    if not len(inside):
        return left, 0.0, right, float(height)
    top, bottom = float(inside[:, 1].min()), float(inside[:, 3].max())
    return max(left, min(float(inside[:, 0].min()), right)), top, min(right, float(inside[:, 2].max())), bottom


def find_figures(bgr: Image, lines: Sequence[Line], rules: Sequence[Rule]) -> list[Box]:
    """Boxes of drawings and photographs on a page (h, w, 3): connected ink that is neither text nor a ruled line."""
    height, width = bgr.shape[:2]
    scale = unit((width, height))
    mask = ink_mask(bgr)
    em = text_height(lines, 30 * scale)
    for line in lines:
        # A label inside a drawing is text too, but it is short; what is wiped of the drawing with it is little.
        quad = np.array(line.box, dtype=np.int32)
        cv2.fillPoly(mask, [quad], 0)
    for rule in rules:
        if length_of(rule) > (0.3 * width if is_level(rule) else 0.25 * height):
            start, end = (round(rule.start[0]), round(rule.start[1])), (round(rule.end[0]), round(rule.end[1]))
            cv2.line(mask, start, end, 0, max(5, round(7 * scale)))
    side = max(3, round(0.5 * em))
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = [
        (float(x), float(y), float(x + w), float(y + h))
        for x, y, w, h, area in stats[1:]
        if min(w, h) >= MIN_FIGURE * em and area >= 3 * em * em * 0.3 and w * h < 0.5 * width * height
    ]
    return _united([b for b in boxes if b[0] > 2 and b[1] > 2 and b[2] < width - 2 and b[3] < height - 2], 0.6 * em)


def _united(boxes: list[Box], near: float) -> list[Box]:
    """Boxes that touch or nearly do, as one; top to bottom."""
    done: list[Box] = []
    for box in sorted(boxes, key=lambda b: b[1]):
        merged = box
        again = True
        while again:
            touching = [o for o in done if _gap(o, merged) < near]
            again = bool(touching)
            for other in touching:
                done.remove(other)
                merged = (
                    min(merged[0], other[0]),
                    min(merged[1], other[1]),
                    max(merged[2], other[2]),
                    max(merged[3], other[3]),
                )
        done.append(merged)
    return sorted(done, key=lambda b: (b[1], b[0]))


def _gap(a: Box, b: Box) -> float:
    """Larger of the horizontal and vertical distance between two boxes; negative when they overlap."""
    return max(max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3]))
