"""The likeliest English among all that the recogniser leaves open.

A prefix beam search (Hannun et al., 2014): of each beginning the probability over all its alignments, ending in a blank or not, with
what English says of its letters. Capitals count as small letters; figures, spaces and signs cost what a usual letter does.
"""

import math
from collections.abc import Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple

from services.ocr.core.english.letters import END, SIGNS, Letters

Row = Sequence[tuple[int, float]]
"""Of a step, the classes with a chance and their log-probabilities."""
BLANK = 0
WEIGHT = 0.6
"""What English counts beside the recogniser, which is surer than it is right."""
USUAL = -1.6
"""Log-share of a usual letter, which is the cost of every sign that is none, and is given back for each: or short texts would win."""
WIDTH = 6
"""Beginnings that are followed."""
FAR = 7.0
"""How much less likely than the likeliest, for the recogniser alone, a beginning is that isn't followed."""
NEVER = -1e30
Ways = dict[tuple[int, ...], tuple[float, float]]
"""Of each beginning the log-probabilities of its alignments that end in a blank, and in its last sign."""
_LETTERS = frozenset(SIGNS)


class Begun(NamedTuple):
    """What English says of a beginning: its log-probability, and the letters of its last word."""

    score: float
    word: str


def best_text(rows: Sequence[Row], signs: Mapping[int, str], letters: Letters) -> tuple[float, tuple[int, ...]]:
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
                said[begun] = _went_on(said[begun[:-1]], signs[begun[-1]], letters)
        scores = {begun: _sum(*ways) + said[begun].score for begun, ways in beams.items()}
        beams = {begun: beams[begun] for begun in nlargest(WIDTH, scores, key=scores.__getitem__)}
    return max((_sum(*ways) + _ended(said[begun], letters), begun) for begun, ways in beams.items())


def _likely(beams: Ways) -> Ways:
    """The beginnings that English may still make the likeliest."""
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


def _went_on(begun: Begun, text: str, letters: Letters) -> Begun:
    score, word = begun
    for sign in text.lower().replace("’", "'"):
        share = USUAL
        if sign in _LETTERS:
            share, word = letters.log_share(word, sign), word + sign
        elif word:
            share, word = share + letters.log_share(word, END), ""
        score += WEIGHT * (share - USUAL)
    return Begun(score, word)


def _ended(begun: Begun, letters: Letters) -> float:
    return begun.score + (WEIGHT * letters.log_share(begun.word, END) if begun.word else 0.0)


def _sum(first: float, second: float) -> float:
    """The logarithm of a sum of probabilities, of their logarithms."""
    if first < second:
        first, second = second, first
    return first + math.log1p(math.exp(second - first)) if second > NEVER else first
