"""Written formulas as trees: fractions, roots and raised characters over rows that are read one by one.

The recogniser reads one row of characters; it takes a stacked 3/4 for its lower half and √3 for some letter. A tree is
written on one line: 3/4, 2√3, (√6+1)/2, x^2, 60°.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from services.ocr.core.said import Judged

SIGNS = tuple("0123456789abcmnkprtxyπ")
"""What a leaf may be where its free reading is no part of a formula."""
CLEAR = 0.6
"""Share of the probability of all signs from which one is taken; GUESSED: the confidence that it gets."""
GUESSED = 0.5
PART = re.compile(r"[0-9A-Za-zαβθπ+\-±×÷=<>≤≥≠().,:°√%²³∞~]+")
WORD = re.compile(r"(?!sin|cos|tan|log|lim|mol)[A-Za-z]{3}")
"""Letters that make a word, not a formula."""
ALIKE = str.maketrans("—–−一丨〇（）＋＝，～", "---" + "-10()+=,~")


class Leaf(NamedTuple):
    """Strokes on one row, to be read at once. blobs: their labels."""

    blobs: tuple[int, ...]


class Fraction(NamedTuple):
    """Bar with what stands above and below it."""

    above: "Row"
    below: "Row"


class Radical(NamedTuple):
    """Root with what stands under it."""

    inside: "Row"


class Raised(NamedTuple):
    """Power, or a degree sign."""

    inside: "Row"


class Row(NamedTuple):
    """Parts from left to right."""

    parts: "tuple[Leaf | Fraction | Radical | Raised, ...]"


def leaves(row: Row) -> list[Leaf]:
    """The leaves of a tree, in the order in which `told` wants their texts."""
    found: list[Leaf] = []
    for part in row.parts:
        if isinstance(part, Leaf):
            found.append(part)
        elif isinstance(part, Fraction):
            found += leaves(part.above) + leaves(part.below)
        else:
            found += leaves(part.inside)
    return found


def told(row: Row, texts: Iterator[str]) -> str:
    """The formula on one line. texts: of its leaves, in order."""
    written = ""
    for part in row.parts:
        if isinstance(part, Leaf):
            written += next(texts)
        elif isinstance(part, Fraction):
            above, below = told(part.above, texts), told(part.below, texts)
            gap = " " if written[-1:].isalnum() else ""  # 1 1/2 is not 11/2
            written += f"{gap}{_grouped(above)}/{_grouped(below)}"
        elif isinstance(part, Radical):
            inside = told(part.inside, texts)
            written += "√" + (inside if inside.isalnum() else f"({inside})")
        else:
            inside = told(part.inside, texts)
            written += (
                "°" if inside in {"0", "o", "O", "°", "。"} else f"^{inside if inside.isalnum() else f'({inside})'}"
            )
    return written


def text_of(judged: Judged) -> tuple[str, float] | None:
    """A leaf's text and confidence; None when it is nothing that formulas are made of."""
    text = judged.free.text.replace(" ", "").translate(ALIKE)
    if PART.fullmatch(text) and not (len(text) == 1 and text.isupper()):  # lone capitals are digits, mostly
        return text, max(judged.free.confidence, judged.candidates.get(text, 0.0))  # a sign is weighed by both readers
    best = max(judged.candidates, key=lambda sign: judged.candidates[sign], default="")
    clear = bool(best) and judged.candidates[best] > CLEAR * sum(judged.candidates.values()) > 0
    return (best, GUESSED) if clear else None


def is_wordy(texts: Iterable[str]) -> bool:
    """Whether readings hold a word: the strokes of hurried letters may stand like a fraction."""
    return any(WORD.search(text) for text in texts)


def is_flat(row: Row) -> bool:
    """Whether nothing but raised characters makes a row a formula."""
    return all(isinstance(part, Leaf | Raised) for part in row.parts)


def _grouped(text: str) -> str:
    return f"({text})" if any(sign in text[1:] for sign in "+-−±/ ") else text
