"""Equations and inequalities as statements: y=2x-2, S=πr², ∠A=∠B, AB∥CD; "x=3" beside a bare 3."""

import re
from collections.abc import Callable

from contracts.equality.evaluate import POINTS, Number, close, product
from contracts.equality.expression import Node
from contracts.equality.match import Match, worst
from contracts.equality.phrase import Phrase, phrase_of
from contracts.equality.solutions import FLIPPED, RELATION

Each = Callable[[str, str], Match]
"""How two pieces stand."""
_NAME = re.compile(r"[a-zA-Zα-ωΑ-Ω](?:_?\w)?|∠\w{1,3}|△?[A-Z]{2,3}|S_?\S{0,4}|[一-鿿]{1,6}")
_SYMMETRIC = "∥⊥≌∽"
_LEAST_POINTS = 3


def compare_relations(student: str, key: str, each: Each) -> Match | None:
    """How two statements stand; None when neither text has a relation in it."""
    symmetric = _symmetric(student, key)
    if symmetric is not None or not (RELATION.search(student) or RELATION.search(key)):
        return symmetric
    a, b = RELATION.split(student), RELATION.split(key)
    if len(a) == 1 or len(b) == 1:
        return _named(a, b, each)
    if len(a) != len(b) or not all((*a, *b)):
        return Match.DIFFERENT
    return _statements((a, _signs(student)), (b, _signs(key)), each)


Sides = tuple[list[str], list[str]]
"""The sides of a statement and the signs between them."""


def _statements(student: Sides, key: Sides, each: Each) -> Match:
    """Side by side, perhaps the other way round; else as multiples of one another."""
    (a, signs_a), (b, signs_b) = student, key
    for sides, signs in ((a, signs_a), (a[::-1], [FLIPPED[s] for s in reversed(signs_a)])):
        if signs == signs_b:
            found = worst(_side(x, y, each) for x, y in zip(sides, b, strict=True))
            if found in (Match.SAME, Match.NEAR) or (found.right and not _algebraic(b)):
                return found
    return _proportional(a, signs_a[0], b, signs_b[0]) if len(a) == 2 else Match.DIFFERENT


def _signs(text: str) -> list[str]:
    return [{"<=": "≤", "=<": "≤", ">=": "≥", "=>": "≥"}.get(s, s) for s in RELATION.findall(text)]


def _side(a: str, b: str, each: Each) -> Match:
    return Match.SAME if a == b else each(a, b)


def _algebraic(sides: list[str]) -> bool:
    return sum(bool(phrase_of(s).names) for s in sides) > 1


def _named(a: list[str], b: list[str], each: Each) -> Match:
    """x=3 beside 3; of a student's chain of equalities its last side, if all its numbers agree."""
    chain, bare, signs_of = (b, a[0], b) if len(a) == 1 else (a, b[0], a)
    if len(chain) == 2 and _NAME.fullmatch(chain[0]):
        found = each(bare, chain[1]) if signs_of is b else each(chain[1], bare)
        return worst([found, Match.EQUIVALENT])
    if chain is a:
        a = a[1:] if len(a) > 2 and _NAME.fullmatch(a[0]) else a  # x=0.1=10%
        values = [phrase_of(side).value for side in a]
        if (
            all(v is not None and close(v, values[0]) for v in values if values[0] is not None)
            and values[0] is not None
        ):
            return worst([each(a[-1], bare), Match.EQUIVALENT])
    return Match.DIFFERENT


def _symmetric(student: str, key: str) -> Match | None:
    for sign in _SYMMETRIC:
        if sign in key:
            a, b = student.split(sign), key.split(sign)
            if len(a) != 2 or len(b) != 2 or not all((*a, *b)):
                return Match.DIFFERENT
            orders = (a, a[::-1])
            if any(x == b for x in orders):
                return Match.SAME
            lines = sign in "∥⊥" and any([sorted(x) for x in order] == [sorted(x) for x in b] for order in orders)
            return Match.EQUIVALENT if lines else Match.DIFFERENT
    return None


def _proportional(a: list[str], sign_a: str, b: list[str], sign_b: str) -> Match:
    """The same relation when one difference of sides is a constant multiple of the other."""
    one, two = _difference(a), _difference(b)
    if one is None or two is None or not one.names or one.names != two.names:
        return Match.DIFFERENT
    pairs = [(x, y) for i in range(POINTS) if (x := one.at(i)) is not None and (y := two.at(i)) is not None and y != 0]
    if len(pairs) < _LEAST_POINTS or any(x == 0 for x, _ in pairs):
        return Match.DIFFERENT
    (x0, y0), *others = pairs
    if not all(close(product(x, y0), product(x0, y)) for x, y in others):
        return Match.DIFFERENT
    turned = sign_a if _positive(x0, y0) else FLIPPED[sign_a]
    return Match.EQUIVALENT if turned == sign_b else Match.DIFFERENT


def _positive(x: Number, y: Number) -> bool:
    return (x > 0) == (y > 0)


def _difference(sides: list[str]) -> Phrase | None:
    left, right = phrase_of(sides[0]), phrase_of(sides[1])
    if left.node is None or right.node is None:
        return None
    return Phrase.of(Node("-", (left.node, right.node)))
