"""What is written in answer places, read with a bounded number of calls."""

from collections.abc import Mapping, Sequence

import numpy as np

from contracts.artefacts.reading import Line, Spot
from contracts.base import Box
from services.ocr.core import circled, formulas, views
from services.ocr.core.asked import (
    LETTERS,
    LOOKALIKES,
    SINGLE,
    SURE,
    Asked,
    formula,
    likely,
    ringed,
    signed,
    unstruck,
    wanted_of,
)
from services.ocr.core.contents import BLANK, Content, clusters_of, picture_of
from services.ocr.core.engine import Engine, hand_of
from services.ocr.core.flat import Leaf, Mask
from services.ocr.core.glyphs import glyphs_of
from services.ocr.core.hand.second import seconded
from services.ocr.core.places import Place
from services.ocr.core.raster import Image
from services.ocr.core.said import Judged, Text
from services.ocr.core.stacked import Inks, stacked
from services.ocr.core.strokes import formula_of
from services.ocr.core.struck import begun_twice, without_struck

MAX_AGAIN = 24
"""Places of a page that are read in several views."""
MAX_READINGS = 70
"""Recogniser calls per page, so that a page of nothing but blanks stays within its time."""
SURE_READING = 0.95
"""Confidence of free writing from which one view is enough."""
LEVEL = "-—–−_~一"
"""What a minus may be read as."""
PRINTED = 0.93
"""Confidence from which a line's own reading of a cell is kept."""


class Reader:
    """Reads contents with a bounded number of recogniser calls."""

    def __init__(self, leaf: Leaf, red: Mask, lines: Sequence[Line], engine: Engine, inks: Inks) -> None:
        self._leaf, self._red, self._lines, self._engine, self._inks = leaf, red, lines, engine, inks
        self._glyphs = glyphs_of(lines)
        self._xs = np.array([g.x for g in self._glyphs])
        self._ys = np.array([g.y for g in self._glyphs])
        words = [(g.x, g.y) for g in self._glyphs if "一" <= g.char <= "鿿"]
        self._words = np.array(words, np.float64).reshape(-1, 2)
        self._left = MAX_READINGS

    def spots(self, contents: Sequence[tuple[Place, Content]]) -> list[Spot]:
        """The places in order, with what stands in them."""
        prepared = [self._prepared(place, content) for place, content in contents]
        asked = [(index, item) for index, item in enumerate(prepared) if isinstance(item, Asked)]
        crops = [crop for _, item in asked for crop in (item.crop, *item.leaves, *(crop for crop, _ in item.whole))]
        wanted = [
            w
            for _, item in asked
            for w in (item.wanted, *(item.signs for _ in item.leaves), *(texts for _, texts in item.whole))
        ]
        judged = iter(self._judged(crops, wanted))
        spots = [item.empty if isinstance(item, Asked) else item for item in prepared]
        again: dict[int, tuple[Image, Text]] = {}
        for index, item in asked:
            seen, parts, every = next(judged), [next(judged) for _ in item.leaves], [next(judged) for _ in item.whole]
            read = self._read(item, seen)
            stood = unstruck(read, seen, every[0]) if every else None
            stood = stood or formula(item, read, parts)
            if stood is None and len(again) < MAX_AGAIN and self._is_doubtful(item, read):
                again[index] = (item.crop, seen.free)
            found = stood or signed(item, read)
            spots[index] = item.empty.model_copy(update=found | _beside(seen, str(found["text"])))
        return self._looked_at_again(spots, again)

    def _judged(self, crops: Sequence[Image], wanted: Sequence[Sequence[str]]) -> list[Judged]:
        """Each crop read freely, and its admissible texts weighed by both readers, where there are two."""
        return seconded(self._engine.judge(crops, wanted), crops, wanted, hand_of(self._engine))

    @staticmethod
    def _is_doubtful(asked: Asked, read: Mapping[str, object]) -> bool:
        """Whether a place holds free writing that is not surely read."""
        sure = read["confidence"]
        once = not asked.wanted and not read.get("struck")  # other views would show the struck start again
        return once and read["text"] != "" and isinstance(sure, float) and sure < SURE_READING

    def _looked_at_again(self, spots: list[Spot], again: Mapping[int, tuple[Image, Text]]) -> list[Spot]:
        """The spots, with what other views of doubtful free writing say. again: crop and first reading by index."""
        crops = [view for crop, _ in again.values() for view in views.views_of(crop)]
        readings = iter(self._engine.recognise(crops))
        for index, (_, first) in again.items():
            shares = views.shares([first, *(next(readings) for _ in range(views.VIEWS))])
            spots[index] = spots[index].model_copy(update={"candidates": shares})
        return spots

    def _prepared(self, place: Place, content: Content) -> Spot | Asked:
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
        asked = self._asked(place, content, empty)
        self._left -= 1 + len(asked.leaves) + len(asked.whole)
        return asked

    def _asked(self, place: Place, content: Content, empty: Spot) -> Asked:
        """What to read of a place: all its writing, or what stands beside a first attempt that was struck out."""
        high = stacked(content, place, self._inks, self._words) if place.kind == "rule" else content
        left = without_struck(high.mask, place.em) if place.kind == "rule" else None
        if left is not None:
            content = high = high._replace(mask=left, struck=True)
            empty = empty.model_copy(update={"struck": True})
        asked = Asked(place, content, empty, self._crop(content, place.em), wanted_of(place, content))
        asked = asked._replace(whole=self._whole(place, content))
        return self._with_formula(asked, high) if place.kind in {"rule", "cell", "bracket"} else asked

    def _whole(self, place: Place, content: Content) -> tuple[tuple[Image, tuple[str, ...]], ...]:
        """Picture and admissible texts of a place with the ink that was left out of it; none where none was."""
        if content.whole is None or place.kind == "option":
            return ()
        every = content._replace(mask=content.whole)
        texts = wanted_of(place, every)
        return ((self._crop(every, place.em), texts),) if texts else ()

    def _with_formula(self, asked: Asked, content: Content) -> Asked:
        """With the parts to read of circled numbers or of a formula, where the strokes stand like that.

        content: as far up and down as the writing reaches.
        """
        place = asked.place
        rings = circled.rings_of(content.mask, place.em)
        if rings:
            inside = tuple(self._crop(content._replace(mask=ring.inside), place.em) for ring in rings)
            return asked._replace(circles=True, leaves=inside)
        found = formula_of(content.mask, place.em)
        if found is None:
            return asked
        row, labels = found
        masks = [np.isin(labels, leaf.blobs) for leaf in formulas.leaves(row)]
        crops = tuple(self._crop(content._replace(mask=mask), place.em) for mask in masks)
        return asked._replace(formula=row, leaves=crops)

    def _read(self, asked: Asked, judged: Judged) -> dict[str, object]:
        candidates = likely(judged.candidates)
        best = max(candidates, key=lambda c: candidates[c], default="")
        if best and candidates[best] >= SURE:
            return {"text": best, "confidence": min(1.0, candidates[best]), "candidates": candidates}
        text, sure = judged.free.text.strip(), float(np.clip(judged.free.confidence, 0, 1))
        if asked.place.kind == "option":
            return ringed(text, sure, candidates)
        if asked.place.kind == "rule" and begun_twice(asked.content.mask, asked.place.em, judged.free):
            twice = {"confidence": sure, "candidates": {text: sure}, "guessed": bool(judged.free.guessed)}
            return {"text": text[1:], "struck": True, **twice}
        plain = bool(text) and set(text) <= set(LETTERS)
        if candidates and not plain and (last := self._last(asked)):
            text = max(last, key=lambda c: last[c])
            return {"text": text, "confidence": min(1.0, last[text]), "candidates": last, "struck": True}
        return {"text": text, "confidence": sure, "candidates": candidates}

    def _last(self, asked: Asked) -> dict[str, float] | None:
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
        candidates = likely(self._judged([crop], [(*SINGLE, *LOOKALIKES)])[0].candidates)
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


def _beside(judged: Judged, text: str) -> dict[str, object]:
    """What else the text of a place may be, and whether it is guessed; nothing where it isn't the free reading, a sign before it
    aside.
    """
    read, bare = judged.free.text.strip(), text.lstrip("-")
    if not bare or bare != read.lstrip(LEVEL):
        return {}
    sign = text.removesuffix(bare)
    seconds = tuple(sign + other.strip()[len(read) - len(bare) :] for other in judged.seconds)
    return {"seconds": seconds, "guessed": bool(judged.free.guessed)}
