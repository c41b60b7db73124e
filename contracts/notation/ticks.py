"""The sign √ of a right answer, which is written like a root: a radical without radicand is a tick."""

import re

TICK = "✓"
_BARE = re.compile(r"√(?!√*(?:\s*[\d(（{\[\\.]|[A-Za-z\u0391-\u03c9]|\|(?=[^|√×]*\|)[^|√×A-Za-z]*[A-Za-z]))")
_LABELLED = re.compile(r"(?:\s*[（(]?(?:[A-Ha-h]|\d{1,2}|[①-⑳])?[)）.、:：]?\s*[√×✓✗][\s、,，;；|。.]*){2,}")
"""Judgements in a row, with their numbers or letters: 1√2×, A√ B×, √×√. No formula ends so."""
_TRUE = frozenset("√✓✔TtVv对是") | {"正确", "true", "True", "TRUE"}
_FALSE = frozenset("×✕╳xXFf错否✗") | {"错误", "不对", "不正确", "不是", "false", "False", "FALSE"}


def ticked(text: str) -> str:
    """The text with √ as a tick wherever nothing stands under the root."""
    return text.replace("√", TICK) if judgements(text) else _BARE.sub(TICK, text)


def judgements(text: str) -> bool:
    """Whether it is nothing but several judgements."""
    return _LABELLED.fullmatch(text) is not None


def truth_sign(text: str) -> str | None:
    """√ or × of a judgement as written; None when it is neither."""
    bare = re.sub(r"[\s()（）.。,，_]+", "", text)
    return "√" if bare in _TRUE else "×" if bare in _FALSE else None
