"""Two expressions: numbers by value and finished form, algebra by probing and form."""

import re

from contracts.equality.evaluate import POINTS, close
from contracts.equality.forms import is_normal, is_scientific
from contracts.equality.match import Match
from contracts.equality.phrase import Phrase

_LEAST_POINTS = 2
_COEFFICIENT = re.compile(r"(?<=\d)/\d+(?=[a-z])")


def compare_scalars(student: Phrase, key: Phrase) -> Match | None:
    """How two expressions stand; None when one of them is none."""
    if student.node is None or key.node is None:
        return None
    found = _compare(student, key)
    if not found.right:
        for a, b in ((student.otherwise or student, key), (student, key.otherwise or key)):
            if (a is not student or b is not key) and _compare(a, b).right:
                return Match.EQUIVALENT
    elif found is Match.SAME and (student.otherwise is None) != (key.otherwise is None):
        return found if _unmistakable(student, key) else Match.EQUIVALENT
    return found


def _unmistakable(student: Phrase, key: Phrase) -> bool:
    """-1/2x is a half of x wherever it is typed as one line; 1/2√3 or 1/2π may be either."""
    return all(len(re.findall("/", p.text)) == len(_COEFFICIENT.findall(p.text)) for p in (student, key) if p.otherwise)


def _compare(student: Phrase, key: Phrase) -> Match:
    if student.names != key.names:
        return Match.DIFFERENT
    if not key.names:
        return _numbers(student, key)
    if student.form == key.form and key.collected and not student.collected:
        return Match.EQUIVALENT
    if student.form == key.form:  # a segment may be named from either end, a vector not
        return Match.EQUIVALENT if student.text == key.text[::-1] and key.text.isupper() else Match.SAME
    return Match.EQUIVALENT if equal_everywhere(student, key) else Match.DIFFERENT


def _numbers(student: Phrase, key: Phrase) -> Match:
    if student.value is None or key.value is None:
        return Match.SAME if student.form == key.form else Match.DIFFERENT
    if not close(student.value, key.value) or _is_angle(student) != _is_angle(key):
        return Match.DIFFERENT
    if student.form == key.form and _decimals(student) >= _decimals(key):
        return Match.SAME if student.finished or not key.finished else Match.EQUIVALENT
    return Match.SAME if student.finished and _as_exact(student, key) else Match.EQUIVALENT


def _is_angle(phrase: Phrase) -> bool:
    return phrase.node is not None and phrase.node.kind == "°"


def _as_exact(student: Phrase, key: Phrase) -> bool:
    """Whether the writing keeps what the key's shows: its decimal places, or its power of ten."""
    if student.node is None or key.node is None:
        return False
    if is_scientific(key.node) and is_normal(key.node):
        return is_scientific(student.node) and is_normal(student.node)
    return _decimals(student) >= _decimals(key)


def _decimals(phrase: Phrase) -> int:
    """Zeros that end a decimal: they say how exact it is. 0.30 has one."""
    whole, point, places = phrase.text.partition(".")
    return len(places) if point and places.isdigit() and places.endswith("0") and whole else 0


def equal_everywhere(a: Phrase, b: Phrase) -> bool:
    """Whether two algebraic expressions agree at every probe point where both are defined, at two at least."""
    names, compared = a.names | b.names, 0
    for i in range(POINTS):
        x, y = a.at(i, names), b.at(i, names)
        if x is None or y is None:
            continue
        if not close(x, y):
            return False
        compared += 1
    return compared >= _LEAST_POINTS
