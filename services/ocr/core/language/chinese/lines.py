"""Doubtful lines of Chinese, read again: at two widths, by which characters stand together in words and on their page.

Only Chinese characters may change: figures, letters and signs are as the recogniser saw them.
"""

import re
from collections.abc import Mapping, Sequence
from copy import copy
from difflib import SequenceMatcher
from itertools import groupby, pairwise

from services.ocr.core.language.beam import BLANK, Row, best_text
from services.ocr.core.language.chinese.pairs import Pairs, is_chinese
from services.ocr.core.language.rows import DOUBT, SURE, Characters, Rows, placed, row_of
from services.ocr.core.simplified import folded
from services.ocr.core.steps import Steps

LEAST, CHINESE = 2, 0.5
"""Least Chinese characters of a line, and their share of its signs."""
Text = tuple[int, ...]


class Chinese:
    """Reads lines as Chinese. signs: what a recogniser's classes say."""

    widths = (0.8,)

    def __init__(self, signs: Mapping[int, str], pairs: Pairs) -> None:
        self._signs, self._pairs = signs, pairs
        self._own = frozenset(index for index, text in signs.items() if is_chinese(text))

    def doubts(self, characters: Characters) -> bool:
        """Whether characters are a line of Chinese, one of its characters unsure."""
        sure = [confidence for character, _, confidence in characters if is_chinese(character)]
        signs = sum(not character.isspace() for character, _, _ in characters)
        return len(sure) >= max(LEAST, CHINESE * signs) and min(sure) < DOUBT

    def of_page(self, texts: Sequence[tuple[str, float]]) -> "Chinese":
        page = copy(self)  # which classes are Chinese takes longer to find out than a line to read
        page._pairs = self._pairs.with_texts([text for text, sure in texts if sure >= SURE])  # noqa: SLF001 - its own
        return page

    def rows(self, steps: Steps, share: float) -> Rows:
        return Rows(tuple(self._may_change(row_of(row, self._signs)) for row in steps.probabilities()), share)

    def best(self, views: Sequence[Rows]) -> Characters:
        seen = _seen(views[0].rows)
        found = [best_text(view.rows, self._signs, self._pairs) for view in views]
        able = [reading for reading in found if self._others(reading[1]) == self._others(seen)]
        text = max(able, default=found[0])[1]
        return placed(self._as_known(seen, text), views[0], self._signs)

    def _may_change(self, row: Row) -> Row:
        """A step with the characters that may stand there: one that is no Chinese, or the blank and Chinese ones."""
        likeliest = max(row, key=lambda sign: sign[1])
        if likeliest[0] != BLANK and likeliest[0] not in self._own:
            return (likeliest,)
        return tuple(sign for sign in row if sign[0] == BLANK or sign[0] in self._own)

    def _others(self, text: Text) -> str:
        """What is no Chinese."""
        return "".join(re.sub(r"\s", "", self._signs[index]) for index in text if index not in self._own)

    def _as_known(self, seen: Text, text: Text) -> Text:
        """What was seen, with those of a text's changes that make characters stand together as in words; none leaves one out.

        A character's traditional form is no other one.
        """
        signs = ["", *(self._signs[index] for index in text), ""]
        met = [self._pairs.are_of_a_word(*pair) for pair in pairwise(signs)]  # a character with the one before
        told: list[int] = []
        for kind, start, end, first, last in SequenceMatcher(None, seen, text, autojunk=False).get_opcodes():
            known = last - first >= max(1, end - start) and all(met[at] or met[at + 1] for at in range(first, last))
            known &= self._plain(seen[start:end]) != self._plain(text[first:last])
            told += text[first:last] if kind == "equal" or known else seen[start:end]
        return tuple(told)

    def _plain(self, text: Text) -> str:
        return folded("".join(self._signs[index] for index in text))


def _seen(rows: Sequence[Row]) -> Text:
    """What the recogniser itself reads."""
    best = (max(row, key=lambda sign: sign[1])[0] for row in rows)
    return tuple(index for index, _ in groupby(best) if index != BLANK)
