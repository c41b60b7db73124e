"""Letters of a choice that were read as print because they cover some: the question's number, or the bracket for them.

Guesses, for a teacher to look at: what stands there may be print after all.
"""

import re
import unicodedata
from collections.abc import Sequence

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Reading
from services.analyzer.core.evidence import Found, Piece, in_order, lines_of
from services.analyzer.core.uncut import print_of

_SURE = 0.5
_FRONT = r"\s*([A-H])\s*(?:{number}\s*[.、,].*|(?:{number}|[XVJ×√/\\])*\s*[.、,]?\s*(?:[一-鿿《“(].*)?)"
"""A letter before a stem: over its number, perhaps with a teacher's mark over both."""
_EDGE = 1.5
"""Heights of a row from its question's left edge within which it begins there, as a fraction's upper part does not."""
_ALONE = re.compile(r"\s*([A-H]{1,3})\s*[)）]?\s*")
_OPENLESS = re.compile(r"[)）?？。]\s*([A-H]{1,3})\s*[)）]\s*")
"""What ends a stem; letters; a closing bracket whose opening one is under them."""
_ASKING = re.compile(r"答案?[:：]|[Aa]nswer")
_OPTION = re.compile(r"\s*[A-H]\s*[.．、]")


def covering(question: Question, reading: Reading, admissible: frozenset[str]) -> Found | None:
    """The letter over a single choice's number or bracket; None without one. Of several the last: others are struck."""
    rows = in_order([*print_of(question, reading), *lines_of(question, reading)], question.regions)
    stem = _stem(rows)
    first = _first(stem)
    front = _front(first, question) if first else ""
    if first and front in admissible:
        return Found(front, "stem", _SURE, (first,), doubt=True)
    found = [(p, letters) for p in stem if (letters := _letters(p)) and admissible.issuperset(letters)]
    return Found(found[0][1][-1], "stem", _SURE, (found[0][0],), doubt=True) if len(found) == 1 else None


def before_options(spots: Sequence[Piece], question: Question, reading: Reading) -> list[Piece]:
    """The places but for rules below the question's first option: those stand before the next number, which was lost.

    What asks for the answer stays, though it comes last.
    """
    print_ = print_of(question, reading)
    options = [p for p in print_ if _OPTION.match(p.text)]
    top = {p.page: (p.box[1] + p.box[3]) / 2 for p in options[:1]}
    asking = [p for p in print_ if _ASKING.search(p.text)]
    return [
        s
        for s in spots
        if s.source != "rule"
        or s.box[1] <= top.get(s.page, s.box[1])
        or any(p.page == s.page and p.box[1] < s.box[3] and s.box[1] < p.box[3] for p in asking)
    ]


def _first(stem: Sequence[Piece]) -> Piece | None:
    """The first row at the left edge, where the number stands."""
    left = min((p.box[0] for p in stem), default=0.0)
    return next((p for p in stem if p.box[0] - left < _EDGE * (p.box[3] - p.box[1])), None)


def _front(first: Piece, question: Question) -> str:
    number = re.escape(unicodedata.normalize("NFKC", question.path[-1]))
    match = re.fullmatch(_FRONT.format(number=number), unicodedata.normalize("NFKC", first.text))
    return match[1] if match and not _OPTION.match(first.text) else ""


def _letters(piece: Piece) -> str:
    text = unicodedata.normalize("NFKC", piece.text)
    match = _ALONE.fullmatch(text) or re.search(_OPENLESS.pattern + "$", text)
    return match[1] if match else ""


def _stem(rows: Sequence[Piece]) -> Sequence[Piece]:
    """The rows before the first option."""
    return rows[: next((i for i, p in enumerate(rows) if _OPTION.match(p.text)), len(rows))]
