"""Spelling of an answer that says the same as the key: which dot, whether a digit is raised."""

import unicodedata
from collections.abc import Sequence

from contracts.equality import Match, compare
from contracts.equality.wording import HAN


def spelled(answer: str | None, key: str | None) -> str | None:
    """The answer as the key is typed where the two differ in nothing else, blank by blank: 达•芬奇 for 达·芬奇, dm3 for dm³."""
    if answer is None or key is None:
        return answer
    given, keyed = answer.split("|"), key.split("|")
    if len(given) != len(keyed):
        return _spelled(answer, key)
    return "|".join(_spelled(g, k) for g, k in zip(given, keyed, strict=True))


def named_alike(answer: str | None, phrases: Sequence[str]) -> str | None:
    """The answer with each blank in words spelled as the phrase of the paper's key that differs from it in nothing else.

    A wrong answer is often another question's right one: the dot in 埃德加·斯诺 is lost there as it is here.
    """
    if answer is None:
        return None
    return "|".join(next((p for p in phrases if HAN.search(p) and _spelled(g, p) == p), g) for g in answer.split("|"))


def _spelled(given: str, key: str) -> str:
    return key if bare(given) == bare(key) and compare(given, key) is Match.SAME else given


def bare(text: str) -> str:
    """Letters and digits, raised or not."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
