"""Answer places of a page, with what is written in them."""

from collections.abc import Sequence

import cv2
import numpy as np

from contracts.artefacts.reading import Line, Rule, Spot
from contracts.base import Box
from services.ocr.core.asked import EITHER, LETTERS
from services.ocr.core.beyond import cells_beyond, contents_beyond, until_last_letter
from services.ocr.core.blanks import blanks
from services.ocr.core.brackets import brackets
from services.ocr.core.contents import content_of
from services.ocr.core.engine import Engine
from services.ocr.core.flat import Leaf, Mask
from services.ocr.core.footings import footings
from services.ocr.core.framed import footed, framed
from services.ocr.core.places import before_numbers, cells_of, em_of
from services.ocr.core.rings import is_beside, rings
from services.ocr.core.rules import is_level, length_of, rule_mask
from services.ocr.core.stacked import Inks
from services.ocr.core.tables import find_tables
from services.ocr.core.tails import tails
from services.ocr.core.underlines import lengthened
from services.ocr.core.writing import Reader

LONGEST_BAR = 6.0
"""In ems, up to which a rule may be the bar of a fraction."""
DARK = 130
"""Brightness in the red channel, paper being 255, up to which a pixel under a teacher's stroke is the pupil's pen: red ink is bright there."""


def find_spots(leaf: Leaf, rules: Sequence[Rule], lines: Sequence[Line], red: Mask, engine: Engine) -> list[Spot]:
    """Answer places of a page, with what stands in them. red: (h, w), 255 where a teacher wrote."""
    em = em_of(lines, 30 * leaf.unit)
    ink = _off_red(leaf, red)
    cells = find_tables(list(rules), leaf.size)
    rules = lengthened(rules, leaf.ink, em)
    numbered = framed(cells, lines, em)
    rooms, feet = footed(numbered.values(), ink)
    places = [*brackets(lines, ink, em), *blanks(rules, cells, lines, ink, em), *rooms]
    places += cells_of([cell for cell in cells if cell not in numbered], em)
    places += before_numbers(lines, places, em)
    feet |= footings(places, ink)
    circled = rings(ink, lines, em)
    thick = max(3, round(0.17 * em))
    ruled = ink & (rule_mask(_borders(rules, em), leaf.size, thick) | feet)
    bars = ink & rule_mask(_bars(rules, em), leaf.size, thick)
    ink[ruled > 0] = 0
    places += tails(lines, places, ink, em)
    # Letters first: when the readings run out it is on rules, of which a desk or a drawing may give many.
    ordered = sorted(places, key=lambda place: place.kind == "rule")
    contents = [(place, content_of(place, ink)) for place in ordered]
    unsure = [(place, content_of(place, ink)) for place in circled]
    unsure += contents_beyond(cells_beyond(cells, rules, leaf.size), contents, lines, leaf, ink)
    spots = Reader(leaf, red, lines, engine, Inks(ink, ruled, bars)).spots([*contents, *unsure])
    guessed = [
        spot
        for spot, (place, _) in zip(spots[len(places) :], unsure, strict=True)
        if not any(_covers(p.box, spot.box) for p in places) and (place.cell or place.kind == "option")
    ]
    guessed = [_lettered(spot, lines, em) if spot.kind == "option" else spot for spot in guessed]
    return spots[: len(places)] + [o for o in guessed if o.kind == "option"] + until_last_letter(guessed)


def _off_red(leaf: Leaf, red: Mask) -> Mask:
    """The page's ink without a teacher's strokes and their rims, but with the dark strokes that these cross."""
    ink = leaf.ink.copy()
    ink[(cv2.dilate(red, np.ones((3, 3), np.uint8)) > 0) & (leaf.even[:, :, 2] > DARK)] = 0
    return ink


def _lettered(ring: Spot, lines: Sequence[Line], em: float) -> Spot:
    """A ring with its letter, or the one that a line begins with inside it, which is never sure.

    Without such, which option it is around may be told by those beside it.
    """
    beside = is_beside(ring.box, lines, em)
    if beside and ring.text in LETTERS and ring.confidence >= EITHER:
        return ring
    starts = [line for line in lines if line.text and line.xs and _covers(ring.box, _first_of(line))]
    letter = next((line.text[0] for line in starts if line.text[0] in LETTERS), "") if beside else ""
    if not letter:
        return ring.model_copy(update={"text": "", "confidence": 0.0, "candidates": {}})
    return ring.model_copy(update={"text": letter, "confidence": EITHER, "candidates": {letter: EITHER}})


def _first_of(line: Line) -> Box:
    """Where a line's first character stands, as a box without extent."""
    y = (line.box[0][1] + line.box[3][1]) / 2
    return (line.xs[0], y, line.xs[0], y)


def _covers(outer: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] < x < outer[2] and outer[1] < y < outer[3]


def _borders(rules: Sequence[Rule], em: float) -> list[Rule]:
    """Rules too long to be strokes of a letter: the stem of a large D is straight as well."""
    return [rule for rule in rules if length_of(rule) > (1.6 if is_level(rule) else 2.4) * em]


def _bars(rules: Sequence[Rule], em: float) -> list[Rule]:
    """Level rules that may be bars of fractions as well."""
    return [rule for rule in rules if is_level(rule) and length_of(rule) < LONGEST_BAR * em]
