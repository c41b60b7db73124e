"""Compare a student's short answer with one accepted answer."""

import re
from enum import Enum
from fractions import Fraction

from services.analyzer.core.equality.canonical import canonical, letters
from services.analyzer.core.equality.expression import Node, NotAnExpression, Number, evaluate, parse
from services.analyzer.core.equality.units import split_quantity, unit_of

_RELATION = re.compile(r"<=|>=|[=<>≤≥≠]")
_FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}
_PROBES: tuple[Fraction, ...] = (Fraction(7, 5), Fraction(23, 9), Fraction(31, 7), Fraction(3, 11), Fraction(57, 13))
_TOLERANCE = 1e-9
_MAX_ITEMS = 12


class Match(Enum):
    """How a student's answer stands to the key's.

    SAME: the same writing or value. EQUIVALENT: the same value in another form, which a teacher may or may not accept
    (a missing unit, an unfactored product). NEAR: other writing, but so close that a misread is likelier than a
    mistake. DIFFERENT: another answer.
    """

    SAME = "same"
    EQUIVALENT = "equivalent"
    NEAR = "near"
    DIFFERENT = "different"

    @property
    def right(self) -> bool:
        """Whether the answer counts as right (NEAR and EQUIVALENT need a teacher's eye)."""
        return self is not Match.DIFFERENT


_ORDER = (Match.SAME, Match.EQUIVALENT, Match.NEAR, Match.DIFFERENT)


def worst(matches: list[Match]) -> Match:
    """The weakest of several matches; SAME of none."""
    return max(matches, key=_ORDER.index, default=Match.SAME)


def best(matches: list[Match]) -> Match:
    """The strongest of several matches; DIFFERENT of none."""
    return min(matches, key=_ORDER.index, default=Match.DIFFERENT)


def compare(student: str, key: str) -> Match:
    """How `student` stands to `key`, any texts. A key may list accepted answers: "2或8" is both, "colour/color" either."""
    left, right = canonical(student), canonical(key)
    if not left or not right:
        return Match.DIFFERENT
    if left == right or (letters(student) == letters(key) and letters(key)):
        return Match.SAME
    variants = _variants(key)
    if len(variants) > 1 and any(letters(student) == letters(v) for v in variants):
        return Match.SAME
    return best([_compare(left, right), _near(student, key)])


def _variants(key: str) -> list[str]:
    """Accepted answers listed in one key: words parted by "/", or by brackets: 阿长（或长妈妈）, 图像（图片）."""
    found = re.fullmatch(r"([^（(]+)[（(](?:或者?)?([^）)]+)[）)]", key.strip())
    if found and re.search(r"[一-鿿]", found[1]):
        return [found[1], found[2]]
    parts = re.split(r"\s*[/|]\s*", key.strip())
    words = all(re.fullmatch(r"[A-Za-z'’. -]{2,}|[一-鿿]{2,}", p) for p in parts)
    return parts if len(parts) > 1 and words else [key]


def _compare(left: str, right: str) -> Match:
    a, b = _items(left, "[或和,;与∪]"), _items(right, "[或和,;与∪]")
    if len(a) > 1 or len(b) > 1:
        return _collections(left, right, a, b)
    if _RELATION.search(left) or _RELATION.search(right):
        return _relations(left, right)
    return _scalars(left, right)


def _items(text: str, signs: str) -> list[str]:
    """Top-level parts of a canonical text between separators, "x=1±√2" as its two values."""
    parts, depth, start = [], 0, 0
    for i, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if depth <= 0 and re.fullmatch(signs, sign):
            parts.append(text[start:i])
            start = i + 1
    parts = [p for p in (*parts, text[start:]) if p][:_MAX_ITEMS]
    spread = []
    for part in parts:
        if part.count("±") == 1:
            spread += [part.replace("±", "+").removeprefix("+"), part.replace("±", "-")]
        else:
            spread.append(part)
    return spread


def _collections(left: str, right: str, a: list[str], b: list[str]) -> Match:
    """Several values: each must have its partner; order counts only between plain commas of unnamed values."""
    if len(a) != len(b):
        return Match.DIFFERENT
    ordered = [_compare(x, y) for x, y in zip(a, b, strict=True)]
    if worst(ordered).right:
        return worst(ordered)
    free = re.search(r"[或和与±∪]", left + right) or all("=" in x for x in (*a, *b))
    return _unordered(a, b) if free else Match.DIFFERENT


def _unordered(a: list[str], b: list[str]) -> Match:
    rest, found = list(b), []
    for x in a:
        options = [(_ORDER.index(_compare(x, y)), i) for i, y in enumerate(rest)]
        rank, i = min(options)
        if _ORDER[rank] is Match.DIFFERENT:
            return Match.DIFFERENT
        found.append(_ORDER[rank])
        rest.pop(i)
    return worst(found)


def _scalars(left: str, right: str) -> Match:
    if letters(left) == letters(right):
        return Match.SAME
    bracketed = _bracketed(left, right)
    if bracketed is not None:
        return bracketed
    try:
        a, b = parse(left), parse(right)
    except NotAnExpression:
        return _quantities(left, right)
    if not a.variables() and not b.variables() and _equal_everywhere(a, b):
        return Match.SAME
    quantity = _quantities(left, right)
    if quantity.right or a.variables() != b.variables() or not a.variables():
        return quantity
    return Match.EQUIVALENT if _equal_everywhere(a, b) else Match.DIFFERENT


def _bracketed(left: str, right: str) -> Match | None:
    """Intervals, ordered pairs and sets: (a,b) [a,b) {a,b}; None when the texts are not two of those."""
    pattern = re.compile(r"[(\[{].*,.*[)\]}]")
    if not pattern.fullmatch(left) or not pattern.fullmatch(right):
        return None
    if (left[0], left[-1]) != (right[0], right[-1]):
        return Match.DIFFERENT
    a, b = _items(left[1:-1], ","), _items(right[1:-1], ",")
    if len(a) != len(b):
        return Match.DIFFERENT
    if left[0] == "{":
        return _unordered(a, b)
    return worst([_compare(x, y) for x, y in zip(a, b, strict=True)])


def _quantities(left: str, right: str) -> Match:
    (x, u), (y, v) = split_quantity(left), split_quantity(right)
    if not u and not v:
        return Match.DIFFERENT
    one, two = unit_of(u), unit_of(v)
    if one is None or two is None:
        return Match.SAME if u and u.lower() == v.lower() and _same_number(x, y, Fraction(1)) else Match.DIFFERENT
    if one[0] == two[0]:
        return Match.SAME if _same_number(x, y, one[1] / two[1]) else Match.DIFFERENT
    if not u or not v:  # 5 for 5 cm: often printed after the blank; a teacher decides
        return Match.EQUIVALENT if _same_number(x, y, Fraction(1)) else Match.DIFFERENT
    return Match.DIFFERENT


def _same_number(x: str, y: str, ratio: Fraction) -> bool:
    try:
        a, b = evaluate(parse(x), {}), evaluate(parse(y), {})
    except NotAnExpression:
        return False
    return _close(a * (ratio if isinstance(a, Fraction) else float(ratio)), b)


def _relations(left: str, right: str) -> Match:
    """Equations and inequalities; "x=3" also against a bare "3"."""
    a, b = _RELATION.split(left), _RELATION.split(right)
    signs_a, signs_b = _signs(left), _signs(right)
    if len(a) == 1 or len(b) == 1:
        named, bare = (b, left) if len(a) == 1 else (a, right)
        signs = signs_b if len(a) == 1 else signs_a
        if len(named) == 2 and signs == ["="] and re.fullmatch(r"[a-zA-Zα-ω]\w?|[一-鿿]{1,4}", named[0]):
            inner = _scalars(bare, named[1])
            return worst([inner, Match.EQUIVALENT])
        return Match.DIFFERENT
    if len(a) != len(b):
        return Match.DIFFERENT
    if len(a) > 2:
        return _chain(a, signs_a, b, signs_b)
    if signs_a == signs_b and all(
        _scalars(x, y) is Match.SAME or letters(x) == letters(y) for x, y in zip(a, b, strict=True)
    ):
        return Match.SAME
    return _proportional(a, signs_a[0], b, signs_b[0])


def _signs(text: str) -> list[str]:
    return [{"<=": "≤", ">=": "≥"}.get(s, s) for s in _RELATION.findall(text)]


def _chain(a: list[str], signs_a: list[str], b: list[str], signs_b: list[str]) -> Match:
    """-1<x≤3, perhaps written the other way round."""
    for x, s in ((a, signs_a), (a[::-1], [_FLIPPED[g] for g in signs_a[::-1]])):
        if s == signs_b and all(_scalars(p, q).right or letters(p) == letters(q) for p, q in zip(x, b, strict=True)):
            return Match.SAME
    return Match.DIFFERENT


def _proportional(a: list[str], sign_a: str, b: list[str], sign_b: str) -> Match:
    """Same relation when one difference of sides is a constant multiple of the other."""
    try:
        sides = [parse(t) for t in (*a, *b)]
    except NotAnExpression:
        return Match.DIFFERENT
    names = sides[0].variables() | sides[1].variables()
    if not names or names != sides[2].variables() | sides[3].variables():
        return Match.DIFFERENT
    ratios = []
    for point in _points(names):
        try:
            one = evaluate(sides[0], point) - evaluate(sides[1], point)
            two = evaluate(sides[2], point) - evaluate(sides[3], point)
            ratios.append(float(one) / float(two))
        except (NotAnExpression, ZeroDivisionError, OverflowError):
            continue
    if len(ratios) < 3 or ratios[0] == 0 or any(not _close(r, ratios[0]) for r in ratios):
        return Match.DIFFERENT
    turned = sign_a if ratios[0] > 0 else _FLIPPED[sign_a]
    return Match.EQUIVALENT if turned == sign_b else Match.DIFFERENT


def _points(names: frozenset[str]) -> list[dict[str, Number]]:
    """Where to compare: fixed points, different for each variable, positive so that roots exist."""
    ordered = sorted(names)
    return [{n: _PROBES[(i + 2 * k) % 5] + i * k for k, n in enumerate(ordered)} for i in range(5)]


def _equal_everywhere(a: Node, b: Node) -> bool:
    compared = 0
    for point in _points(a.variables() | b.variables()):
        try:
            x, y = evaluate(a, point), evaluate(b, point)
        except NotAnExpression:
            continue
        if not _close(x, y):
            return False
        compared += 1
    return compared >= 1


def _close(x: Number, y: Number) -> bool:
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x == y
    try:
        a, b = float(x), float(y)
    except OverflowError:
        return False
    return abs(a - b) <= _TOLERANCE * max(1.0, abs(a), abs(b))


_TELLING = frozenset("0123456789+-*/^=<>≤≥≠√π%°不没无非未否反正负大小增减升降左右上下前后东南西北内外真假对错同异")
"""Characters whose change changes the answer: never taken for a misread."""


_LOOKALIKE = str.maketrans("oliszqg", "0115299")
_NEAR_CHINESE = 4


def _near(student: str, key: str) -> Match:
    """NEAR when two Chinese wordings differ by one character in four or more, none of them telling."""
    a, b = letters(student), letters(key)
    if a.translate(_LOOKALIKE) == b.translate(_LOOKALIKE):
        return Match.NEAR
    longest = max(len(a), len(b))
    chinese = len(re.findall(r"[一-鿿]", b))
    if chinese < _NEAR_CHINESE or chinese * 2 < longest:  # an English word's last letter is its grammar
        return Match.DIFFERENT
    edits = edit_distance(a, b)
    allowed = 1 if longest < 12 else longest // 8
    if edits > allowed or sorted(c for c in a if c in _TELLING) != sorted(c for c in b if c in _TELLING):
        return Match.DIFFERENT
    return Match.NEAR


def edit_distance(a: str, b: str) -> int:
    """Levenshtein's distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]
