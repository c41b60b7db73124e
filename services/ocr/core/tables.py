"""Ruled tables: cells are the holes in the net that a group of connected rules makes."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from contracts.artefacts.reading import Rule
from contracts.base import Box
from services.ocr.core.flat import Mask, unit
from services.ocr.core.rules import is_level, rule_mask

MIN_CELL = 14
MIN_RECTANGULARITY = 0.75
MEETS = 3.0
"""Pixels (at unit 1) between two rules that meet, at most; the straight stem of a letter stops further from its cell's border."""
MAX_SHARE = 0.3
"""A larger hole is a frame around an answer area, not a cell."""


Floats = npt.NDArray[np.float64]


class Cell(NamedTuple):
    """A cell of table number `table`, with the row and column its upper left corner stands in, all from 0.

    beyond: not seen; it follows from the cells left of it, see `beyond`.
    """

    box: Box
    row: int
    column: int
    table: int
    beyond: bool = False


def find_tables(rules: list[Rule], size: tuple[int, int]) -> list[Cell]:
    """Cells of all ruled tables (at least two cells) of a page of (width, height) pixels, top to bottom."""
    scale = unit(size)
    net = _net(meeting(rules, MEETS * scale), size, scale)
    _, labels = cv2.connectedComponents(net, connectivity=8)
    # An inner contour of the net is a hole: what the rules enclose.
    contours, hierarchy = cv2.findContours(net, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return []
    tables: dict[int, list[Box]] = {}
    for contour, links in zip(contours, hierarchy[0], strict=True):
        if links[3] < 0:
            continue
        x, y, width, height = cv2.boundingRect(contour)
        small = min(width, height) < MIN_CELL * scale
        if small or width * height > MAX_SHARE * size[0] * size[1]:
            continue
        if cv2.contourArea(contour) < MIN_RECTANGULARITY * width * height:
            continue
        cx, cy = contour[0][0]
        tables.setdefault(int(labels[cy, cx]), []).append((float(x), float(y), float(x + width), float(y + height)))
    groups = sorted((g for g in tables.values() if len(g) >= 2), key=lambda g: (min(b[1] for b in g), g[0][0]))
    return [cell for index, group in enumerate(groups) for cell in _placed(group, index)]


def meeting(rules: list[Rule], near: float) -> list[Rule]:
    """The rules that reach or cross one of the other direction: stems of letters and underlines in a cell do not."""
    level = [rule for rule in rules if is_level(rule)]
    upright = [rule for rule in rules if not is_level(rule)]
    if not level or not upright:
        return []
    across, down = _ends(level)[:, None], _ends(upright)[None, :, :, ::-1]
    middle = down[..., 1].mean(axis=-1)
    y = _at(across, middle)
    x = _at(down, y)
    meets = _within(across[..., 0], x, near) & _within(down[..., 0], y, near)
    return [level[i] for i in np.flatnonzero(meets.any(axis=1))] + [
        upright[j] for j in np.flatnonzero(meets.any(axis=0))
    ]


def _ends(rules: list[Rule]) -> Floats:
    """(n, 2, 2): start and end of each, x and y."""
    return np.array([(rule.start, rule.end) for rule in rules], np.float64)


def _at(ends: Floats, along: Floats) -> Floats:
    """How far across lines lie at `along`; ends: (..., 2, 2), start and end, along and across."""
    start, end = ends[..., 0, :], ends[..., 1, :]
    slope = (end[..., 1] - start[..., 1]) / np.maximum(end[..., 0] - start[..., 0], 1.0)
    return np.asarray(start[..., 1] + slope * (along - start[..., 0]), np.float64)


def _within(span: Floats, at: Floats, near: float) -> npt.NDArray[np.bool_]:
    return np.asarray((span[..., 0] - near <= at) & (at <= span[..., 1] + near), np.bool_)


def _net(rules: list[Rule], size: tuple[int, int], scale: float) -> Mask:
    """Rules drawn a little longer than found, so that corners close."""
    reach = 7 * scale
    longer = []
    for rule in rules:
        (x0, y0), (x1, y1) = rule.start, rule.end
        length = max(1.0, float(np.hypot(x1 - x0, y1 - y0)))
        dx, dy = (x1 - x0) / length * reach, (y1 - y0) / length * reach
        longer.append(Rule(start=(x0 - dx, y0 - dy), end=(x1 + dx, y1 + dy)))
    return rule_mask(longer, size, max(2, round(3 * scale)))


def _placed(boxes: list[Box], table: int) -> list[Cell]:
    rows = _ranks([b[1] for b in boxes], 0.5 * float(np.median([b[3] - b[1] for b in boxes])))
    columns = _ranks([b[0] for b in boxes], 0.5 * min(b[2] - b[0] for b in boxes))
    cells = [Cell(b, r, c, table) for b, r, c in zip(boxes, rows, columns, strict=True)]
    return sorted(cells, key=lambda cell: (cell.row, cell.column))


def _ranks(values: list[float], apart: float) -> list[int]:
    """The rank of each value among groups of values that are at least `apart` from one another."""
    order = np.argsort(values, kind="stable")
    ranks, rank, last = [0] * len(values), 0, None
    for index in order:
        if last is not None and values[index] - last > apart:
            rank += 1
        last = values[index]
        ranks[int(index)] = rank
    return ranks
