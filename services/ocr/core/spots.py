"""Answer places and what is written in them, read under constraint."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from contracts.artefacts.reading import Line, Rule, Spot
from contracts.base import Box
from services.ocr.core.engine import Engine
from services.ocr.core.flat import Mask, ink_mask, unit
from services.ocr.core.glyphs import Glyph, glyphs_of
from services.ocr.core.places import Place, before_numbers, blanks, brackets, cells_of, em_of
from services.ocr.core.raster import Image
from services.ocr.core.rings import rings
from services.ocr.core.rules import is_level, length_of, rule_mask
from services.ocr.core.tables import find_tables

LETTERS = tuple("ABCDEFGH")
SINGLE = (*LETTERS, "√", "×", "T", *"0123456789")
LOOKALIKES = {"X": "×", "V": "√"}
"""Letters that no option bears and that crosses and ticks are read as; the engine folds x and v into them."""
SEVERAL = tuple("".join(letters) for n in (2, 3, 4) for letters in combinations("ABCDE", n))
BLANK = 0.012
"""Share of ink below which a place is blank: specks and the bracket's own ends stay below."""
ROOM = 3.0
"""In square ems: a letter in a wide cell is no less ink than in a narrow one."""
SCRIBBLE = 0.7
"""Share of ink, over a window of half an em, that no letter reaches and a scribble does."""
SURE = 0.8
"""Best candidate's probability from which no free reading is made."""
PRINTED = 0.93
"""Confidence from which a line's own reading of a cell is kept."""
MAX_READINGS = 70
"""Recogniser calls per page, so that a page of nothing but blanks stays within its time."""
RED_FLOOR = 150
UNDER = 0.2
"""In ems, how far a rule's place reaches below the rule."""


class _Content(NamedTuple):
    """Ink of a place. mask: (h, w) of the window, the kept strokes only; origin: the window's corner on the page."""

    mask: npt.NDArray[np.bool_]
    origin: tuple[int, int]
    share: float
    struck: bool


def find_spots(
    bgr: Image, rules: Sequence[Rule], lines: Sequence[Line], marks_mask: Mask, engine: Engine
) -> list[Spot]:
    """Answer places of a page (h, w, 3), with what stands in them. marks_mask: (h, w), 255 where a teacher wrote."""
    height, width = bgr.shape[:2]
    em = em_of(lines, 30 * unit((width, height)))
    red = cv2.dilate(marks_mask, np.ones((3, 3), np.uint8))
    ink = ink_mask(bgr)
    ink[red > 0] = 0
    cells = find_tables(list(rules), (width, height))
    places = [*brackets(lines, em), *blanks(rules, cells, lines, ink, em), *cells_of(cells, em)]
    places += before_numbers(lines, places, em)
    circled = rings(ink, lines, em)
    ink[rule_mask(_borders(rules, em), (width, height), max(3, round(0.17 * em))) > 0] = 0
    glyphs = glyphs_of(lines)
    reader = _Reader(bgr, marks_mask, lines, glyphs, engine)
    # Letters first: when the readings run out it is on rules, of which a desk or a drawing may give many.
    order = sorted(places, key=lambda place: place.kind == "rule")
    spots = [reader.spot(place, _content(place, ink)) for place in order]
    options = [reader.spot(place, _content(place, ink)) for place in circled]
    return spots + [o for o in options if o.text in LETTERS and not any(_covers(p.box, o.box) for p in places)]


def _covers(outer: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] < x < outer[2] and outer[1] < y < outer[3]


def _borders(rules: Sequence[Rule], em: float) -> list[Rule]:
    """Rules too long to be strokes of a letter: the stem of a large D is straight as well."""
    return [rule for rule in rules if length_of(rule) > (1.6 if is_level(rule) else 2.4) * em]


def _content(place: Place, ink: Mask) -> _Content:
    """The strokes that belong to a place: those whose middle lies inside it, whole, even where they reach out of it."""
    height, width = ink.shape
    x0, y0, x1, y1 = place.box
    margin = 0.0 if place.kind in {"cell", "option"} else 0.45 * place.em
    left, right = max(0, round(x0 - margin)), min(width, round(x1 + margin))
    top, bottom = max(0, round(y0 - margin)), min(height, round(y1 + margin))
    window = ink[top:bottom, left:right]
    if not window.size:
        return _Content(np.zeros((1, 1), np.bool_), (left, top), 0.0, struck=False)
    if place.kind == "option":
        # Inside the ring: its own stroke stays out, and a letter that touches it is cut off it.
        inner = np.zeros_like(window)
        middle, axes = (window.shape[1] // 2, window.shape[0] // 2), (round(0.34 * (x1 - x0)), round(0.34 * (y1 - y0)))
        cv2.ellipse(inner, middle, axes, 0, 0, 360, 255, -1)
        window = np.asarray(cv2.bitwise_and(window, inner), np.uint8)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(window, connectivity=8)
    keep = np.zeros(len(stats), np.bool_)
    for index in range(1, len(stats)):
        y, w, h, area = (int(v) for v in stats[index, 1:])
        cx, cy = centres[index][0] + left, centres[index][1] + top
        speck = area < 0.012 * place.em**2 or max(w, h) < 0.13 * place.em
        cut = place.kind == "rule" and y == 0 and y + h < 0.62 * window.shape[0]
        paren = (
            place.kind == "bracket"
            and w < 0.34 * place.em
            and h > 0.62 * place.em
            and (cx < x0 + 0.22 * place.em or cx > x1 - 0.22 * place.em)
        )
        # What runs along the whole window is a border or the ring itself.
        whole = place.kind == "cell" and (w > 0.85 * window.shape[1] or h > 0.92 * window.shape[0])
        keep[index] = x0 <= cx <= x1 and y0 <= cy <= y1 and not (speck or cut or paren or whole)
    if place.kind == "rule":
        keep |= _descenders(
            np.asarray(stats), keep, (x0 - left, y1 - top - UNDER * place.em, x1 - left), window.shape[0], place.em
        )
    mask = keep[labels]
    share = float(mask.sum()) / max(1.0, min((x1 - x0) * (y1 - y0), ROOM * place.em**2))
    content = _Content(mask, (left, top), share, struck=False)
    return content if place.kind == "rule" else _without_strikes(content, place.em)


def _descenders(
    stats: npt.NDArray[Any], kept: npt.NDArray[np.bool_], rule: tuple[float, float, float], height: int, em: float
) -> npt.NDArray[np.bool_]:
    """Which components are tails of kept letters that the rule cut off. rule: (start, y, end) in the window."""
    start, level, end = rule
    left, top, width, tall = (stats[:, i] for i in range(4))
    right, bottom = left + width, top + tall
    near = 0.3 * em
    tails = ~kept & (left >= start) & (right <= end) & (top > level - 0.1 * em) & (top < level + near)
    tails &= (bottom < height) & (stats[:, 4] >= 0.008 * em * em)
    tails[0] = False
    bodies = np.flatnonzero(kept & (bottom > level - near))
    for index in np.flatnonzero(tails):
        over = (left[bodies] < right[index] + 1) & (right[bodies] > left[index] - 1)
        tails[index] = bool(over.any())
    return np.asarray(tails, np.bool_)


def _clusters(mask: npt.NDArray[np.bool_], apart: float) -> list[tuple[int, int]]:
    """Column ranges (first, last) of ink that lies more than `apart` from the next."""
    columns = np.flatnonzero(mask.any(axis=0))
    if not len(columns):
        return []
    breaks = np.flatnonzero(np.diff(columns) > apart)
    starts = [int(columns[0]), *(int(columns[i + 1]) for i in breaks)]
    ends = [*(int(columns[i]) for i in breaks), int(columns[-1])]
    return list(zip(starts, ends, strict=True))


def _without_strikes(content: _Content, em: float) -> _Content:
    """The content without what was scribbled over, when other writing remains beside it."""
    if not content.mask.any():
        return content
    # A window several strokes wide: a single thick stroke must not look like many thin ones.
    stroke = 4 * float(cv2.distanceTransform(content.mask.astype(np.uint8), cv2.DIST_L2, 3)[content.mask].mean())
    side = round(max(0.45 * em, 4 * min(stroke, 0.16 * em), 7))
    density = cv2.blur(content.mask.astype(np.float32), (side, side), borderType=cv2.BORDER_CONSTANT)
    dense = density > SCRIBBLE
    if not dense.any():
        return content
    reach = round(0.3 * em)
    scribbled = np.convolve(dense.any(axis=0), np.ones(2 * reach + 1), mode="same") > 0
    left = content.mask & ~scribbled[None]
    columns = np.flatnonzero(left.any(axis=0))
    if left.sum() < 0.05 * em * em or columns[-1] - columns[0] < 0.25 * em:
        return content._replace(struck=True)
    return content._replace(mask=left, struck=True)


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


def _without_red(window: Image, red: Mask) -> Image:
    """The window with red strokes replaced by what is beside them, so that a letter under a tick stays whole."""
    over = (cv2.dilate(red, np.ones((3, 3), np.uint8)) > 0) & (window[:, :, 2] > RED_FLOOR)
    if not over.any():
        return window
    return np.asarray(cv2.inpaint(window, over.astype(np.uint8), 3, cv2.INPAINT_TELEA), dtype=np.uint8)


class _Reader:
    """Reads contents with a bounded number of recogniser calls."""

    def __init__(self, bgr: Image, red: Mask, lines: Sequence[Line], glyphs: Sequence[Glyph], engine: Engine) -> None:
        self._bgr, self._red, self._lines, self._glyphs, self._engine = bgr, red, lines, glyphs, engine
        self._xs = np.array([g.x for g in glyphs])
        self._ys = np.array([g.y for g in glyphs])
        self._left = MAX_READINGS

    def spot(self, place: Place, content: _Content) -> Spot:
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
        printed = self._printed(place.box) if cell else None
        if printed:
            return empty.model_copy(
                update={"text": printed[0], "confidence": printed[1], "script": "printed", "struck": False}
            )
        if self._left <= 0:
            return empty
        return empty.model_copy(update=self._read(place, content))

    def _read(self, place: Place, content: _Content) -> dict[str, object]:
        columns = np.flatnonzero(content.mask.any(axis=0))
        length = (columns[-1] - columns[0] + 1) / place.em
        crop = self._crop(content, place.em)
        candidates = self._candidates(crop, length) if length < (2.2 if place.kind == "rule" else 4.5) else {}
        best = max(candidates.values(), default=0.0)
        if best >= SURE:
            text = max(candidates, key=lambda c: candidates[c])
            return {"text": text, "confidence": min(1.0, best), "candidates": candidates}
        self._left -= 1
        read = self._engine.recognise([crop])[0]
        text, sure = read.text.strip(), float(np.clip(read.confidence, 0, 1))
        if place.kind == "option":
            return _ringed(text, sure, candidates)
        plain = bool(text) and set(text) <= set(LETTERS)
        if candidates and not plain and (last := self._last(place, content)):
            text = max(last, key=lambda c: last[c])
            return {"text": text, "confidence": min(1.0, last[text]), "candidates": last, "struck": True}
        return {"text": text, "confidence": sure, "candidates": candidates}

    def _candidates(self, crop: Image, length: float) -> dict[str, float]:
        self._left -= 1
        wanted = SINGLE if length < 1.1 else (*SINGLE, *SEVERAL)
        found = self._engine.posterior(crop, (*wanted, *LOOKALIKES))
        for letter, sign in LOOKALIKES.items():
            found[sign] += found.pop(letter)
        return {c: round(p, 5) for c, p in found.items() if p >= 0.0005}

    def _last(self, place: Place, content: _Content) -> dict[str, float] | None:
        """The candidates of the last of several clusters, when it is surely a letter: what stands before was struck."""
        clusters = _clusters(content.mask, max(2.0, 0.06 * place.em))
        if len(clusters) < 2 or place.kind == "rule":
            return None
        mask = content.mask.copy()
        mask[:, : clusters[-1][0]] = False
        if mask.sum() < 0.05 * place.em**2:
            return None
        candidates = self._candidates(self._crop(content._replace(mask=mask), place.em), 1.0)
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

    def _crop(self, content: _Content, em: float) -> Image:
        """The kept strokes on white paper, with a margin; the red over them is wiped."""
        rows, columns = np.flatnonzero(content.mask.any(axis=1)), np.flatnonzero(content.mask.any(axis=0))
        left, top = content.origin
        height, width = content.mask.shape
        window = self._bgr[top : top + height, left : left + width].copy()
        near = (
            cv2.morphologyEx(
                cv2.dilate(content.mask.astype(np.uint8), np.ones((5, 5), np.uint8)),
                cv2.MORPH_CLOSE,
                np.ones((7, 7), np.uint8),
            )
            > 0
        )
        paper = np.percentile(window.reshape(-1, 3), 80, axis=0).astype(np.uint8)
        window = _without_red(window, self._red[top : top + height, left : left + width])
        window[~near] = paper
        part = window[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        margin = max(3, round(0.22 * max(em, len(rows))))
        colour = tuple(int(v) for v in paper)
        return np.asarray(
            cv2.copyMakeBorder(part, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=colour), dtype=np.uint8
        )
