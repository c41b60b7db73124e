"""Single characters of recognised lines, with their places: what links print to the shapes around it."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from contracts.artefacts.reading import Line


class Glyph(NamedTuple):
    """One character: centre (x, y), height of its line, and the line it stands in (index) at `position` of its text."""

    char: str
    x: float
    y: float
    height: float
    line: int
    position: int


class Token(NamedTuple):
    """Neighbouring characters that match a pattern: from centre x0 of the first to x1 of the last."""

    text: str
    x0: float
    x1: float
    y: float
    height: float


def height_of(line: Line) -> float:
    """Mean height of the line's quad in pixels."""
    top_left, top_right, bottom_right, bottom_left = (np.array(p) for p in line.box)
    return float(np.linalg.norm(bottom_left - top_left) + np.linalg.norm(bottom_right - top_right)) / 2


def centre_y(line: Line, x: float) -> float:
    """Height of the line's middle at `x`, following its slope."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = line.box
    left, right = (y0 + y3) / 2, (y1 + y2) / 2
    start, end = (x0 + x3) / 2, (x1 + x2) / 2
    if end - start < 1:
        return (left + right) / 2
    share = min(1.0, max(0.0, (x - start) / (end - start)))
    return left + share * (right - left)


def glyphs_of(lines: Sequence[Line]) -> list[Glyph]:
    """All characters that have a position, line by line."""
    found = []
    for index, line in enumerate(lines):
        if len(line.xs) != len(line.text):
            continue
        height = height_of(line)
        found += [
            Glyph(char, x, centre_y(line, x), height, index, position)
            for position, (char, x) in enumerate(zip(line.text, line.xs, strict=True))
        ]
    return found


def tokens_of(lines: Sequence[Line], pattern: str) -> list[Token]:
    """All matches of `pattern` inside lines; a match's characters may be no further apart than 1.3 line heights."""
    compiled, found = re.compile(pattern), []
    for line in lines:
        if len(line.xs) != len(line.text):
            continue
        height = height_of(line)
        for match in compiled.finditer(line.text):
            for start, end in _runs(line.xs[match.start() : match.end()], 1.3 * height):
                xs = line.xs[match.start() + start : match.start() + end]
                text = match.group()[start:end]
                found.append(Token(text, xs[0], xs[-1], centre_y(line, xs[0]), height))
    return found


def _runs(xs: Sequence[float], apart: float) -> list[tuple[int, int]]:
    """Index ranges of values whose neighbours are at most `apart` from each other."""
    cuts = [0, *(i + 1 for i in range(len(xs) - 1) if xs[i + 1] - xs[i] > apart), len(xs)]
    return list(pairwise(cuts))


def text_height(lines: Sequence[Line], otherwise: float) -> float:
    """Median height of the page's lines, in pixels."""
    heights = [height_of(line) for line in lines if line.text]
    return float(np.median(heights)) if heights else otherwise
