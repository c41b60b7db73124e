"""Writing told from print by how far its characters stand apart, where neither ink nor script tells them.

On a grey scan an answer in black may look like print. People write larger than small print is set, so an answer below a
stem shows as lines whose characters stand further apart than the stem's, all the way to the question's end.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Literal, Protocol


class Set(Protocol):
    """A line of text with the middle of each character."""

    @property
    def text(self) -> str: ...

    @property
    def xs(self) -> tuple[float, ...]: ...


Kind = Literal["han", "latin"]
WIDER: dict[Kind, float] = {"han": 1.2, "latin": 1.12}
"""Times the stem's pitch from which a line is written. Letters differ in width, so theirs is the mean of a line."""
_FEWEST_PAIRS, _FEWEST_LETTERS, _FEWEST_WORDS = 3, 8, 3


def pitch(piece: Set) -> tuple[Kind, float] | None:
    """Pixels from one character to the next, by kind of script; None for short lines, formulas and cut texts."""
    if len(piece.xs) != len(piece.text):
        return None
    pairs = [b - a for (a, x), (b, y) in pairwise(zip(piece.xs, piece.text, strict=True)) if _is_han(x) and _is_han(y)]
    if len(pairs) >= _FEWEST_PAIRS:
        return "han", median(pairs)
    letters = sum(c.isascii() and c.isalpha() for c in piece.text)
    words = re.findall(r"[A-Za-z]{2,}", piece.text)
    if letters < max(_FEWEST_LETTERS, 0.6 * len(piece.text)) or len(words) < _FEWEST_WORDS:
        return None
    return "latin", (piece.xs[-1] - piece.xs[0]) / (len(piece.xs) - 1)


def _is_han(char: str) -> bool:
    return "一" <= char <= "鿿"


def written_from(lines: Sequence[Set]) -> int | None:
    """The index of the first written line of a question's lines in reading order; None when none stands out.

    The first line is print, since a number opens it; lines without a pitch go with those before them.
    """
    known = [(i, p) for i, line in enumerate(lines) if (p := pitch(line)) is not None]
    start: int | None = None
    for i, (kind, apart) in reversed(known):
        stem = [p for j, (k, p) in known if j < i and k == kind]
        if not stem or apart < WIDER[kind] * min(stem):
            break
        start = i
    return start
