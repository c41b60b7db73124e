"""Parts of an answer: its lines, and its blanks, which a bar parts unless it belongs to a formula."""

import re
from itertools import accumulate

_FORMULA = re.compile(r"\$[^$]*\$|\\(?:left|right)\s*\||\\\|")
_INLINE = re.compile(r"\\\(.*?\\\)")
_ABSOLUTE = re.compile(r"(?:(?<=^)|(?<=[=<>≤≥≠+\-−×÷/*(√]))\|[^|]+\|(?=$|[=<>≤≥≠+×÷/*)^²³]|[-−]\|)")
"""Bars around a value: |x|=3, 2+|x-1|, |a|-|b|. Beside anything else they part blanks: -3|5|-2."""
_OPENS = {")": "(", "]": "[", "}": "{", "）": "（"}


def lines_of(text: str) -> list[str]:
    """Its lines, without empty ones. A TeX environment is on one."""
    lines = [" ".join(text.splitlines())] if r"\begin" in text else text.splitlines()
    return [line.strip() for line in lines if line.strip()]


def blanks_of(line: str) -> list[str]:
    """What stands in each blank of a line; empty where nothing does."""
    kept = set(_bracketed(line))
    closed = line.rfind(r"\)") + 2  # beyond it each opening would be followed to the line's end in vain
    for found in (*_FORMULA.finditer(line), *_INLINE.finditer(line, 0, closed), *_ABSOLUTE.finditer(line)):
        kept.update(range(found.start(), found.end()))
    cuts = [at for at, sign in enumerate(line) if sign == "|" and at not in kept]
    return [line[a + 1 : b] for a, b in zip([-1, *cuts], [*cuts, len(line)], strict=True)]


def _bracketed(line: str) -> list[int]:
    """Places inside brackets that are closed."""
    steps = [0] * len(line)
    waiting: list[int] = []
    for at, sign in enumerate(line):
        if sign in _OPENS.values():
            waiting.append(at)
        elif waiting and line[waiting[-1]] == _OPENS.get(sign):
            steps[waiting.pop()] += 1
            steps[at] -= 1
    return [at for at, depth in enumerate(accumulate(steps)) if depth]
