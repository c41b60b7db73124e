"""Several values in one answer: ordered pairs, sets, lists, ratios."""

import re
from collections.abc import Callable

from contracts.equality.evaluate import close, product
from contracts.equality.match import Match, best, worst
from contracts.equality.phrase import Phrase, phrase_of
from contracts.equality.pieces import MAX_PIECES, cut, enclosed, spread

Each = Callable[[str, str], Match]
_POINT = re.compile(r"^(?:点|坐标为?|向量)?[A-Za-z]?(?:的坐标)?(?:为|是|=)?(?=\()")
_EITHER, _LISTED = "或∪", ",;、且和与及"


def compare_groups(student: str, key: str, each: Each) -> Match | None:
    """How two collections stand; None when both texts are single values."""
    if (";" in student) != (";" in key):
        student, key = student.replace(";", ","), key.replace(";", ",")
    for separators in (_EITHER, ";", _LISTED):
        a, b = _parts(student, separators), _parts(key, separators)
        if len(a) > 1 or len(b) > 1:
            return _lists(key, (a, b), each)
    return _bracketed(_POINT.sub("", student), _POINT.sub("", key), each)


def _parts(text: str, separators: str) -> list[str]:
    return [s for p in cut(text, separators) for s in spread(p)]


def _lists(key: str, parts: tuple[list[str], list[str]], each: Each) -> Match:
    """Each value must have its partner. Order is free after 或 and 和 and of named values; unsure between plain commas."""
    a, b = parts
    if len(a) != len(b):
        return Match.DIFFERENT
    ordered = worst(each(x, y) for x, y in zip(a, b, strict=True))
    if ordered.right:
        return ordered
    if len(b) > MAX_PIECES:
        return Match.DOUBTFUL
    found = unordered(a, b, each)
    if re.search("[或和与及且±∪]", key) or all("=" in x for x in b) or all(enclosed(_POINT.sub("", x)) for x in b):
        return best([ordered, found])
    if found.right and "、" in key:
        return Match.EQUIVALENT
    return best([ordered, Match.DOUBTFUL if found.right else Match.DIFFERENT])


def unordered(a: list[str], b: list[str], each: Each) -> Match:
    """The weakest match when every value takes the best partner that is left."""
    rest, found = list(b), list[Match]()
    for x in a:
        options = [each(x, y) for y in rest]
        strongest = best(options)
        if not strongest.right:
            return strongest
        found.append(strongest)
        rest.pop(options.index(strongest))
    return worst(found)


def _bracketed(student: str, key: str, each: Each) -> Match | None:
    """Ordered pairs and sets: (a,b) {a,b}; None when the texts are not two of those."""
    if not enclosed(student) or not enclosed(key):
        return None
    a, b = cut(student[1:-1], ",;"), cut(key[1:-1], ",;")
    if len(a) < 2 and len(b) < 2 and "{" not in (student[0], key[0]):
        return None
    if (student[0], student[-1]) != (key[0], key[-1]) or len(a) != len(b):
        return Match.DIFFERENT
    if key[0] == "{":
        return unordered(a, b, each) if len(b) <= MAX_PIECES else Match.DOUBTFUL
    return worst(each(x, y) for x, y in zip(a, b, strict=True))


def compare_ratios(student: str, key: str) -> Match | None:
    """2:3 beside 4:6 or 2/3; None when neither is a ratio."""
    a, b = [phrase_of(x) for x in cut(student, ":")], [phrase_of(x) for x in cut(key, ":")]
    if (len(a) < 2 and len(b) < 2) or max(len(a), len(b)) > MAX_PIECES or any(p.node is None for p in (*a, *b)):
        return None
    if len(a) != len(b):
        return _quotient(a, b)
    if [p.form for p in a] == [p.form for p in b]:
        return Match.SAME
    x, y = [p.value for p in a], [p.value for p in b]
    if x[0] is None or y[0] is None or x[0] == 0 or y[0] == 0:
        return Match.DIFFERENT
    same = all(
        u is not None and v is not None and close(product(u, y[0]), product(v, x[0])) for u, v in zip(x, y, strict=True)
    )
    return Match.EQUIVALENT if same else Match.DIFFERENT


def _quotient(a: list[Phrase], b: list[Phrase]) -> Match:
    """A ratio of two beside its value."""
    ratio, single = (a, b) if len(b) == 1 else (b, a)
    if len(ratio) != 2 or len(single) != 1:
        return Match.DIFFERENT
    top, bottom, value = ratio[0].value, ratio[1].value, single[0].value
    if top is None or bottom is None or value is None or bottom == 0:
        return Match.DIFFERENT
    return Match.EQUIVALENT if close(top, product(bottom, value)) else Match.DIFFERENT
