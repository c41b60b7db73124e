"""A linear classifier over character n-grams and cues: topics of texts that show no keyword. numpy only.

TF-IDF with sublinear term frequency and unit length, then a softmax; trained by `scripts/train_tagger.py`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from contracts.artefacts import KnowledgePoint

_LONGEST = 800
"""Characters of a text that are looked at: a topic shows early, and hostile text must not cost time."""
_KNOWN = 8
"""With fewer known n-grams than this there is nothing to judge by."""
_SIGNS = {
    "times": "×", "div": "÷", "leqslant": "≤", "geqslant": "≥", "leq": "≤", "geq": "≥", "le": "≤", "ge": "≥", "angle": "∠",
    "pi": "π", "sqrt": "√", "triangle": "△", "cdot": "·", "cdots": "…", "ldots": "…", "in": "∈", "cup": "∪", "cap": "∩",
    "subseteq": "⊆", "subset": "⊂", "parallel": "∥", "perp": "⊥", "circ": "°", "neq": "≠", "ne": "≠", "infty": "∞", "vec": "→",
    "overrightarrow": "→", "pm": "±", "alpha": "α", "beta": "β", "theta": "θ", "sin": "sin", "cos": "cos", "tan": "tan",
    "log": "log", "ln": "ln", "lg": "lg", "complement": "∁", "forall": "∀", "exists": "∃", "odot": "⊙", "frac": "/", "dfrac": "/",
    "overline": "‾", "dot": "˙", "max": "max", "min": "min",
}  # fmt: skip
_FRACTION = re.compile(r"\\[dt]?frac\s?\{([^{}]{0,40})\}\s?\{([^{}]{0,40})\}")
_CUES = {
    name: re.compile(pattern)
    for name, pattern in {
        "percent": r"\d%", "decimal": r"\d\.\d", "fraction": r"\d/\d", "letters/": r"[a-z)]/|/[( ]?[a-z]", "root": "√",
        "square": r"[a-z)]\^ ?2", "power": r"\^", "less": "[<>≤≥]", "equal": r"[a-z0-9)] ?= ?", "large": r"\d{3,}",
        "trig": "sin|cos|tan", "log": "log|ln|lg", "set": "[∈∪∩⊆∁]", "figure": "[△∠⊥∥°]", "f(x)": r"f ?\(", "vector": "→",
        "term": r"[as]_? ?[n0-9]", "minus": r"[(=,]? ?-\d", "bars": r"\|[^|]{1,12}\|", "money": "元|折|利润", "time": "分钟|小时|时刻",
        "way": "千米|米/|km|m/s", "area": "面积|平方", "volume": "体积|立方", "dots": "…", "place": r"\( ?-?\d+ ?, ?-?\d+ ?\)",
        "age": "岁|年龄", "chance": "概率|可能性", "ways": "种", "rest": r"余\d|余数|除以", "most": "至少|最多|最大|最小|最少",
        "ratio": r"比例|之比|\d:\d",
    }.items()
}  # fmt: skip
_VARIABLE = re.compile(r"(?<![a-z])([a-z])(?![a-z])")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Classifier:
    """`weights` is classes x n-grams, `bias` classes, `idf` n-grams; below `threshold` the classifier abstains."""

    grams: Mapping[str, int]
    idf: Floats
    weights: Floats
    bias: Floats
    points: tuple[tuple[str, str], ...]
    threshold: float

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "Classifier":
        """From the arrays of the trained file. Raises KeyError when one is missing."""
        return cls(
            grams={str(gram): i for i, gram in enumerate(arrays["grams"])},
            idf=arrays["idf"].astype(np.float32),
            weights=arrays["weights"].astype(np.float32),
            bias=arrays["bias"].astype(np.float32),
            points=tuple(zip(map(str, arrays["codes"]), map(str, arrays["names"]), strict=True)),
            threshold=float(arrays["threshold"]),
        )


def classify(model: Classifier, text: str) -> KnowledgePoint | None:
    """The point that a text is about, or None when the surest class is less likely than the threshold."""
    ranked = ranking(model, text)
    return ranked[0] if ranked and ranked[0].confidence >= model.threshold else None


def ranking(model: Classifier, text: str) -> list[KnowledgePoint]:
    """All classes, the likeliest first; none for a text of too few known n-grams."""
    counts = Counter(gram for gram in grams_of(text) if gram in model.grams)
    if len(counts) < _KNOWN:
        return []
    where = np.fromiter((model.grams[g] for g in counts), dtype=np.intp, count=len(counts))
    often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    values = (1 + np.log(often)) * model.idf[where]
    values /= np.linalg.norm(values)
    logits = model.weights[:, where] @ values + model.bias
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    return [
        KnowledgePoint(
            code=model.points[i][0], name=model.points[i][1], confidence=round(min(1.0, float(shares[i])), 3)
        )
        for i in np.argsort(-shares)
    ]


def grams_of(text: str) -> Iterator[str]:
    """Character 1- to 4-grams of the plain text, digits alike; and cues, `<name>`, alone and in pairs."""
    plain = plain_text(text)
    cues = _cues_of(plain)
    masked = re.sub(r"\d+", "0", plain.replace("_", ""))
    for n in (1, 2, 3, 4):
        for i in range(len(masked) - n + 1):
            yield masked[i : i + n]
    yield from cues
    for one, other in combinations(cues, 2):
        yield one + other


def _cues_of(plain: str) -> list[str]:
    """What kind of formula, quantity and length a text shows."""
    found = [f"<{name}>" for name, pattern in _CUES.items() if pattern.search(plain)]
    letters = set(_VARIABLE.findall(plain))
    length = sum("一" <= sign <= "鿿" for sign in plain) // 15
    found += [f"<letters{min(len(letters), 4)}>", f"<length{min(length, 6)}>"]
    return found + [name for name, needed in (("<x>", {"x"}), ("<xy>", {"x", "y"})) if needed <= letters]


def plain_text(text: str) -> str:
    """A text as print shows it, so that a bank's TeX and a page's reading look alike."""
    text = unicodedata.normalize("NFKC", text[: 2 * _LONGEST]).lower()
    for _ in range(2):  # a fraction within a fraction
        text = _FRACTION.sub(r" \1/\2 ", text)
    text = re.sub(r"\\([a-z]{1,20})", lambda m: _SIGNS.get(m[1], " "), text)
    return re.sub(r"[${}\\&~\s]+", " ", text).strip()[:_LONGEST]
