"""Room for a letter behind a stem whose brackets were lost under what is written there: right before the first option."""

import re
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from contracts.artefacts.reading import Line
from contracts.base import Box
from services.ocr.core.brackets import ANSWERS, CLOSE, OPEN
from services.ocr.core.flat import Mask
from services.ocr.core.glyphs import centre_y
from services.ocr.core.places import Place

FIRST = re.compile(r"\s*A\s*[.．、]")
ABOVE = (0.7, 2.8)
"""In ems, how far above the first option the stem's last row stands."""
ROOM = 6.0
"""In ems, how far behind the stem a letter and its brackets reach."""
TALL = 0.55
"""In ems, the height of a stroke from which it may be a letter's."""
PRINT = 0.95
"""In ems, from the middle of a character to that of the next in print; a letter in brackets stands further off."""
NARROW = 0.45
"""In ems, the width up to which a stroke where a bracket was read is that bracket."""
SHORT = 4
"""Characters of a row that may be nothing but an answer and a bracket's end."""


def tails(lines: Sequence[Line], places: Sequence[Place], ink: Mask, em: float) -> list[Place]:
    """Ink behind the last row of stems that have no answer place. ink: without rules and red.

    Only on pages that have brackets elsewhere: others may ask for a ring, or for a letter on another sheet.
    """
    if not any(place.kind == "bracket" for place in places):
        return []
    found = []
    for line in lines:
        if FIRST.match(line.text) and (last := _last_row(line, lines, em)) is not None:
            box = _room(last, lines, ink, em)
            if box is not None and not any(_is_its(place, last, lines, em) for place in places):
                found.append(Place("bracket", box, em))
    return found


def _last_row(option: Line, lines: Sequence[Line], em: float) -> Line | None:
    """The row of the stem right above its first option."""
    left, y = option.box[0][0], centre_y(option, option.box[0][0])
    above = [
        line
        for line in lines
        if line.ink != "red"
        and line.box[0][0] < left + 2 * em < line.box[1][0] + 4 * em
        and ABOVE[0] * em < y - centre_y(line, left) < ABOVE[1] * em
    ]
    return max(above, key=lambda line: centre_y(line, left), default=None)


def _is_its(place: Place, row: Line, lines: Sequence[Line], em: float) -> bool:
    """Whether a place stands on the stem's last row, or at the end of the row before."""
    x, y = (place.box[0] + place.box[2]) / 2, (place.box[1] + place.box[3]) / 2
    below = y - centre_y(row, x)
    if place.kind == "option" or x < row.box[0][0] - 2 * em or not -2.2 * em < below < em:
        return False
    behind = place.box[2] + 1.5 * em
    goes_on = any(a.box[0][0] < behind < a.box[1][0] and abs(centre_y(a, behind) - y) < 0.6 * em for a in lines)
    return below > -0.8 * em or not goes_on


def _room(row: Line, lines: Sequence[Line], ink: Mask, em: float) -> Box | None:
    """Where strokes as tall as letters stand behind a row's last words, or in all of it where it has none."""
    start = _end_of_words(row, em)
    y = centre_y(row, start)
    beyond = [
        other.box[0][0]
        for other in lines
        if other is not row and other.box[0][0] > start and abs(centre_y(other, other.box[0][0]) - y) < em
    ]
    closed = [x - 0.22 * em for char, x in zip(row.text, row.xs, strict=False) if char in CLOSE and x > start + em]
    end = min(start + ROOM * em, ink.shape[1], *beyond, *closed)
    top, bottom = max(0, round(y - 0.8 * em)), min(ink.shape[0], round(y + 0.8 * em))
    window = ink[top:bottom, max(0, round(start)) : round(end)]
    ends = [x - start for char, x in zip(row.text, row.xs, strict=False) if char in OPEN + CLOSE]
    strokes = [
        (left, right)
        for left, right in (_tall(window, em) if window.size else ())
        if right - left > NARROW * em or not any(left - 2 <= x <= right + 2 for x in ends)
    ]
    if not strokes:
        return None
    return start, y - 0.8 * em, min(end, start + max(right for _, right in strokes) + 0.3 * em), y + 0.8 * em


def _end_of_words(row: Line, em: float) -> float:
    """Where the last character ends that is neither a letter of choice nor a bracket."""
    placed = list(zip(row.text, row.xs, strict=False))
    kept = [x for char, x in placed if char not in ANSWERS + OPEN + CLOSE + "V"]
    for char, x in placed:  # AB behind 线段 is print: it follows as print does
        if kept and char.isalpha() and 0 < x - kept[-1] < PRINT * em:
            kept.append(x)
    left = min(row.box[0][0], row.box[3][0])
    if len(row.text) <= SHORT and not any("一" <= char <= "鿿" for char in row.text):
        return left - 0.2 * em
    return max(kept, default=left) + 0.6 * em


def _tall(window: Mask, em: float) -> Iterator[tuple[int, int]]:
    """First and last column of each stroke that is as tall as a letter's."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(window), connectivity=8)
    for x, _, width, height, _ in stats[1:].tolist():
        if height > TALL * em:
            yield x, x + width
