"""Frames on answer cards that open with a question's number: what stands after the number is the answer's room.

Such a frame is found as a cell of a table. Read as a whole it gives one line of text, number and all, in which nothing
that is stacked or raised can be told.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import cv2
import numpy as np

from contracts.artefacts.reading import Line
from services.ocr.core.flat import Mask
from services.ocr.core.glyphs import Glyph, Token, glyphs_of, tokens_of
from services.ocr.core.places import Place
from services.ocr.core.tables import Cell

NUMBER = r"\d{1,2}\s*[.．、](?!\d)"
NARROWEST, LOWEST, HIGHEST = 6.0, 1.2, 4.0
"""In ems: the width of a frame at least, and its height."""
FIRST = 1.6
"""In ems, how far from a frame's left edge its number begins at most."""
AFTER = 0.35
"""In ems, from the middle of the number's dot to the room after it."""
LEAST = 2
"""Numbered frames of a table from which it is believed to be made of them."""
FOOT, UNDER, RUN, WIDE = 0.8, 0.4, 2.0, 0.3
"""In ems: how far over and under a frame's foot its own blank may be printed, and the shortest run of one; the share of
the frame's width that such runs take in a row at least."""
MOST_PRINT, PRINTED = 3, 0.95
"""Chinese characters of such confidence that a frame with a stem in it has more of."""


def framed(cells: Sequence[Cell], lines: Sequence[Line], em: float) -> dict[Cell, Place]:
    """The room after the number of each cell that is a numbered frame; of others of its column, where it must be."""
    numbers, glyphs = tokens_of(lines, NUMBER), glyphs_of(lines)
    found: dict[Cell, Place] = {}
    for _, group in groupby(sorted(cells, key=lambda c: c.table), key=lambda c: c.table):
        own = [cell for cell in group if _is_frame(cell, em) and not _has_stem(cell, glyphs, lines)]
        starts = {cell: x for cell in own if (x := _start(cell, numbers, em)) is not None}
        if len(starts) < LEAST:
            continue
        for cell in own:
            column = [x for other, x in starts.items() if other.column == cell.column]
            start = starts.get(cell, max(column, default=None))
            if start is not None:
                found[cell] = Place("rule", (start, cell.box[1], cell.box[2] - 0.1 * em, cell.box[3] + 0.2 * em), em)
    return found


def footed(places: Iterable[Place], ink: Mask) -> tuple[list[Place], Mask]:
    """The places with the blanks printed along the feet of their frames as their ends, and these blanks' pixels.

    A blank so close to its frame is no rule of its own: the two are found as one.
    """
    found, feet = [], np.zeros_like(ink)
    for place in places:
        (x0, y0, x1, y1), em = place.box, place.em
        left, right, level = round(x0), round(x1), round(y1 - 0.2 * em)
        top, end = max(0, level - round(FOOT * em)), level + round(UNDER * em)
        strip = ink[top:end, left:right]
        runs = cv2.morphologyEx(strip, cv2.MORPH_OPEN, np.ones((1, round(RUN * em)), np.uint8))
        rows = np.flatnonzero((runs > 0).sum(axis=1) > WIDE * max(1, right - left))
        if len(rows):
            reach = np.ones((3, round(RUN * em)), np.uint8)
            feet[top:end, left:right] = cv2.bitwise_and(cv2.dilate(runs, reach), strip)
            level = min(level, top + int(rows[0]))
        found.append(place._replace(box=(x0, y0, x1, level + 0.2 * em)))
    return found, feet


def _is_frame(cell: Cell, em: float) -> bool:
    x0, y0, x1, y1 = cell.box
    return x1 - x0 > NARROWEST * em and LOWEST * em < y1 - y0 < HIGHEST * em


def _has_stem(cell: Cell, glyphs: Sequence[Glyph], lines: Sequence[Line]) -> bool:
    """Whether print stands in a cell: a table's text, no answer."""
    inside = [g for g in glyphs if "一" <= g.char <= "鿿" and _holds(cell, g.x, g.y)]
    return sum(lines[g.line].confidences[g.position] >= PRINTED for g in inside) > MOST_PRINT


def _start(cell: Cell, numbers: Sequence[Token], em: float) -> float | None:
    """Where the room after a cell's only number begins."""
    inside = [token for token in numbers if _holds(cell, (token.x0 + token.x1) / 2, token.y)]
    if len(inside) != 1 or inside[0].x0 > cell.box[0] + FIRST * em:
        return None
    return inside[0].x1 + AFTER * em


def _holds(cell: Cell, x: float, y: float) -> bool:
    x0, y0, x1, y1 = cell.box
    return x0 < x < x1 and y0 < y < y1
