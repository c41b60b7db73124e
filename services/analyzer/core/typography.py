"""Spelling of an answer that says the same as the key: which dot, whether a digit is raised."""

import unicodedata

from contracts.equality import Match, compare


def spelled(answer: str | None, key: str | None) -> str | None:
    """The answer as the key is typed where the two differ in nothing else, blank by blank: 达•芬奇 for 达·芬奇, dm3 for dm³."""
    if answer is None or key is None:
        return answer
    given, keyed = answer.split("|"), key.split("|")
    if len(given) != len(keyed):
        return _spelled(answer, key)
    return "|".join(_spelled(g, k) for g, k in zip(given, keyed, strict=True))


def _spelled(given: str, key: str) -> str:
    return key if _bare(given) == _bare(key) and compare(given, key) is Match.SAME else given


def _bare(text: str) -> str:
    """Letters and digits, raised or not."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
