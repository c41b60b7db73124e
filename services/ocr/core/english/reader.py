"""Doubtful lines of English, read again: at several widths, by what English is like and by the words of their page."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from services.ocr.core import ctc
from services.ocr.core.english.beam import BLANK, Row, best_text
from services.ocr.core.english.letters import Letters
from services.ocr.core.raster import Image
from services.ocr.core.steps import Floats, Steps

WIDTHS = (0.8, 1.4)
"""Of its own, at which a line is read again: hasty letters stand close together, others far apart."""
DOUBT = 0.9
"""A character less sure than this makes a line doubtful."""
SURE = 0.97
"""Confidence from which a reading's words are those of the page."""
CHANCE = 3e-3
"""Probability from which a sign is followed."""
LATIN = 0.7
"""Share of letters from which a line is words."""
WORDS, NUMBERED_WORDS = 3, 6
"""Least words of a line, and of one with a figure. Fewer are short answers, for which words are chosen later, when all is known of
their places; numbers tell where these are."""
WORD = re.compile(r"[a-z']{2,}")
FORMULA = re.compile(r"[=+^<>×÷±°√²³/\\]|\d\s*[.、．,，)）]|\b[A-H]\s*[.、．,，)）]|[(（]\s*\d")
"""What is no plain sentence: formulas, numbers of questions, letters of options."""
Characters = Sequence[tuple[str, float, float]]
"""(character, centre 0..1 of the line's width, confidence)."""


class Rows(NamedTuple):
    """What a line may say: of each step the signs with a chance. share: of the steps' width, what the line takes."""

    rows: tuple[Row, ...]
    share: float


class English:
    """Reads lines as English. signs: what a recogniser's classes say."""

    def __init__(self, signs: Mapping[int, str], letters: Letters) -> None:
        self._signs, self._letters = signs, letters

    def of_page(self, texts: Sequence[tuple[str, float]]) -> "English":
        """For a page with these readings (text, confidence): what is written there often takes up what is printed."""
        words = Counter(word for text, sure in texts if sure >= SURE for word in WORD.findall(text.lower()))
        return English(self._signs, self._letters.with_words(words))

    def rows(self, steps: Steps, share: float) -> Rows:
        """What a line may say."""
        return Rows(tuple(self._row(row) for row in steps.probabilities()), share)

    def best(self, views: Sequence[Rows]) -> Characters:
        """The likeliest English of one line seen at several widths, with the recogniser's own confidences."""
        found = [(*best_text(view.rows, self._signs, self._letters), view) for view in views]
        _, text, view = max(found, key=lambda reading: reading[0])
        return self._placed(text, view)

    def _placed(self, text: Sequence[int], view: Rows) -> Characters:
        columns = {index: column for column, index in enumerate(dict.fromkeys((BLANK, *text)))}
        shares = np.full((len(view.rows), len(columns)), CHANCE**2, np.float32)
        for step, row in enumerate(view.rows):
            for index, chance in row:
                if index in columns:
                    shares[step, columns[index]] = math.exp(chance)
        wanted = [columns[index] for index in text]
        spans = ctc.spans(shares, wanted)
        width = 2 * len(shares) * view.share
        return [
            (self._signs[index], min(1.0, (start + end) / width), float(shares[start:end, column].max()))
            for index, column, (start, end) in zip(text, wanted, spans, strict=True)
        ]

    def _row(self, shares: Floats) -> Row:
        likely = [index for index in np.flatnonzero(shares >= CHANCE).tolist() if index in self._signs]
        return [(index, math.log(max(float(shares[index]), CHANCE**2))) for index in (BLANK, *likely)]


def signs_of(alphabet: Sequence[str]) -> dict[int, str]:
    """The classes that may stand in English, and what they say."""
    plain = {index: text for index, text in enumerate(alphabet) if index != BLANK and text}
    return {index: text for index, text in plain.items() if text.replace("’", "'").isascii()}


def is_doubtful(characters: Characters) -> bool:
    """Whether characters are a line of English words, one of them unsure."""
    if all(sure >= DOUBT for _, _, sure in characters):
        return False
    text = "".join(character for character, _, _ in characters)
    signs = [sign for sign in text if not sign.isspace()]
    latin = sum(sign.isascii() and sign.isalpha() for sign in signs)
    least = NUMBERED_WORDS if any(map(str.isdigit, signs)) else WORDS
    return latin >= LATIN * len(signs) and len(WORD.findall(text.lower())) >= least and not FORMULA.search(text)


def widths(crop: Image) -> list[Image]:
    """A line's crop at the other widths."""
    height, width = crop.shape[:2]
    sizes = [(max(2, round(share * width)), height) for share in WIDTHS]
    ways = [cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC for share in WIDTHS]
    return [
        np.asarray(cv2.resize(crop, size, interpolation=way), np.uint8) for size, way in zip(sizes, ways, strict=True)
    ]
