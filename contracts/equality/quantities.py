"""Numbers with units: 5.4×10³kg, 3小时20分, 5元3角, 30°30′."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from contracts.equality.evaluate import close, product, radians
from contracts.equality.match import Match, best, worst
from contracts.equality.numerals import arabic, is_spelled
from contracts.equality.phrase import Phrase, phrase_of
from contracts.equality.scalars import compare_scalars
from contracts.equality.units import NONE, Unit, is_counter, units_of

_FIRST_UNIT = re.compile(r"(?<=[\dπ)])(?=[^\d().^*/%‰+\-&√π\[\]~≈±])|(?<=[\da-zA-Zπ)])(?=[一-鿿℃°])")
_PART = re.compile(
    r"(\d{1,9}(?:\.\d{1,6})?)(小时|分钟|千米|公里|厘米|分米|毫米|千克|公斤|平方米|个月|[时分秒元角米克吨年月天日h°′″]|min|km|cm|mm|dm|kg|m|g|s)"
)
_MAX_SPLITS = 4
_ABOUT = re.compile(r"^(?:≈|大?约(?:等于|为|是)?|共|¥|￥|RMB)(?=[\d.-])")


@dataclass(frozen=True)
class Quantity:
    """A number, perhaps with variables, and what its unit may mean; `spelling` of the unit as written."""

    number: Phrase
    units: tuple[Unit, ...]
    spelling: str = ""


def quantity(phrase: Phrase) -> Quantity | None:
    """The text as a quantity; None when it is none. A bare number has no unit."""
    text = _ABOUT.sub("", arabic(phrase.text)).removesuffix("左右")
    compound = _compound(text)
    if compound is not None:
        return compound
    for i, place in enumerate(_FIRST_UNIT.finditer(text)):
        if i >= _MAX_SPLITS:
            break
        spelling = text[place.start() :]
        units = units_of(spelling)
        if units:
            number = phrase_of(text[: place.start()])
            if number.node is not None:
                return Quantity(number, units, spelling)
    whole = phrase if text == phrase.text else phrase_of(text)
    return Quantity(whole, (NONE,)) if whole.node is not None else None


def _compound(text: str) -> Quantity | None:
    """Several numbers with units of one kind, from large to small."""
    negative = text.startswith("-")
    parts = _PART.findall(text)
    if len(parts) < 2 or "".join(n + u for n, u in parts) != text.removeprefix("-"):
        return None
    first = units_of(parts[0][1])[0]
    total, last = Fraction(0), None
    for number, spelling in parts:
        unit = next((u for u in units_of(spelling) if u[0] == first[0]), None)
        if unit is None or (last is not None and unit[1] >= last):
            return None
        total, last = total + Fraction(number) * unit[1], unit[1]
    value = -total if negative else total
    return Quantity(phrase_of(f"({value.numerator})/{value.denominator}"), ((first[0], Fraction(1)),), text)


def compare_quantities(student: Phrase, key: Phrase) -> Match | None:
    """How two quantities stand, by dimension and value; None when one of them is none."""
    a, b = quantity(student), quantity(key)
    if a is None or b is None:
        return None
    found = best(_compare(a, u, b, v) for u, v in _likely(a.units, b.units))
    return worst([found, Match.EQUIVALENT]) if is_spelled(key.text) and not is_spelled(student.text) else found


def in_units(*phrases: Phrase) -> bool:
    """Whether all are quantities that name a unit; 20°W is a place."""
    return all(q is not None and NONE not in q.units and "°" not in q.spelling for q in map(quantity, phrases))


def _likely(one: tuple[Unit, ...], two: tuple[Unit, ...]) -> Iterable[tuple[Unit, Unit]]:
    """Pairs of meanings of the same dimension where there are any, else the first of each."""
    same = [(u, v) for u in one for v in two if u[0] == v[0]]
    return same or [(one[0], two[0])]


def _compare(a: Quantity, u: Unit, b: Quantity, v: Unit) -> Match:
    if u[0] == v[0]:
        if u[1] == v[1]:
            return compare_scalars(a.number, b.number) or Match.DIFFERENT
        return _converted(a, u, b, v)
    if NONE in (u, v) or (is_counter(u) and is_counter(v)):  # a unit is often printed after the blank
        found = compare_scalars(a.number, b.number) or Match.DIFFERENT
        turned = _turned(a, u, b, v)
        return Match.EQUIVALENT if turned or (found.right and not b.number.names) else Match.DIFFERENT
    return Match.DIFFERENT


def _converted(a: Quantity, u: Unit, b: Quantity, v: Unit) -> Match:
    if a.number.value is None or b.number.value is None:
        return Match.DIFFERENT
    same = close(product(a.number.value, u[1]), product(b.number.value, v[1]))
    return (Match.SAME if a.number.finished else Match.EQUIVALENT) if same else Match.DIFFERENT


def _turned(a: Quantity, u: Unit, b: Quantity, v: Unit) -> bool:
    """Whether an angle in degrees is one in radians: 60° and π/3."""
    degrees, turned = (a, b) if u[0] == (("°", 1),) else (b, a)
    if "π" not in turned.number.text or (u if degrees is a else v)[0] != (("°", 1),):
        return False
    x, y = degrees.number.value, turned.number.value
    return x is not None and y is not None and close(radians(x), y)
