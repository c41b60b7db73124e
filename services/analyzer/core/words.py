"""English words: whether a reading consists of them, and the one word that a single mistaken letter hides."""

import re

Words = frozenset[str]
_ALIKE: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in ("hn", "hk", "hb", "rv", "nr", "nu", "uv", "uy", "gy", "fp", "ft", "lt", "cl", "ir", "jy", "gq", "9g", "9q", "lp", "1l")
)  # fmt: skip
"""Letters that hurried writing makes alike. No two vowels: those are what pupils confuse themselves."""
_SHORTEST = 4


def tokens(text: str) -> list[str]:
    """The Latin words of a text."""
    return re.findall(r"[A-Za-z'’]+", text)


def is_known(text: str, words: Words) -> bool:
    """Whether a text has words and all of them are English."""
    found = tokens(text)
    return bool(found) and all(t.lower() in words for t in found)


def mended(text: str, words: Words) -> str | None:
    """The text with its one unknown word replaced by the only English one a single look-alike letter away; else None."""
    parts = re.split(r"([A-Za-z0-9]+)", text)
    unknown = [i for i, p in enumerate(parts) if re.search("[A-Za-z]", p) and p.lower() not in words]
    if len(unknown) != 1 or len(parts[unknown[0]]) < _SHORTEST:
        return None
    word = parts[unknown[0]]
    able = {w for w in _neighbours(word.lower()) if w in words}
    if len(able) != 1:
        return None
    fixed = able.pop()
    parts[unknown[0]] = fixed.capitalize() if word[0].isupper() else fixed
    return "".join(parts)


def _neighbours(word: str) -> set[str]:
    found = set()
    for i, letter in enumerate(word):
        others = {c for pair in _ALIKE if letter in pair for c in pair if c != letter and c.isalpha()}
        found |= {word[:i] + c + word[i + 1 :] for c in others}
    return found
