"""The likeliest text among all that the recogniser leaves open, in a language.

A prefix beam search (Hannun et al., 2014): of each beginning the probability over all its alignments, ending in a blank or not, with
what the language says of it.
"""

import math
from collections.abc import Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple, Protocol

Row = Sequence[tuple[int, float]]
"""Of a step, the classes with a chance and their log-probabilities."""
BLANK = 0
WIDTH = 6
"""Beginnings that are followed."""
FAR = 7.0
"""How much less likely than the likeliest, for the recogniser alone, a beginning is that isn't followed."""
NEVER = -1e30
Ways = dict[tuple[int, ...], tuple[float, float]]
"""Of each beginning the log-probabilities of its alignments that end in a blank, and in its last sign."""


class Begun(NamedTuple):
    """What a language says of a beginning: its score, and the last of it, on which the next sign depends."""

    score: float
    last: str


class Language(Protocol):
    """What a text is like. Scores are log-probabilities, weighed against the recogniser's."""

    def went_on(self, begun: Begun, text: str) -> Begun:
        """A beginning with the signs of one more class."""

    def ended(self, begun: Begun) -> float:
        """The score of a text that ends here."""


def best_text(rows: Sequence[Row], signs: Mapping[int, str], language: Language) -> tuple[float, tuple[int, ...]]:
    """The likeliest text, in classes, and its score, which compares readings of one line.

    signs: what each class other than the blank says, as far as it may stand in a text.
    """
    beams: Ways = {(): (0.0, NEVER)}
    said: dict[tuple[int, ...], Begun] = {(): Begun(0.0, "")}
    for row in rows:
        if len(row) == 1 and row[0][0] == BLANK:  # as most are: no beginning goes on
            beams = {begun: (_sum(*ways) + row[0][1], NEVER) for begun, ways in beams.items()}
            continue
        beams = _likely(_step(beams, row, signs))
        for begun in beams:
            if begun not in said:
                said[begun] = language.went_on(said[begun[:-1]], signs[begun[-1]])
        scores = {begun: _sum(*ways) + said[begun].score for begun, ways in beams.items()}
        beams = {begun: beams[begun] for begun in nlargest(WIDTH, scores, key=scores.__getitem__)}
    return max((_sum(*ways) + language.ended(said[begun]), begun) for begun, ways in beams.items())


def _likely(beams: Ways) -> Ways:
    """The beginnings that the language may still make the likeliest."""
    sums = {begun: _sum(*ways) for begun, ways in beams.items()}
    least = max(sums.values()) - FAR
    return {begun: ways for begun, ways in beams.items() if sums[begun] >= least}


def _step(beams: Ways, row: Row, signs: Mapping[int, str]) -> Ways:
    """Log-probabilities of all beginnings one step on."""
    found: Ways = {}

    def add(begun: tuple[int, ...], blank: float, sign: float) -> None:
        before = found.get(begun, (NEVER, NEVER))
        found[begun] = (_sum(before[0], blank), _sum(before[1], sign))

    for begun, (blank, sign) in beams.items():
        every = _sum(blank, sign)
        for index, chance in row:
            if index == BLANK:
                add(begun, every + chance, NEVER)
            elif begun and index == begun[-1]:
                add(begun, NEVER, sign + chance)
                add((*begun, index), NEVER, blank + chance)
            elif index in signs:
                add((*begun, index), NEVER, every + chance)
    return found


def _sum(first: float, second: float) -> float:
    """The logarithm of a sum of probabilities, of their logarithms."""
    if first < second:
        first, second = second, first
    return first + math.log1p(math.exp(second - first)) if second > NEVER else first
