"""A linear classifier over character n-grams: knowledge points of texts that show no keyword. numpy only.

TF-IDF with sublinear term frequency and unit length, then a softmax; trained by `scripts/train_tagger.py`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from contracts.artefacts import KnowledgePoint

_LONGEST = 600
"""Characters of a text that are looked at: a topic shows early, and hostile text must not cost time."""
_KNOWN = 8
"""With fewer known n-grams than this there is nothing to judge by."""
_SIGNS = {"times": "×", "div": "÷", "leqslant": "≤", "geqslant": "≥", "leq": "≤", "geq": "≥", "angle": "∠", "pi": "π"}

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
    counts = Counter(gram for gram in grams_of(text) if gram in model.grams)
    if len(counts) < _KNOWN:
        return None
    where = np.fromiter((model.grams[g] for g in counts), dtype=np.intp, count=len(counts))
    often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    values = (1 + np.log(often)) * model.idf[where]
    values /= np.linalg.norm(values)
    logits = model.weights[:, where] @ values + model.bias
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    best = int(shares.argmax())
    if shares[best] < model.threshold:
        return None
    code, name = model.points[best]
    return KnowledgePoint(code=code, name=name, confidence=round(min(1.0, float(shares[best])), 3))


def grams_of(text: str) -> Iterator[str]:
    """Character 1- to 3-grams of the plain text: no TeX commands, digits alike."""
    plain = plain_text(text)
    for n in (1, 2, 3):
        for i in range(len(plain) - n + 1):
            yield plain[i : i + n]


def plain_text(text: str) -> str:
    """A text as print shows it, so that a bank's TeX and a page's reading look alike."""
    text = unicodedata.normalize("NFKC", text[: 2 * _LONGEST]).lower()
    text = re.sub(r"\\([a-z]{1,20})", lambda m: _SIGNS.get(m[1], " "), text)
    text = re.sub(r"[${}\\_^&~\s]+", " ", text)
    return re.sub(r"\d+", "0", text).strip()[:_LONGEST]
