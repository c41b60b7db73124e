"""English words: whether a reading consists of them, and the word that mistaken letters hide."""

import re
from collections.abc import Sequence
from string import ascii_lowercase

Words = frozenset[str]
_ALIKE: frozenset[frozenset[str]] = frozenset(
    frozenset(pair)
    for pair in ("hn", "hk", "hb", "rv", "nr", "nu", "uv", "uy", "gy", "fp", "ft", "lt", "cl", "ir", "jy", "gq", "9g", "9q", "lp", "1l")
)  # fmt: skip
"""Letters that hurried writing makes alike. No two vowels: those are what pupils confuse themselves."""
_SHORTEST, _LONG = 4, 5
_ALIKE_COST, _FAR, _AHEAD = 0.4, 0.25, 0.3
"""What a look-alike letter counts, of another's 1; share of its letters by which a word may differ from its views in the
mean; how much further off than the nearest word every other one is at least."""


def tokens(text: str) -> list[str]:
    """The Latin words of a text."""
    return re.findall(r"[A-Za-z'’]+", text)


def is_known(text: str, words: Words) -> bool:
    """Whether a text has words and all of them are English."""
    found = tokens(text)
    return bool(found) and all(t.lower() in words for t in found)


def unblotted(text: str, words: Words) -> str | None:
    """A long English word without a digit that touches it, a blot or the number of what follows: 0adjustment; else None."""
    found = re.fullmatch(rf"\d?([A-Za-z]{{{_LONG},}})\d?", text)
    return found[1] if found and found[1] != text and is_known(found[1], words) else None


def closed_up(text: str, words: Words) -> str:
    """A text without the gaps inside its one word: re quired, where the pieces are no words and the whole is."""
    whole = "".join(text.split())
    return whole if whole != text and is_known(whole, words) and not is_known(text, words) else text


def without_struck(views: Sequence[str], words: Words) -> str | None:
    """What all views end with where they begin with something else that is no word: and struck out before who."""
    seen = [tokens(view) for view in views]
    if len(seen) < 2 or any(len(t) < 2 for t in seen) or len({t[0] for t in seen}) < 2:
        return None
    if len({tuple(t[1:]) for t in seen}) > 1 or any(t[0].lower() in words for t in seen):
        return None
    rest = " ".join(seen[0][1:])
    return rest if is_known(rest, words) else None


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


def nearest(views: Sequence[str], words: Words) -> str | None:
    """The text of which the views are misreadings, each word of it the English one nearest to what all views have in its
    place; None where another word is about as near. The views must differ: what all agree on is what is written.
    """
    first = tokens(views[0])
    alike = [t for v in views if len(t := tokens(v)) == len(first)]
    if not first or len({tuple(t) for t in alike}) < 2:
        return None
    found = [_nearest([seen[i] for seen in alike], words) for i in range(len(first))]
    return " ".join(w for w in found if w) if all(found) else None


def _nearest(seen: Sequence[str], words: Words) -> str | None:
    """The English word nearest to all views of one word."""
    views = [view.lower() for view in seen]
    if len(set(views)) == 1 and views[0] in words:
        return seen[0]
    able = {w for view in views for w in _within_two(view) if w in words and len(w) >= _SHORTEST}
    ranked = sorted((sum(_apart(w, view) for view in views) / len(views), w) for w in able)
    if not ranked or ranked[0][0] > _FAR * len(ranked[0][1]):
        return None
    if len(ranked) > 1 and ranked[1][0] - ranked[0][0] < _AHEAD:
        return None
    return ranked[0][1].capitalize() if seen[0][0].isupper() else ranked[0][1]


def _within_two(word: str) -> set[str]:
    """Texts one letter away from a word or from one of its look-alikes."""
    out: set[str] = set()
    for start in {word, *_neighbours(word)}:
        cuts = [(start[:i], start[i:]) for i in range(len(start) + 1)]
        out |= {a + b[1:] for a, b in cuts if b}
        out |= {a + c + b for a, b in cuts for c in ascii_lowercase}
        out |= {a + c + b[1:] for a, b in cuts if b for c in ascii_lowercase}
    return out


def _apart(word: str, view: str) -> float:
    """Edit distance in which a look-alike letter counts less than another."""
    row = [float(i) for i in range(len(view) + 1)]
    for i, a in enumerate(word, 1):
        left, row[0] = row[0], float(i)
        for j, b in enumerate(view, 1):
            swap = 0.0 if a == b else _ALIKE_COST if frozenset((a, b)) in _ALIKE else 1.0
            left, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, left + swap)
    return row[-1]


def _neighbours(word: str) -> set[str]:
    found = set()
    for i, letter in enumerate(word):
        others = {c for pair in _ALIKE if letter in pair for c in pair if c != letter and c.isalpha()}
        found |= {word[:i] + c + word[i + 1 :] for c in others}
    return found
