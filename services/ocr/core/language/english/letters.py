"""How likely a letter is after the beginning of an English word.

Two experts, mixed: words by how common they are, which makes a beginning likelier the more of what is written begins so; and letters by
the three before them, for names, misspellings and words that the list lacks.
"""

import functools
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.ocr.core.language.beam import Begun

SIGNS = "abcdefghijklmnopqrstuvwxyz'"
END = "$"
"""The end of a word, asked for as a letter is."""
WEIGHT = 0.6
"""What English counts beside the recogniser, which is surer than it is right."""
USUAL = -1.6
"""Log-share of a usual letter, which is the cost of every sign that is none, and is given back for each: or short texts would win."""
BOOK = 0.9
"""What the list of words counts against the letters before."""
TAKEN_UP = 0.003
"""Share of all words on a page that a word gains each time it is printed there."""
CONTRACTED = 500
"""Least count of words with an apostrophe: the list's source counts them as two words."""
SMOOTH = 20.0
"""Counts of letters after two before them that are worth as much as one letter after three."""
Shares = npt.NDArray[np.float32]
HIGHEST = "￿"
"""Sorts after every letter."""
_EDGE = len(SIGNS)
_LETTERS = frozenset(SIGNS)
_INDEX = {sign: index for index, sign in enumerate((*SIGNS, END))}


class Counts:
    """How often words are written that begin alike."""

    def __init__(self, counts: Mapping[str, float]) -> None:
        self._words = sorted(counts)
        self._sums = [0.0, *accumulate(counts[word] for word in self._words)]

    @property
    def total(self) -> float:
        return self._sums[-1]

    def of(self, word: str) -> float:
        return self._between(word, word + "\0")

    def begun(self, start: str) -> float:
        """Of all words that begin so, those that end there included."""
        return self._between(start, start + HIGHEST)

    def _between(self, first: str, last: str) -> float:
        return self._sums[bisect_left(self._words, last)] - self._sums[bisect_left(self._words, first)]


class Letters:
    """Log-probabilities of letters in English words.

    after: shares (28, 28, 28, 28) of each letter after three others; page: words of the page, counted as `words` are.
    """

    def __init__(self, words: Counts, after: Shares, page: Counts | None = None) -> None:
        self._words, self._after, self._page = words, after, page or Counts({})
        self._known: dict[str, float] = {}

    def with_words(self, counts: Mapping[str, int]) -> "Letters":
        """With the words of a page, each time one is there as likely again as a share `TAKEN_UP` of all that is written."""
        spelled = {
            word: count * TAKEN_UP * self._words.total for word, count in counts.items() if set(word) <= set(SIGNS)
        }
        return Letters(self._words, self._after, Counts(spelled))

    def went_on(self, begun: Begun, text: str) -> Begun:
        """A text with one more sign. Capitals count as small letters; figures, spaces and signs cost what a usual letter does."""
        score, word = begun
        for sign in text.lower().replace("’", "'"):
            share = USUAL
            if sign in _LETTERS:
                share, word = self.log_share(word, sign), word + sign
            elif word:
                share, word = share + self.log_share(word, END), ""
            score += WEIGHT * (share - USUAL)
        return Begun(score, word)

    def ended(self, begun: Begun) -> float:
        return begun.score + (WEIGHT * self.log_share(begun.last, END) if begun.last else 0.0)

    def log_share(self, begun: str, letter: str) -> float:
        """Of what is written and goes on after `begun`, the share with this letter (or END) next: its natural logarithm."""
        key = begun + letter
        if key not in self._known:
            self._known[key] = math.log(self._share(begun, letter))
        return self._known[key]

    def _share(self, begun: str, letter: str) -> float:
        context = [_EDGE] * 3 + [_INDEX[sign] for sign in begun[-3:]]
        spelled = float(self._after[(*context[-3:], _INDEX[letter])])
        whole = self._begun(begun)
        if not whole:
            return spelled
        told = self._words.of(begun) + self._page.of(begun) if letter == END else self._begun(begun + letter)
        return BOOK * told / whole + (1 - BOOK) * spelled

    def _begun(self, start: str) -> float:
        return self._words.begun(start) + self._page.begun(start)


def _after_three(words: Sequence[str], counts: Sequence[float]) -> Shares:
    """Shares (28, 28, 28, 28) of each letter after three others, the word's edge being one; a common word counts by its root,
    or a few would be all there is. Shorter contexts smooth longer ones (Witten and Bell, 1991, with a fixed weight).
    """
    size, edge = _EDGE + 1, [_EDGE] * 3
    signs = np.array([index for word in words for index in (*edge, *(_INDEX[sign] for sign in word), _EDGE)])
    lengths = np.array([len(word) for word in words]) + 4
    weights = np.repeat(np.sqrt(np.array(counts)), lengths)
    inside = np.arange(len(signs)) - np.repeat(np.cumsum(lengths) - lengths, lengths) >= 3
    last = np.flatnonzero(inside)
    flat = np.ravel_multi_index(tuple(signs[last - back] for back in (3, 2, 1, 0)), (size,) * 4)
    seen = np.bincount(flat, weights[last], size**4).reshape((size,) * 4)
    shares = np.full(size, 1 / size)
    for before in (3, 2, 1, 0):
        longer = seen.sum(axis=tuple(range(before)))
        weight = SMOOTH * np.maximum((longer > 0).sum(axis=-1, keepdims=True), 1)
        shares = (longer + weight * shares) / (longer.sum(axis=-1, keepdims=True) + weight)
    return shares.astype(np.float32)


@functools.cache
def load() -> Letters:
    """Of the words that ship with the stage; read once (0.2 s)."""
    rows = (row.split() for row in Path(__file__).with_name("words.txt").read_text(encoding="ascii").splitlines())
    counts = {word: max(float(count), CONTRACTED * ("'" in word)) for word, count in rows}
    return Letters(Counts(counts), _after_three(list(counts), list(counts.values())))
