"""Where two writings fall together, or apart, by the way they are compared, and only a teacher knows what they are worth."""

import re

from contracts.equality.canonical import canonical
from contracts.equality.units import units_of

_NUMBERS = re.compile(r"\d+(?:\s+\d+)+")
_THOUSANDS = re.compile(r"\d{1,3}(?:\s+\d{3})+")
_ELEMENT = re.compile("[A-Z][a-z]")


def are_doubtful(student: str, key: str) -> bool:
    """Whether neither verdict is sure: 12 for the two numbers 1 2, eF for Fe, 1g/cm³ for the unit, J/kg·℃ for J/(kg·℃)."""
    one, two = canonical(student), canonical(key)
    return (
        _joined(student, key)
        or bool(one == two[::-1] and (_ELEMENT.fullmatch(one) or _ELEMENT.fullmatch(two)))
        or any(a == f"1{b}" and units_of(b) for a, b in ((one, two), (two, one)))
        or (one != two and _opened(one) == _opened(two) and bool(units_of(one) and units_of(two)))
    )


def _joined(student: str, key: str) -> bool:
    """Two numbers of a key and the same figures otherwise parted; 10 000 is one number."""
    if not _NUMBERS.fullmatch(key.strip()) or _THOUSANDS.fullmatch(key.strip()):
        return False
    figures, wanted = re.findall(r"\d+", student), key.split()
    return student.split() != wanted and "".join(figures) == "".join(wanted)


def _opened(unit: str) -> str:
    """J/(kg*℃) as most write it: J/kg*℃."""
    return re.sub(r"/\(([^()]+)\)", r"/\1", unit)
