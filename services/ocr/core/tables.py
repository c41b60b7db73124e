"""Ruled tables: cells are the holes in the net that a group of connected rules makes."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from contracts.artefacts.reading import Rule
from contracts.base import Box
from services.ocr.core.flat import Mask, unit
from services.ocr.core.rules import rule_mask

MIN_COLUMNS = 4
MAX_BEYOND = 8
MIN_PAST = 0.15
"""In columns, how far a table's rules run past its last upright one where it was cut off."""
MIN_CELL = 14
MIN_RECTANGULARITY = 0.75
MAX_SHARE = 0.3
"""A larger hole is a frame around an answer area, not a cell."""


class Cell(NamedTuple):
    """A cell of table number `table`, with the row and column its upper left corner stands in, all from 0.

    beyond: not seen; it follows from the cells left of it, see `cells_beyond`.
    """

    box: Box
    row: int
    column: int
    table: int
    beyond: bool = False


def find_tables(rules: list[Rule], size: tuple[int, int]) -> list[Cell]:
    """Cells of all ruled tables (at least two cells) of a page of (width, height) pixels, top to bottom."""
    scale = unit(size)
    net = _net(rules, size, scale)
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


def cells_beyond(cells: Sequence[Cell], rules: Sequence[Rule], size: tuple[int, int]) -> list[Cell]:
    """Where tables would go on whose level rules run on past their last upright one: an edge cuts them off there.

    Printers clip a table that is wider than its column, while pupils fill in what they know must follow.
    """
    found: list[Cell] = []
    for table in sorted({cell.table for cell in cells}):
        own = [cell for cell in cells if cell.table == table]
        for row in range(1, 1 + max(cell.row for cell in own)):
            found += _beyond([cell for cell in own if cell.row == row], own, rules, size[0])
    return found


def _beyond(row: Sequence[Cell], table: Sequence[Cell], rules: Sequence[Rule], width: int) -> list[Cell]:
    """Cells that continue one row, as wide as its last ones."""
    if len(row) < MIN_COLUMNS:
        return []
    steps = [b.box[0] - a.box[0] for a, b in pairwise(row)][-MIN_COLUMNS + 2 :]
    pitch, last = float(np.median(steps)), row[-1]
    if max(abs(step - pitch) for step in steps) > 0.1 * pitch or not _is_open(table, rules, last.box[2], pitch):
        return []
    rise = (last.box[1] - row[0].box[1]) / (len(row) - 1)
    x0, y0, x1, y1 = last.box
    return [
        Cell(
            (x0 + k * pitch, y0 + k * rise, x1 + k * pitch, y1 + k * rise), last.row, last.column + k, last.table, True
        )
        for k in range(1, MAX_BEYOND + 1)
        if x1 + k * pitch < width
    ]


def _is_open(table: Sequence[Cell], rules: Sequence[Rule], right: float, pitch: float) -> bool:
    """Whether most of a table's level rules run on past its right end, and no further than one more column."""
    left, top = min(c.box[0] for c in table), min(c.box[1] for c in table) - 0.2 * pitch
    bottom = max(c.box[3] for c in table) + 0.2 * pitch
    own = [
        rule
        for rule in rules
        if abs(rule.end[1] - rule.start[1]) < abs(rule.end[0] - rule.start[0])
        and top < rule.end[1] < bottom
        and rule.start[0] < left + pitch
        and rule.end[0] > right - pitch
    ]
    past = [rule for rule in own if MIN_PAST * pitch < rule.end[0] - right < 1.2 * pitch]
    return len(past) >= 2 and 2 * len(past) > len(own)


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
