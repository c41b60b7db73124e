"""Readings in the light of the key: it chooses among what was read in a place and never adds a stroke; a teacher looks."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from contracts.artefacts.submission import KeyItem
from contracts.equality import Match, compare
from services.analyzer.core.evidence import Found

_DOUBTFUL = 0.6
"""Confidence of a letter below which the others that it may be are weighed too."""
_SHAPES = ("0oO〇", "1lI|/", "5sS", "2zZ", "9gq", "6b", ",.", "或域")
"""Signs that handwriting makes alike. Digits stand for letters and signs here, never for other digits."""


def ranked(found: Found, item: KeyItem | None) -> Found:
    """Where a blank was read in several ways, or in signs that look like others, the way that is the key's comes first."""
    if found.answer is None or item is None or item.answer is None:
        return found
    keyed = (item.answer,) if isinstance(item.answer, str) else item.answer
    given = found.answer.split("|")
    views = found.views or ((),) * len(given)
    if len(given) != len(keyed) or len(views) != len(given):
        return found
    best = [_best(g, seen, k) for g, seen, k in zip(given, views, keyed, strict=True)]
    return found if best == given else replace(found, answer="|".join(best), doubt=True, keyed=True)


def is_keyed(found: Found, item: KeyItem | None) -> bool:
    """Whether every blank of several is the key's or has an empty place, and one is the key's."""
    if found.answer is None or item is None or not isinstance(item.answer, tuple):
        return False
    given = found.answer.split("|")
    if len(given) != len(item.answer):
        return False
    same = [compare(g, k) in (Match.SAME, Match.EQUIVALENT) for g, k in zip(given, item.answer, strict=True) if g]
    return bool(same) and all(same)


def has_digits_of(found: Found, item: KeyItem | None) -> bool:
    """Whether no blank has the key's digits with some lost or put before them: 00 for 0, km for 1km.

    1/2 for 0.5 has others altogether, and says the same.
    """
    if found.answer is None or item is None or item.answer is None:
        return True
    keyed = item.answer.split("|") if isinstance(item.answer, str) else item.answer
    given = found.answer.split("|")
    return len(given) != len(keyed) or not any(_is_short(g, k) for g, k in zip(given, keyed, strict=True) if g)


def _is_short(given: str, key: str) -> bool:
    """Whether the digits of one text are the last ones, or none, of those of the other."""
    mine, its = (re.sub(r"\D", "", unicodedata.normalize("NFKC", text)) for text in (given, key))
    return mine != its and (mine.endswith(its) or its.endswith(mine))


def likelier(found: Found, item: KeyItem | None) -> Found:
    """Of the letters that a doubtful one may be, the key's: more answers are right than any one wrong."""
    letter = item.answer if item is not None and isinstance(item.answer, str) else None
    if letter is None or found.raw >= _DOUBTFUL or letter == found.answer or not found.views:
        return found
    return replace(found, answer=letter, doubt=True, keyed=True) if letter in found.views[0] else found


def as_keyed(views: Sequence[str], key: str) -> str | None:
    """The key, where each sign of it was read in its place in one of the views, or a sign of its shape; else None.

    Views are compared sign by sign, and one must be as long as the key, spaces aside: the readings 申磁波 and 电兹波
    are 电磁波, and 2349 is 234g. Longer and shorter ones tell what else than digits they have between what both have:
    佳裕禄 and 焦裕不录 are 焦裕禄.
    """
    wanted = _plain(key)
    plain = [_plain(view) for view in views]
    able = [view for view in plain if len(view) == len(wanted)]
    if not able or not wanted:
        return None
    seen = {at for view in able for at, sign in enumerate(wanted) if _is_like(view[at], sign)}
    for view in plain:
        if len(view) != len(wanted):
            seen |= {at for at in _matched(view, wanted) if not wanted[at].isdigit()}
    return key if len(seen) == len(wanted) else None


def _matched(view: str, wanted: str) -> Iterator[int]:
    """The places of a text's signs that a view of another length has as well, in the same order."""
    for block in SequenceMatcher(None, view, wanted, autojunk=False).get_matching_blocks():
        yield from range(block.b, block.b + block.size)


def _best(given: str, views: Sequence[str], key: str) -> str:
    """What a blank says, of all that was read there."""
    if compare(given, key) in (Match.SAME, Match.EQUIVALENT):
        return given
    same = next((v for v in views if compare(v, key) is Match.SAME), None)
    return same or as_keyed([given, *views], key) or given


def _is_like(seen: str, wanted: str) -> bool:
    if seen.isdigit() and wanted.isdigit():
        return seen == wanted
    return seen.lower() == wanted.lower() or any(seen in shape and wanted in shape for shape in _SHAPES)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).replace("、", ",")
