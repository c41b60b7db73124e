"""How likely a character is after another in Chinese.

From how common words are: characters that stand side by side in one, and any character, mixed; more so for those that are printed on the page.
"""

import functools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.ocr.core.language.beam import Begun

WEIGHT = 0.5
"""What Chinese counts beside the recogniser, which is surer than it is right."""
USUAL = -8.0
"""Log-share of a usual character, which is given back for each: or short texts would win."""
PAIR = 0.6
"""What the character before counts against how common a character is."""
SMOOTH = 50.0
"""Counts of a character from which those after it are known half as well as they can be."""
TAKEN_UP, SEEN = 2000.0, 200.0
"""Counts that a pair and a character gain each time they are printed on the page."""
RARE, RARE_OF_ALL = 0.5, 1e4
"""Counts of a character that no word has, and of all of them."""
RUN = re.compile("[一-鿿]+")
_FOLLOWER = re.compile(r"(\D)(\d+)")
Codes = npt.NDArray[np.int64]


class Pairs:
    """Log-probabilities of characters.

    signs: counts by character; codes, counts: of pairs, in the order of their codes; page: texts that are printed around.
    """

    def __init__(
        self, signs: Mapping[str, float], codes: Codes, counts: npt.NDArray[np.float32], page: Sequence[str] = ()
    ) -> None:
        self._signs, self._codes, self._counts = signs, codes, counts
        self._total = sum(signs.values()) + RARE_OF_ALL
        runs = [run for text in page for run in RUN.findall(text)]
        self._seen = Counter(sign for run in runs for sign in run)
        self._taken_up = Counter(pair for run in runs for pair in pairwise(run))
        self._known: dict[tuple[str, str], float] = {}

    def with_texts(self, texts: Sequence[str]) -> "Pairs":
        """With the texts of a page."""
        return Pairs(self._signs, self._codes, self._counts, texts)

    def went_on(self, begun: Begun, text: str) -> Begun:
        """A text with one more sign. What is no Chinese says nothing of what follows; spaces are none."""
        if is_chinese(text):
            return Begun(begun.score + WEIGHT * (self.log_share(begun.last, text) - USUAL), text)
        return begun if text.isspace() else Begun(begun.score, "")

    def ended(self, begun: Begun) -> float:
        return begun.score

    def log_share(self, before: str, sign: str) -> float:
        """Of what is written after `before` ("" for nothing), the share with this character next: its natural logarithm."""
        key = (before, sign)
        if key not in self._known:
            self._known[key] = math.log(self._share(before, sign))
        return self._known[key]

    def are_of_a_word(self, first: str, second: str) -> bool:
        """Whether two characters stand side by side in a word, or on the page."""
        return bool(first and second) and (self._count(first, second) > 0 or (first, second) in self._taken_up)

    def _share(self, before: str, sign: str) -> float:
        common = (self._signs.get(sign, 0.0) + SEEN * self._seen[sign] + RARE) / self._total
        if not before:
            return common
        printed = TAKEN_UP * self._taken_up[before, sign]
        after = (self._count(before, sign) + printed) / (self._signs.get(before, 0.0) + printed + SMOOTH)
        return PAIR * min(1.0, after) + (1 - PAIR) * common

    def _count(self, first: str, second: str) -> float:
        code = _code(first, second)
        at = int(np.searchsorted(self._codes, code))
        return float(self._counts[at]) if at < len(self._codes) and self._codes[at] == code else 0.0


def is_chinese(text: str) -> bool:
    """Whether a text is one Chinese character."""
    return len(text) == 1 and "一" <= text <= "鿿"


def _code(first: str, second: str) -> int:
    return ord(first) << 20 | ord(second)


@functools.cache
def load() -> Pairs:
    """Of the words that ship with the stage; read once (0.1 s)."""
    rows = Path(__file__).with_name("pairs.txt").read_text(encoding="utf8").splitlines()
    counted = [[(sign, float(count)) for sign, count in _FOLLOWER.findall(row)] for row in rows]
    found = sorted(_pairs(counted))
    codes = np.array([code for code, _ in found], np.int64)
    return Pairs(dict(row[0] for row in counted), codes, np.array([count for _, count in found], np.float32))


def _pairs(counted: Sequence[Sequence[tuple[str, float]]]) -> Iterator[tuple[int, float]]:
    """Codes and counts of all pairs; of each row the first one is the character, the others follow it."""
    for (first, _), *followers in counted:
        for second, count in followers:
            yield _code(first, second), count
