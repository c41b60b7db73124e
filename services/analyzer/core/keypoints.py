"""Short answers in words by the key's points: each is met, missing, or said the other way round.

English points go through a fitted model (`likeness`); Chinese ones by the characters they share with the answer's clauses
and by polarity: 不 没有 无 and pairs like 增大/减小 turn a statement round. Likeness is not meaning: a teacher always looks.
"""

import re
from typing import Literal

from services.analyzer.core.likeness import judge
from services.analyzer.core.polarity import turned

Found = Literal["met", "missing", "turned", "unclear"]
MAX_POINTS = 8
_MAX_LENGTH = 600
_HAN = re.compile("[一-鿿]")
_BOUNDARY = re.compile(r"[；;\n]|(?<=[^\d])[。]|[①-⑳]|[（(]\d{1,2}[)）]")
_CLAUSE = re.compile(r"[，,。；;！？!?：:\n①-⑳]|[（(]\d{1,2}[)）]")
_MET, _MISSING, _SHARED, _SHORTEST = 0.6, 0.25, 0.4, 2
"""Shares of a point's pairs of characters from which it is met, and under which, and of single ones, it is missing."""
_CORRECT, _INCORRECT = 0.5, 0.2
"""Probabilities of `correct`: right .72 of the time from the first on, wrong .83 under the second (docs/grading.md)."""


def points_of(key: str) -> list[str]:
    """The key's points: parted by ；, 。, numbers in circles or brackets; the whole key where it is not parted."""
    parts = [p.strip(" ，,、。.") for p in _BOUNDARY.split(key[:_MAX_LENGTH])]
    found = [p for p in parts if len(p) >= _SHORTEST]
    return found if 1 < len(found) <= MAX_POINTS else [key[:_MAX_LENGTH]]


def find(point: str, answer: str) -> Found:
    """Whether the answer makes the point."""
    answer = answer[:_MAX_LENGTH]
    return _find_chinese(point, answer) if _HAN.search(point) else _find_english(point, answer)


def _find_english(point: str, answer: str) -> Found:
    odds = judge(answer, [point])
    if odds["correct"] >= _CORRECT:
        return "met"
    if odds["contradictory"] > max(odds["correct"], odds["incorrect"]):
        return "turned"
    return "missing" if odds["correct"] <= _INCORRECT else "unclear"


def _find_chinese(point: str, answer: str) -> Found:
    wanted, given = _pairs(point), _pairs(answer)
    if not wanted:
        return "met" if point in answer else "missing"
    share = len(wanted & given) / len(wanted)
    numbers = set(re.findall(r"\d+(?:\.\d+)?", point)) - set(re.findall(r"\d+(?:\.\d+)?", answer))
    if share < _MISSING:  # a paraphrase shares characters, if not their neighbours
        return "missing" if len(set(point) & set(answer)) < _SHARED * len(set(point)) else "unclear"
    if _says_otherwise(point, answer):
        return "turned"
    return "met" if share >= _MET and not numbers else "unclear"


def _says_otherwise(point: str, answer: str) -> bool:
    """Whether a clause of the point is turned round in the clause of the answer that is nearest to it."""
    given = [c for c in _CLAUSE.split(answer) if c]
    for clause in _CLAUSE.split(point):
        wanted = _pairs(clause)
        if not wanted:
            continue
        nearest = max(given, key=lambda c: len(_pairs(c) & wanted), default="")
        if len(_pairs(nearest) & wanted) >= len(wanted) / 3 and turned(nearest, clause):
            return True
    return False


def _pairs(text: str) -> frozenset[str]:
    """Neighbouring characters, without punctuation."""
    bare = "".join(re.findall(r"[一-鿿A-Za-z0-9]", text))
    return frozenset(bare[i : i + 2] for i in range(len(bare) - 1))
