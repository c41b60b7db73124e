"""Answer tables that an edge cut off: where their cells would go on, and the letters that pupils wrote there.

Printers clip a table that is wider than its column, while pupils fill in what they know must follow.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise

import cv2
import numpy as np

from contracts.artefacts.reading import Line, Rule, Spot
from contracts.base import Box
from services.ocr.core.contents import BLANK, Content, content_of
from services.ocr.core.flat import Leaf, Mask
from services.ocr.core.glyphs import Glyph, glyphs_of
from services.ocr.core.places import Place, cells_of
from services.ocr.core.rules import is_level
from services.ocr.core.tables import Cell

MIN_COLUMNS = 4
MAX_BEYOND = 8
MIN_PAST = 0.15
"""In columns, how far a table's rules run past its last upright one where it was cut off."""
LETTER_ROOM = 1.0
"""In ems, how far left and right of its cell's middle a letter reaches where the cell's borders are not there to see."""
LETTERS = frozenset("ABCDEFGH")
SURE = 0.8
"""Probability of a letter from which a place past a table's edge is believed to be one."""


def cells_beyond(cells: Sequence[Cell], rules: Sequence[Rule], size: tuple[int, int]) -> list[Cell]:
    """Where tables would go on whose level rules run on past their last upright one: an edge cuts them off there."""
    found: list[Cell] = []
    for table in sorted({cell.table for cell in cells}):
        own = [cell for cell in cells if cell.table == table]
        for row in range(1, 1 + max(cell.row for cell in own)):
            found += _beyond([cell for cell in own if cell.row == row], own, rules, size[0])
    return found


def contents_beyond(
    cells: Sequence[Cell], contents: Sequence[tuple[Place, Content]], lines: Sequence[Line], leaf: Leaf, ink: Mask
) -> list[tuple[Place, Content]]:
    """What stands where tables would go on: ink at the height of the row's other answers. contents: of all places seen.

    Among print, only ink of another colour than print is told from it for sure; black letters must stand alone.
    """
    if not cells:
        return []
    glyphs, em = glyphs_of(lines), contents[0][0].em
    found: list[tuple[Place, Content]] = []
    for (table, row), group in groupby(cells, key=lambda cell: (cell.table, cell.row)):
        own = [(p, c) for p, c in contents if p.cell and (p.cell.table, p.cell.row) == (table, row)]
        written = [c for p, c in own if c.share >= BLANK and c.mask.any() and p.cell and p.cell.column > 0]
        if not written:
            continue
        is_blue = sum(int(leaf.blue[c.window][c.mask].astype(bool).sum()) for c in written)
        coloured = 2 * is_blue > sum(int(c.mask.sum()) for c in written)
        pen = _closed(leaf.blue, ink) if coloured else ink
        extents = [_rows_of(c) for c in written]
        top, bottom = min(a for a, _ in extents) - 0.2 * em, max(b for _, b in extents) + 0.2 * em
        for place in cells_of(list(group), em):
            x = (place.box[0] + place.box[2]) / 2
            narrow = place._replace(box=(x - LETTER_ROOM * em, top, x + LETTER_ROOM * em, bottom))
            if coloured or _stands_alone(narrow.box, glyphs, em):
                found.append((narrow, content_of(narrow, pen)))
    return found


def until_last_letter(beyond: Sequence[Spot]) -> list[Spot]:
    """Of places past the edges of tables, the sure letters, and the empty ones that have such a letter further on."""
    found: list[Spot] = []
    letters: set[tuple[int | None, int | None]] = set()
    for spot in reversed([spot for spot in beyond if spot.kind == "cell"]):
        if spot.text and set(spot.text) <= set(LETTERS) and spot.candidates.get(spot.text, 0.0) >= SURE:
            letters.add((spot.table, spot.row))
            found.append(spot)
        elif spot.ink == 0 and (spot.table, spot.row) in letters:
            found.append(spot)
    return found[::-1]


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
        if is_level(rule)
        and top < rule.end[1] < bottom
        and rule.start[0] < left + pitch
        and rule.end[0] > right - pitch
    ]
    past = [rule for rule in own if MIN_PAST * pitch < rule.end[0] - right < 1.2 * pitch]
    return len(past) >= 2 and 2 * len(past) > len(own)


def _closed(blue: Mask, ink: Mask) -> Mask:
    """Blue ink without the gaps where it crosses print."""
    return np.asarray(
        cv2.bitwise_and(cv2.morphologyEx(blue, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), ink), np.uint8
    )


def _rows_of(content: Content) -> tuple[float, float]:
    """First and last row of the page that a content reaches."""
    rows = np.flatnonzero(content.mask.any(axis=1)) + content.origin[1]
    return float(rows[0]), float(rows[-1])


def _stands_alone(box: Box, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether nothing but letters was read inside, no dot that makes them an option's, and nothing close by at either side."""
    y = (box[1] + box[3]) / 2
    level = [g for g in glyphs if abs(g.y - y) < 0.6 * em and box[0] - 0.5 * em < g.x < box[2] + 0.5 * em]
    return all(box[0] <= g.x <= box[2] and g.char in LETTERS for g in level)
