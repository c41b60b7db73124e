"""Spelling of an answer that says the same as the key: which dot, whether a digit is raised."""

import unicodedata

from services.analyzer.core.equality import Match, compare


def spelled(answer: str | None, key: str | None) -> str | None:
    """The answer as the key is typed where the two differ in nothing else: 达•芬奇 for 达·芬奇, dm3 for dm³."""
    if answer is None or key is None or _bare(answer) != _bare(key):
        return answer
    return key if compare(answer, key) is Match.SAME else answer


def _bare(text: str) -> str:
    """Letters and digits, raised or not."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
