"""The numbers printed left of an answer card's items: from the lines of the page, or read one by one."""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from contracts.artefacts.reading import Line
from services.ocr.core.engine import Engine
from services.ocr.core.glyphs import Token, tokens_of
from services.ocr.core.lattice import Group
from services.ocr.core.numbering import Place, repaired
from services.ocr.core.raster import Image
from services.ocr.core.rows import Level

REACH = 3
"""Pitches left of an item within which its number stands."""
NEAR = 2
"""The same when it has to be read by itself: further left is the item before."""
MIN_CONFIDENCE = 0.5


class Numbers:
    """Items of one kind of bubbles. size: (width, height) of a bubble in pixels; level: how its rows run."""

    def __init__(self, groups: Sequence[Group], size: tuple[float, float], level: Level) -> None:
        self._groups = groups
        self._width, self._height = size
        self._level = level
        self._pitch = float(np.median([b.x - a.x for g in groups for a, b in pairwise(g)]))

    def read(self, lines: Sequence[Line], bgr: Image, engine: Engine) -> list[int | None]:
        """The number of each item, None where there is none; misread and unread ones follow from their neighbours."""
        tokens = tokens_of(lines, r"\d{1,3}")
        beside = [self._beside(group, tokens) for group in self._groups]
        if 2 * sum(number is not None for number in beside) < len(beside):
            beside = self._one_by_one(bgr, engine)
        rows = _ranks([g[0].y - self._level.at(g[0].x) for g in self._groups], 0.7 * self._height)
        blocks = _ranks([g[0].x for g in self._groups], 1.2 * self._width)
        return repaired([Place(*place) for place in zip(rows, blocks, beside, strict=True)])

    def _beside(self, group: Group, tokens: Sequence[Token]) -> int | None:
        """The number printed left of a group, not beyond the group before."""
        start, y, before = group[0].x - 0.4 * self._width, group[0].y, self._before(group)
        near = [
            t
            for t in tokens
            if abs(t.y - y) < 0.75 * self._height
            and max(before, start - REACH * self._pitch) < t.x1 < start
            and t.x0 > before
        ]
        return int(max(near, key=lambda t: t.x1).text) if near else None

    def _before(self, group: Group) -> float:
        """Where the group left of this one ends."""
        start, y = group[0].x - 0.4 * self._width, group[0].y
        same_row = (g[-1].x for g in self._groups if g[-1].x < start and abs(g[-1].y - y) < self._height)
        return max(same_row, default=-np.inf)

    def _one_by_one(self, bgr: Image, engine: Engine) -> list[int | None]:
        crops = [self._crop(group, bgr) for group in self._groups]
        texts = iter(engine.recognise([crop for crop in crops if crop is not None]))
        read: list[int | None] = []
        for crop in crops:
            text = next(texts) if crop is not None else None
            number = re.fullmatch(r"\D{0,2}(\d{1,3})[.．、]?", text.text.strip()) if text is not None else None
            sure = text is not None and number is not None and text.confidence >= MIN_CONFIDENCE
            read.append(int(number[1]) if number is not None and sure else None)
        return read

    def _crop(self, group: Group, bgr: Image) -> Image | None:
        """The page left of a group, as high as its bubbles; None at the page's edge."""
        right = group[0].x - 0.55 * self._width
        left = max(0.0, right - NEAR * self._pitch, self._before(group) + 0.6 * self._width)
        top, bottom = max(0, round(group[0].y - 0.8 * self._height)), round(group[0].y + 0.8 * self._height)
        crop = bgr[top:bottom, round(left) : round(right)]
        return np.ascontiguousarray(crop) if min(crop.shape[:2]) >= 6 else None


def _ranks(values: Sequence[float], apart: float) -> list[int]:
    """The rank of each value among groups of values more than `apart` from one another."""
    order: npt.NDArray[np.intp] = np.argsort(values, kind="stable")
    ranks, rank, start = [0] * len(values), 0, None
    for index in order:
        if start is not None and values[index] - start > apart:
            rank += 1
            start = values[index]
        start = values[index] if start is None else start
        ranks[int(index)] = rank
    return ranks
