"""Doubtful lines of English, read again: at several widths, by what English is like and by the words of their page."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from services.ocr.core.language.beam import best_text
from services.ocr.core.language.english.letters import Letters
from services.ocr.core.language.rows import DOUBT, SURE, Characters, Rows, placed, row_of
from services.ocr.core.steps import Steps

LATIN = 0.7
"""Share of letters from which a line is words."""
WORDS, NUMBERED_WORDS = 3, 6
"""Least words of a line, and of one with a figure. Fewer are short answers, for which words are chosen later, when all is known of
their places; numbers tell where these are."""
WORD = re.compile(r"[a-z']{2,}")
FORMULA = re.compile(r"[=+^<>×÷±°√²³/\\]|\d\s*[.、．,，)）]|\b[A-H]\s*[.、．,，)）]|[(（]\s*\d")
"""What is no plain sentence: formulas, numbers of questions, letters of options."""


class English:
    """Reads lines as English. signs: what a recogniser's classes say."""

    widths = (0.8, 1.4)  # hasty letters stand close together, others far apart

    def __init__(self, signs: Mapping[int, str], letters: Letters) -> None:
        # What may stand in English.
        self._signs = {index: text for index, text in signs.items() if text.replace("’", "'").isascii()}
        self._letters = letters

    def doubts(self, characters: Characters) -> bool:
        """Whether characters are a line of English words, one of them unsure."""
        if all(sure >= DOUBT for _, _, sure in characters):
            return False
        text = "".join(character for character, _, _ in characters)
        signs = [sign for sign in text if not sign.isspace()]
        latin = sum(sign.isascii() and sign.isalpha() for sign in signs)
        least = NUMBERED_WORDS if any(map(str.isdigit, signs)) else WORDS
        return latin >= LATIN * len(signs) and len(WORD.findall(text.lower())) >= least and not FORMULA.search(text)

    def of_page(self, texts: Sequence[tuple[str, float]]) -> "English":
        words = Counter(word for text, sure in texts if sure >= SURE for word in WORD.findall(text.lower()))
        return English(self._signs, self._letters.with_words(words))

    def rows(self, steps: Steps, share: float) -> Rows:
        return Rows(tuple(row_of(row, self._signs) for row in steps.probabilities()), share)

    def best(self, views: Sequence[Rows]) -> Characters:
        found = [(*best_text(view.rows, self._signs, self._letters), view) for view in views]
        _, text, view = max(found, key=lambda reading: reading[0])
        return placed(text, view, self._signs)
