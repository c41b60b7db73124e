"""Words that run over an end of the blank they are written in, or whose rule was found in part only."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from contracts.artefacts.reading import Line
from services.ocr.core.flat import Mask
from services.ocr.core.glyphs import centre_y, tokens_of
from services.ocr.core.places import Place

LATIN = re.compile(r"[A-Za-z][a-z]+")
"""Only Latin words have an inside and an outside: the recogniser sets a space where print begins. Capitals are bubbles."""
OVER = 0.25
"""In ems, how much of a word stands on either side of the blank's end at least."""
FARTHEST, GAP, NUMBER = 5.0, 0.6, 1.6
"""In ems: how far a blank is carried on, what it keeps off the next number, and off the next blank for its number."""
CLOSE = 0.22
"""In ems, the widest white at the blank's end; print keeps further off."""


class _Word(NamedTuple):
    """A word's edges and the height of its line's middle."""

    start: float
    end: float
    y: float


def carried_on(places: Sequence[Place], lines: Sequence[Line], ink: Mask) -> list[Place]:
    """Places of rules, as long as the words in them, but never into the next place."""
    words = [word for line in lines for word in _words(line)]
    numbers = [(t.x0, t.y) for t in tokens_of(lines, r"\d{1,3}")]
    return [_carried(place, _ends(place, places, numbers), words, ink) for place in places]


def _ends(place: Place, places: Sequence[Place], numbers: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """How far to the left and right a place may be carried on: to its neighbours, and to the next question's number."""
    x0, y0, x1, y1 = place.box
    beside = [p.box for p in places if p is not place and p.box[1] < (y0 + y1) / 2 < p.box[3]]
    farthest, gap, number = FARTHEST * place.em, GAP * place.em, NUMBER * place.em
    left = [b[2] + gap for b in beside if b[2] < x0]
    right = [b[0] - number for b in beside if b[0] > x1] + [x - gap for x, y in numbers if x > x1 and y0 < y < y1]
    return max([x0 - farthest, *left]), min([x1 + farthest, *right])


def _words(line: Line) -> list[_Word]:
    if len(line.xs) != len(line.text):
        return []
    found = []
    for match in LATIN.finditer(line.text):
        xs = line.xs[match.start() : match.end()]
        half = (xs[-1] - xs[0]) / (len(xs) - 1) / 2
        found.append(_Word(xs[0] - half, xs[-1] + half, centre_y(line, xs[0])))
    return found


def _carried(place: Place, limits: tuple[float, float], words: Sequence[_Word], ink: Mask) -> Place:
    (x0, y0, x1, y1), em = place.box, place.em
    level = [word for word in words if y0 < word.y < y1]
    after, before = [w for w in level if _over(w, x1, em)], [w for w in level if _over(w, x0, em)]
    start, end = x0, x1
    if after and _is_close(ink, x1, y1, em):
        end = max(x1, min(limits[1], max(w.end for w in after) + 0.2 * em))
    if before and _is_close(ink, x0, y1, em):
        start = min(x0, max(limits[0], min(w.start for w in before) - 0.1 * em))
    return place._replace(box=(start, y0, end, y1))


def _over(word: _Word, edge: float, em: float) -> bool:
    return word.start < edge - OVER * em and edge + OVER * em < word.end


def _is_close(ink: Mask, edge: float, bottom: float, em: float) -> bool:
    """Whether writing goes on at an end of a blank: no white gap there. bottom: of the place, a little under its rule."""
    reach = CLOSE * em
    band = ink[max(0, round(bottom - 1.0 * em)) : round(bottom - 0.35 * em), max(0, round(edge - reach)) :]
    inked = np.flatnonzero(band[:, : round(2 * reach)].any(axis=0))
    return len(inked) > 0 and bool(inked[0] < reach <= inked[-1])
