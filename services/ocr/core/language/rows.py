"""Of a line's steps what has a chance, and where a text stands that was found there."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import cv2
import numpy as np

from services.ocr.core import ctc
from services.ocr.core.language.beam import BLANK, Row
from services.ocr.core.raster import Image
from services.ocr.core.steps import Floats, Steps

DOUBT = 0.9
"""A character less sure than this makes a line doubtful."""
SURE = 0.97
"""Confidence from which a reading's words are those of the page."""
CHANCE = 3e-3
"""Probability from which a sign is followed."""
Characters = Sequence[tuple[str, float, float]]
"""(character, centre 0..1 of the line's width, confidence)."""


class Rows(NamedTuple):
    """What a line may say: of each step the signs with a chance. share: of the steps' width, what the line takes."""

    rows: tuple[Row, ...]
    share: float


class Reader(Protocol):
    """Reads a line again in a language."""

    @property
    def widths(self) -> tuple[float, ...]:
        """Of a line's own, at which it is read as well."""

    def doubts(self, characters: Characters) -> bool:
        """Whether a reading is a line of this language, and doubtful."""

    def of_page(self, texts: Sequence[tuple[str, float]]) -> "Reader":
        """For a page with these readings (text, confidence): what is written there often takes up what is printed."""

    def rows(self, steps: Steps, share: float) -> Rows:
        """What a line may say."""

    def best(self, views: Sequence[Rows]) -> Characters:
        """The likeliest text of one line seen at its own width, then at others, with the recogniser's own confidences."""


def row_of(shares: Floats, signs: Mapping[int, str]) -> Row:
    """The blank, and the signs with a chance."""
    likely = [index for index in np.flatnonzero(shares >= CHANCE).tolist() if index in signs]
    return [(index, math.log(max(float(shares[index]), CHANCE**2))) for index in (BLANK, *likely)]


def placed(text: Sequence[int], view: Rows, signs: Mapping[int, str]) -> Characters:
    """A text, in classes, with its places and confidences in a view."""
    columns = {index: column for column, index in enumerate(dict.fromkeys((BLANK, *text)))}
    shares = np.full((len(view.rows), len(columns)), CHANCE**2, np.float32)
    for step, row in enumerate(view.rows):
        for index, chance in row:
            if index in columns:
                shares[step, columns[index]] = math.exp(chance)
    wanted = [columns[index] for index in text]
    width = 2 * len(shares) * view.share
    return [
        (signs[index], min(1.0, (start + end) / width), float(shares[start:end, column].max()))
        for index, column, (start, end) in zip(text, wanted, ctc.spans(shares, wanted), strict=True)
    ]


def at_widths(crop: Image, widths: Sequence[float]) -> list[Image]:
    """A line's crop at other widths."""
    height, width = crop.shape[:2]
    sizes = [(max(2, round(share * width)), height) for share in widths]
    ways = [cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC for share in widths]
    return [
        np.asarray(cv2.resize(crop, size, interpolation=way), np.uint8) for size, way in zip(sizes, ways, strict=True)
    ]
