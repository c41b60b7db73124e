"""Answer places and what is written in them, read under constraint."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import cv2
import numpy as np

from contracts.artefacts.reading import Line, Rule, Spot
from contracts.base import Box
from services.ocr.core import formulas, views
from services.ocr.core.beyond import cells_beyond, contents_beyond, until_last_letter
from services.ocr.core.blanks import blanks
from services.ocr.core.brackets import brackets
from services.ocr.core.contents import BLANK, Content, clusters_of, content_of, picture_of
from services.ocr.core.engine import Engine, Judged, Text
from services.ocr.core.flat import Leaf, Mask
from services.ocr.core.glyphs import glyphs_of
from services.ocr.core.places import Place, before_numbers, cells_of, em_of
from services.ocr.core.raster import Image
from services.ocr.core.rings import rings
from services.ocr.core.rules import is_level, length_of, rule_mask
from services.ocr.core.stacked import stacked
from services.ocr.core.strokes import formula_of, opens_with_minus
from services.ocr.core.tables import find_tables
from services.ocr.core.underlines import lengthened

LETTERS = tuple("ABCDEFGH")
SINGLE = (*LETTERS, "√", "×", "T", *"0123456789")
LOOKALIKES = {"X": "×", "V": "√"}
"""Letters that no option bears and that crosses and ticks are read as; the engine folds x and v into them."""
SEVERAL = tuple("".join(letters) for n in (2, 3, 4) for letters in combinations("ABCDE", n))
SURE = 0.8
"""Best candidate's probability from which no free reading is made."""
PRINTED = 0.93
"""Confidence from which a line's own reading of a cell is kept."""
OPENS_NUMBER = re.compile(r"([—–−_~一]?)([\d√(][^一-鿿]*|\d+[或和].+)")
"""A number whose minus was read as another level stroke, or not at all."""
SURE_READING = 0.95
"""Confidence of free writing from which one view is enough."""
MAX_AGAIN = 24
"""Places of a page that are read in several views."""
LEAST_FORMULA = 0.4
"""Confidence from which strokes that stand like a formula are read as one."""
LONGEST_BAR = 6.0
"""In ems, up to which a rule may be the bar of a fraction."""
MAX_READINGS = 70
"""Recogniser calls per page, so that a page of nothing but blanks stays within its time."""


def find_spots(leaf: Leaf, rules: Sequence[Rule], lines: Sequence[Line], red: Mask, engine: Engine) -> list[Spot]:
    """Answer places of a page, with what stands in them. red: (h, w), 255 where a teacher wrote."""
    em = em_of(lines, 30 * leaf.unit)
    ink = leaf.ink.copy()
    ink[cv2.dilate(red, np.ones((3, 3), np.uint8)) > 0] = 0
    cells = find_tables(list(rules), leaf.size)
    rules = lengthened(rules, leaf.ink, em)
    places = [*brackets(lines, ink, em), *blanks(rules, cells, lines, ink, em), *cells_of(cells, em)]
    places += before_numbers(lines, places, em)
    circled = rings(ink, lines, em)
    thick = max(3, round(0.17 * em))
    ruled = ink & rule_mask(_borders(rules, em), leaf.size, thick)
    bars = ink & rule_mask(_bars(rules, em), leaf.size, thick)
    ink[ruled > 0] = 0
    # Letters first: when the readings run out it is on rules, of which a desk or a drawing may give many.
    ordered = sorted(places, key=lambda place: place.kind == "rule")
    contents = [(place, content_of(place, ink)) for place in ordered]
    unsure = [(place, content_of(place, ink)) for place in circled]
    unsure += contents_beyond(cells_beyond(cells, rules, leaf.size), contents, lines, leaf, ink)
    spots = _Reader(leaf, red, lines, engine, _Inks(ink, ruled, bars)).spots([*contents, *unsure])
    guessed = [
        spot
        for spot, (place, _) in zip(spots[len(places) :], unsure, strict=True)
        if not any(_covers(p.box, spot.box) for p in places) and (place.cell or spot.text in LETTERS)
    ]
    return spots[: len(places)] + [o for o in guessed if o.kind == "option"] + until_last_letter(guessed)


def _covers(outer: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] < x < outer[2] and outer[1] < y < outer[3]


def _borders(rules: Sequence[Rule], em: float) -> list[Rule]:
    """Rules too long to be strokes of a letter: the stem of a large D is straight as well."""
    return [rule for rule in rules if length_of(rule) > (1.6 if is_level(rule) else 2.4) * em]


def _bars(rules: Sequence[Rule], em: float) -> list[Rule]:
    """Level rules that may be bars of fractions as well."""
    return [rule for rule in rules if is_level(rule) and length_of(rule) < LONGEST_BAR * em]


def _ringed(text: str, sure: float, candidates: dict[str, float]) -> dict[str, object]:
    """The letter in a ring: read with its dot or the ring's ends, or the only likely letter when the reading is unclear."""
    plain = text.strip(" .．、,，:：·()（）'`J")
    letters = {c: p for c, p in candidates.items() if c in LETTERS}
    best = max(letters, key=lambda c: letters[c], default="")
    if plain not in LETTERS and best and sure < 0.9 and letters[best] > 0.75 * sum(letters.values()):
        plain = best
    if plain in LETTERS and letters.get(plain, 0.0) < sure:
        letters = {plain: round(min(sure, 1.0), 5)}
    return {"text": plain, "confidence": sure, "candidates": letters}


class _Inks(NamedTuple):
    """Ink of a page without its rules, what was taken away with them, and those of them that may be bars of fractions."""

    ink: Mask
    ruled: Mask
    bars: Mask


class _Asked(NamedTuple):
    """An answer place with ink, to be read. wanted: the admissible texts, none for free writing."""

    place: Place
    content: Content
    empty: Spot
    crop: Image
    wanted: tuple[str, ...]
    formula: formulas.Row | None = None
    leaves: tuple[Image, ...] = ()


class _Reader:
    """Reads contents with a bounded number of recogniser calls."""

    def __init__(self, leaf: Leaf, red: Mask, lines: Sequence[Line], engine: Engine, inks: _Inks) -> None:
        self._leaf, self._red, self._lines, self._engine, self._inks = leaf, red, lines, engine, inks
        self._glyphs = glyphs_of(lines)
        self._xs = np.array([g.x for g in self._glyphs])
        self._ys = np.array([g.y for g in self._glyphs])
        self._left = MAX_READINGS

    def spots(self, contents: Sequence[tuple[Place, Content]]) -> list[Spot]:
        """The places in order, with what stands in them."""
        prepared = [self._prepared(place, content) for place, content in contents]
        asked = [(index, item) for index, item in enumerate(prepared) if isinstance(item, _Asked)]
        crops = [crop for _, item in asked for crop in (item.crop, *item.leaves)]
        wanted = [w for _, item in asked for w in (item.wanted, *(formulas.SIGNS for _ in item.leaves))]
        judged = iter(self._engine.judge(crops, wanted))
        spots = [item.empty if isinstance(item, _Asked) else item for item in prepared]
        again: dict[int, tuple[Image, Text]] = {}
        for index, item in asked:
            whole, parts = next(judged), [next(judged) for _ in item.leaves]
            read = self._read(item, whole)
            formula = _formula(item, read, parts)
            if formula is None and len(again) < MAX_AGAIN and self._is_doubtful(item, read):
                again[index] = (item.crop, whole.free)
            spots[index] = item.empty.model_copy(update=formula or _signed(item, read))
        return self._looked_at_again(spots, again)

    @staticmethod
    def _is_doubtful(asked: _Asked, read: Mapping[str, object]) -> bool:
        """Whether a place holds free writing that is not surely read."""
        sure = read["confidence"]
        return not asked.wanted and read["text"] != "" and isinstance(sure, float) and sure < SURE_READING

    def _looked_at_again(self, spots: list[Spot], again: Mapping[int, tuple[Image, Text]]) -> list[Spot]:
        """The spots, with what other views of doubtful free writing say. again: crop and first reading by index."""
        crops = [view for crop, _ in again.values() for view in views.views_of(crop)]
        readings = iter(self._engine.recognise(crops))
        for index, (_, first) in again.items():
            shares = views.shares([first, *(next(readings) for _ in range(views.VIEWS))])
            spots[index] = spots[index].model_copy(update={"candidates": shares})
        return spots

    def _prepared(self, place: Place, content: Content) -> Spot | _Asked:
        """The spot, where it needs no reading or may have none; else what to read."""
        cell = place.cell
        empty = Spot(
            kind=place.kind,
            box=place.box,
            ink=round(content.share, 4),
            struck=content.struck,
            row=cell.row if cell else None,
            column=cell.column if cell else None,
            table=cell.table if cell else None,
        )
        if content.share < BLANK or not content.mask.any():
            return empty.model_copy(update={"ink": 0.0 if content.share < BLANK / 3 else round(content.share, 4)})
        printed = self._printed(place.box) if cell and not cell.beyond else None
        if printed:
            return empty.model_copy(
                update={"text": printed[0], "confidence": printed[1], "script": "printed", "struck": False}
            )
        if self._left <= 0:
            return empty
        asked = _Asked(place, content, empty, self._crop(content, place.em), _wanted(place, content))
        if place.kind in {"rule", "cell", "bracket"}:
            asked = self._with_formula(asked)
        self._left -= 1 + len(asked.leaves)
        return asked

    def _with_formula(self, asked: _Asked) -> _Asked:
        """With the formula's parts to read, where the strokes stand like one."""
        place = asked.place
        content = stacked(asked.content, place, *self._inks) if place.kind == "rule" else asked.content
        found = formula_of(content.mask, place.em)
        if found is None:
            return asked
        row, labels = found
        masks = [np.isin(labels, leaf.blobs) for leaf in formulas.leaves(row)]
        crops = tuple(self._crop(content._replace(mask=mask), place.em) for mask in masks)
        return asked._replace(formula=row, leaves=crops)

    def _read(self, asked: _Asked, judged: Judged) -> dict[str, object]:
        candidates = _likely(judged.candidates)
        best = max(candidates, key=lambda c: candidates[c], default="")
        if best and candidates[best] >= SURE:
            return {"text": best, "confidence": min(1.0, candidates[best]), "candidates": candidates}
        text, sure = judged.free.text.strip(), float(np.clip(judged.free.confidence, 0, 1))
        if asked.place.kind == "option":
            return _ringed(text, sure, candidates)
        plain = bool(text) and set(text) <= set(LETTERS)
        if candidates and not plain and (last := self._last(asked)):
            text = max(last, key=lambda c: last[c])
            return {"text": text, "confidence": min(1.0, last[text]), "candidates": last, "struck": True}
        return {"text": text, "confidence": sure, "candidates": candidates}

    def _last(self, asked: _Asked) -> dict[str, float] | None:
        """The candidates of the last of several clusters, when it is surely a letter: what stands before was struck."""
        mask, em = asked.content.mask, asked.place.em
        clusters = clusters_of(mask, max(2.0, 0.06 * em))
        if len(clusters) < 2 or asked.place.kind == "rule":
            return None
        last = mask.copy()
        last[:, : clusters[-1][0]] = False
        if last.sum() < 0.05 * em**2:
            return None
        crop = self._crop(asked.content._replace(mask=last), em)
        candidates = _likely(self._engine.judge([crop], [(*SINGLE, *LOOKALIKES)])[0].candidates)
        return candidates if max(candidates.values(), default=0.0) >= SURE else None

    def _printed(self, box: Box) -> tuple[str, float] | None:
        """What the page's lines read inside a cell, when it is surely print: numbers and words, no lone letter."""
        inside = np.flatnonzero((self._xs > box[0]) & (self._xs < box[2]) & (self._ys > box[1]) & (self._ys < box[3]))
        if not len(inside):
            return None
        chosen = [self._glyphs[int(i)] for i in inside]
        text = "".join(g.char for g in chosen).strip()
        sure = float(np.mean([self._lines[g.line].confidences[g.position] for g in chosen]))
        if sure < PRINTED or not (text.isdigit() or len(text) >= 2) or any(c in "√×" for c in text):
            return None
        return text, min(1.0, sure)

    def _crop(self, content: Content, em: float) -> Image:
        return picture_of(content, self._leaf, self._red, em)


def _formula(asked: _Asked, read: Mapping[str, object], parts: Sequence[Judged]) -> dict[str, object] | None:
    """What a place says as a formula; None where it holds none, or a letter of choice for sure."""
    texts = [formulas.text_of(part) for part in parts]
    if asked.formula is None or (asked.place.kind != "rule" and read["candidates"] and read["text"] in LETTERS):
        return None
    known = [text for text in texts if text is not None]
    sure = float(np.prod([confidence for _, confidence in known]))
    if (
        len(known) < len(texts)
        or sure < LEAST_FORMULA
        or formulas.is_wordy([str(read["text"]), *(t for t, _ in known)])
    ):
        return None
    plain = "".join(text for text, _ in known)
    free = unicodedata.normalize("NFKC", str(read["text"])).replace(" ", "")
    if formulas.is_flat(asked.formula) and free.replace("-", "") != plain.replace("-", ""):
        return None  # the free reading holds what is raised as well, if it is
    return {"text": formulas.told(asked.formula, iter(text for text, _ in known)), "confidence": sure, "candidates": {}}


def _signed(asked: _Asked, read: dict[str, object]) -> dict[str, object]:
    """The reading of a number with the minus that stands before it, where the recogniser overlooked that."""
    text = str(read["text"])
    number = OPENS_NUMBER.fullmatch(text)
    if number is None or asked.place.kind == "option":
        return read
    characters = sum(map(str.isalnum, number[2]))
    if number[1] or opens_with_minus(asked.content.mask, asked.place.em, characters):
        return read | {"text": f"-{number[2]}", "candidates": {}}
    return read


def _wanted(place: Place, content: Content) -> tuple[str, ...]:
    """The admissible texts of a place, by the length of its ink; none where it is too long for a short answer."""
    columns = np.flatnonzero(content.mask.any(axis=0))
    length = (columns[-1] - columns[0] + 1) / place.em
    if length >= (2.2 if place.kind == "rule" else 4.5):
        return ()
    return (*SINGLE, *LOOKALIKES) if length < 1.1 else (*SINGLE, *SEVERAL, *LOOKALIKES)


def _likely(candidates: Mapping[str, float]) -> dict[str, float]:
    """Candidates with a chance; what looks like a sign counts as it."""
    found = dict(candidates)
    for letter, sign in LOOKALIKES.items():
        if letter in found:
            found[sign] += found.pop(letter)
    return {c: round(p, 5) for c, p in found.items() if p >= 0.0005}
