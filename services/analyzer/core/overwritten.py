"""English written over or under its answer place: instead of a struck word, or because the place was too short."""

import re
from dataclasses import replace

from contracts.artefacts.reading import Page, Reading
from contracts.base import Box
from services.analyzer.core.evidence import Piece, line_box
from services.analyzer.core.text import short_answer
from services.analyzer.core.views import settled
from services.analyzer.core.words import Words, is_known, tokens

_NEAREST, _FARTHEST = 0.4, 1.35
"""Heights of a place between its middle and that of writing over or under it."""
_BESIDE = 1.0
"""Heights by which such writing sticks out of its place at most."""
_CLEAR = 0.85
"""Confidence from which a known word that nothing strikes out stays the answer, whatever stands over it."""


def overwritten(spot: Piece, reading: Reading, words: Words) -> tuple[Piece, bool]:
    """A question's only place with the English that replaces what stands in it, else as it was; and whether a teacher
    should look. Pupils strike a word out and write the right one over it.
    """
    if not words or spot.source != "rule" or spot.blank:
        return spot, False
    page = next(p for p in reading.pages if p.page == spot.page)
    found = [p for p in _near(spot, page) if not _is_own(spot, p)]
    if len(found) != 1:
        return spot, bool(found)
    over = found[0]
    both = len(tokens(spot.text)) > len(tokens(over.text)) and over.text in spot.text  # a line read the two rows as one
    clear = is_known(spot.text, words) and spot.confidence >= _CLEAR and not (spot.struck or spot.mended or both)
    if clear and over.box[1] > spot.box[1] + _NEAREST * _height(spot.box):
        return replace(spot, text=f"{spot.text} {over.text}"), True
    other = settled(replace(spot, text=over.text, confidence=over.confidence, inline="", candidates=()), words)
    return (spot if clear or not is_known(other.text, words) else other), True


def _near(spot: Piece, page: Page) -> list[Piece]:
    """Lines of English alone over or under a place that stand in no place themselves and begin with no number."""
    height = _height(spot.box)
    places = [s.box for s in page.spots]
    found = []
    for line in page.lines:
        box, text = line_box(line), short_answer(line.text)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        off = abs(y - (spot.box[1] + spot.box[3]) / 2) / height
        within = spot.box[0] - _BESIDE * height < box[0] and box[2] < spot.box[2] + _BESIDE * height
        if line.ink == "red" or not within or not _NEAREST <= off <= _FARTHEST or not spot.box[0] < x < spot.box[2]:
            continue
        if not re.fullmatch(r"[A-Za-z][A-Za-z'’ -]+", text) or any(_stands_on(box, b) for b in places):
            continue
        under = [b for b in places if b[0] < x < b[2]]
        nearest = min(under, key=lambda b: abs(y - (b[1] + b[3]) / 2), default=None)
        if nearest == spot.box and not any(_continues(box, line_box(o)) for o in page.lines if o is not line):
            found.append(Piece("line", page.page, box, text, line.confidence))
    return found


def _stands_on(line: Box, place: Box) -> bool:
    """Whether a line stands in a place: their middles are level and they overlap."""
    apart = abs((line[1] + line[3]) - (place[1] + place[3])) / 2
    return apart < _NEAREST * _height(place) and min(line[2], place[2]) > max(line[0], place[0])


def _continues(line: Box, other: Box) -> bool:
    """Whether another line stands on the same row right beside a line: then it is of a running text."""
    height = _height(line)
    level = abs((line[1] + line[3]) - (other[1] + other[3])) / 2 < _NEAREST * height
    return level and max(line[0], other[0]) - min(line[2], other[2]) < _BESIDE * height


def _is_own(spot: Piece, line: Piece) -> bool:
    """Whether a line is the place's own writing, set high or low: their words are the same."""
    own = {tuple(t.lower() for t in tokens(v)) for v in (spot.text, spot.inline, *(c for c, _ in spot.candidates))}
    return tuple(t.lower() for t in tokens(line.text)) in own


def _height(box: Box) -> float:
    return max(1.0, box[3] - box[1])
