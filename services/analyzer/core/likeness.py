"""An English short answer beside its reference answers: correct, contradictory or incorrect.

A linear model over a dozen counts of shared and opposed words, fitted on graded answers of pupils to 182 science questions
(`python -m bench.checker semeval --fit`; docs/grading.md has what it is worth). It suggests; a teacher decides.
"""

import math
import re
from collections.abc import Sequence
from typing import Literal

from services.analyzer.core.polarity import NEGATIONS, OPPOSITES

Label = Literal["correct", "contradictory", "incorrect"]
LABELS: tuple[Label, ...] = ("correct", "contradictory", "incorrect")
_STOP = (
    "a an the of to in on at is are was were be been being it its this that these those and or so as for with by from do"
    " does did has have had will would can could should may might must i you he she we they them his her their our my me"
    " there then than because if when what which who how into out about just also very"
)
_STOPWORDS = frozenset(_STOP.split())
_ENDINGS = ("ations", "ation", "ingly", "edly", "ing", "ies", "ied", "ness", "ment", "ly", "es", "ed", "s")
_SHORTEST_STEM, _FEW_WORDS, _GRAM = 3, 2, 3
_IDLE = re.compile(r"\bdon'?t (?:know|understand)|\bidk\b|not sure|no idea|do not (?:know|understand)")
FEATURES = (
    "recall", "precision", "overlap", "recall of what the question does not say", "words of neither", "shared trigrams",
    "words of the question", "negated otherwise", "negated", "opposites", "opposites of any reference", "yes for no",
    "few words", "length", "numbers", "foreign numbers", "does not know",
)  # fmt: skip
_WEIGHTS: tuple[tuple[float, float, float], ...] = (
    (-0.549, 1.862, -1.313),  # recall
    (0.168, -0.658, 0.491),  # precision
    (0.794, -1.575, 0.782),  # overlap
    (1.156, -0.551, -0.606),  # recall of what the question does not say
    (0.087, -0.009, -0.079),  # words of neither
    (0.980, 1.135, -2.115),  # shared trigrams
    (0.367, -0.344, -0.024),  # words of the question
    (-0.700, 0.790, -0.090),  # negated otherwise
    (0.324, -0.165, -0.159),  # negated
    (-0.034, 0.166, -0.132),  # opposites
    (0.047, 0.290, -0.337),  # opposites of any reference
    (-2.262, 4.923, -2.661),  # yes for no
    (0.232, -0.053, -0.179),  # few words
    (0.474, -0.436, -0.038),  # length
    (-0.229, 0.411, -0.182),  # numbers
    (-0.364, 0.514, -0.149),  # foreign numbers
    (-0.884, -1.214, 2.098),  # does not know
    (-2.097, 0.842, 1.256),  # always
)
"""Of each feature and of always, for the labels; raw features, ridge regression, see `bench/checker.py`."""


def words(text: str) -> list[str]:
    """Lower-case words and numbers, contractions opened."""
    text = text.lower().replace("’", "'").replace("n't", " not").replace("cannot", "can not")
    return re.findall(r"[a-z]+|\d+(?:\.\d+)?", text)


def stem(word: str) -> str:
    """A word without its ending, roughly."""
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= _SHORTEST_STEM), "")
    word = word.removesuffix(ending)
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word.rstrip("e") if len(word) > _SHORTEST_STEM else word


_OPPOSED = {stem(w): frozenset(stem(o) for o in others) for w, others in OPPOSITES.items()}


def content(text: str) -> frozenset[str]:
    """Stems of the words that carry the meaning."""
    return frozenset(stem(w) for w in words(text) if w not in _STOPWORDS and w not in NEGATIONS)


def features(answer: str, references: Sequence[str], question: str = "") -> list[float]:
    """The counts that the model weighs, in the order of `FEATURES`, against the closest of the references."""
    given, asked = content(answer), content(question)
    wanted = [content(r) for r in references]
    nearest = max(range(len(references)), key=lambda i: _closeness(answer, given, references[i], wanted[i], asked))
    reference, key = references[nearest], wanted[nearest]
    every = frozenset().union(*wanted)
    shared = given & key
    recall, precision = _share(shared, key), _share(shared, given)
    tokens, negated = words(answer), _negations(answer)
    numbers, known = _numbers(answer), _numbers(reference)
    return [
        max(_share(given & w, w) for w in wanted),
        precision,
        2 * recall * precision / (recall + precision) if shared else 0.0,
        _share(given & (key - asked), key - asked) if key - asked else recall,
        1 - _share(given & (every | asked), given),
        _trigrams(answer, reference),
        _share(given & asked, given),
        float(negated % 2 != _negations(reference) % 2),
        float(negated > 0),
        float(min(2, _opposed(given, key))),
        float(min(2, _opposed(given, every))),
        float({(tokens or [""])[0], (words(reference) or [""])[0]} == {"yes", "no"}),
        float(len(given) <= _FEW_WORDS),
        math.log1p(len(tokens)),
        _share(numbers & known, known),
        float(bool(numbers - frozenset().union(*map(_numbers, (*references, question))))),
        float(bool(_IDLE.search(answer.lower()))),
    ]


def judge(answer: str, references: Sequence[str], question: str = "") -> dict[Label, float]:
    """Probabilities of the labels; all incorrect without words to compare."""
    if not content(answer) or not any(content(r) for r in references):
        return {"correct": 0.0, "contradictory": 0.0, "incorrect": 1.0}
    values = (*features(answer, [r for r in references if content(r)], question), 1.0)
    scores = [sum(v * row[i] for v, row in zip(values, _WEIGHTS, strict=True)) for i in range(len(LABELS))]
    odds = [math.exp(s - max(scores)) for s in scores]
    return {label: odd / sum(odds) for label, odd in zip(LABELS, odds, strict=True)}


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part) / len(whole) if whole else 0.0


def _closeness(answer: str, given: frozenset[str], reference: str, key: frozenset[str], asked: frozenset[str]) -> float:
    shared, new = given & key, key - asked
    overlap = 2 * len(shared) / (len(given) + len(key)) if shared else 0.0
    return overlap + 0.5 * _share(given & new, new) + _trigrams(answer, reference)


def _trigrams(a: str, b: str) -> float:
    one, two = (
        {text[i : i + _GRAM] for i in range(len(text) - _GRAM + 1)} for text in (" ".join(words(a)), " ".join(words(b)))
    )
    return len(one & two) / math.sqrt(len(one) * len(two)) if one and two else 0.0


def _negations(text: str) -> int:
    return sum(w in NEGATIONS for w in words(text))


def _numbers(text: str) -> frozenset[str]:
    return frozenset(w for w in words(text) if w[0].isdigit())


def _opposed(given: frozenset[str], key: frozenset[str]) -> int:
    return sum(bool(_OPPOSED.get(w, frozenset()) & key) and w not in key for w in given)
