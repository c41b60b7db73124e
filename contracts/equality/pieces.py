"""Canonical texts cut at the top level of their brackets."""

import re

MAX_PIECES = 10
"""Values of one answer that are weighed against each other; of more, only their order as written is looked at."""
_SIGN = {"+": "+", "-": "-"}


def cut(text: str, separators: str) -> list[str]:
    """The parts of `text` between any of the characters `separators`, outside brackets; empty parts are dropped."""
    parts, depth, start = [], 0, 0
    for i, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth <= 0 and sign in separators:
            parts.append(text[start:i])
            start = i + 1
    return [p for p in (*parts, text[start:]) if p]


def spread(part: str) -> list[str]:
    """Of x=1±√2 its two values; other texts as they are."""
    if part.count("±") != 1:
        return [part]
    return [re.sub(r"(^|[=(])\+", r"\1", part.replace("±", "+")), part.replace("±", "-")]


def enclosed(text: str) -> bool:
    """Whether the first bracket closes with the text's last character."""
    if not text or text[0] not in "([{" or text[-1] not in ")]}":
        return False
    depth = 0
    for i, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0:
            return i == len(text) - 1
    return False
