"""Chemical formulas and equations: 2H2+O2=2H2O, SO4²⁻, CuSO4·5H2O, ↑ and ↓, terms of a side in any order."""

import re
from collections import Counter
from dataclasses import dataclass
from math import gcd

from contracts.equality.match import Match
from contracts.equality.pieces import MAX_PIECES
from contracts.notation.elements import ELEMENTS

_NAMES = {
    "水": "H2O", "氧气": "O2", "氢气": "H2", "氮气": "N2", "氯气": "Cl2", "二氧化碳": "CO2", "一氧化碳": "CO", "二氧化硫": "SO2",
    "氨气": "NH3", "甲烷": "CH4", "氯化钠": "NaCl", "氢氧化钠": "NaOH", "氢氧化钙": "Ca(OH)2", "碳酸钙": "CaCO3", "碳酸钠": "Na2CO3",
    "氧化钙": "CaO", "氧化铜": "CuO", "氧化铁": "Fe2O3", "四氧化三铁": "Fe3O4", "盐酸": "HCl", "硫酸": "H2SO4", "硝酸": "HNO3",
    "硫酸铜": "CuSO4", "过氧化氢": "H2O2", "高锰酸钾": "KMnO4", "氯酸钾": "KClO3", "氧化铝": "Al2O3", "乙醇": "C2H5OH",
}  # fmt: skip
_ATOM = re.compile(r"([A-Z][a-z]?)_?(\d{0,3})|([(\[])|([)\]])_?(\d{0,3})")
_RAISED = re.compile(r"\^\(?(\d?[+-])\)?$")
_IONS = re.compile(r"([2-9])([A-Z(\[].*[+-]\)?)")
_STATE = re.compile(r"\((?:s|l|g|aq)\)$")
_ARROWS = re.compile(r"=+|→|⇌|-+>|=>")
_MAX_LENGTH, _MAX_DEPTH = 120, 3


@dataclass(frozen=True)
class Species:
    """A substance or ion. `flat`: as written but for subscripts and raising; `charge`: where it was raised, else ""."""

    flat: str
    atoms: tuple[tuple[str, int], ...]
    charge: str
    arrow: str


@dataclass(frozen=True)
class Equation:
    """Both sides as counts of species; `sign` between them and the condition written at it."""

    left: Counter[Species]
    right: Counter[Species]
    sign: str
    condition: str


def compare_chemistry(student: str, key: str) -> Match | None:
    """How two chemical texts stand; None when the key is neither a formula with subscripts nor a balanced equation."""
    if len(key) > _MAX_LENGTH or not any("A" <= c <= "Z" for c in key):
        return None
    whole = equation(key)
    if whole is not None and (_balanced(whole) or whole.sign != "=" or whole.condition):
        other = equation(student)
        return Match.DIFFERENT if other is None else _equations(other, whole)
    ions = [_IONS.fullmatch(text) for text in (student, key)]
    if ions[1] is not None:  # 2Na⁺: two of them
        same = ions[0] is not None and ions[0][1] == ions[1][1]
        return compare_chemistry(ions[0][2], ions[1][2]) if same and ions[0] is not None else Match.DIFFERENT
    wanted = species(key)
    given = species(_NAMES.get(student, student)) if wanted is not None else None
    if wanted is None or not _telling(key):  # Co is not CO, whatever else these letters may mean
        return Match.DIFFERENT if given is not None and _case_differs(student, key) else None
    if given is None:
        return Match.NEAR if _flat(student).lower() == _flat(key).lower() else Match.DIFFERENT
    found = _formulas(given, wanted)
    return Match.EQUIVALENT if found.right and student in _NAMES else found


def _case_differs(a: str, b: str) -> bool:
    return a != b and a.lower() == b.lower() and len(a) > 1


def _flat(text: str) -> str:
    return re.sub(r"[_^()\[\]]", "", text)


def _telling(text: str) -> bool:
    """Whether a text is chemical beyond doubt: a subscript, a charge, or a symbol of two letters beside another."""
    found = re.findall(r"[A-Z][a-z]?", text)
    return bool(re.search(r"[A-Za-z)\]]_?\d|[+-]\)?$", text) and found) or (
        len(found) > 1 and any(len(x) > 1 for x in found)
    )


def species(text: str) -> Species | None:
    """One substance or ion without its coefficient; None when the text is none."""
    arrow = text[-1:] if text[-1:] in ("↑", "↓") else ""
    text = _STATE.sub("", text.removesuffix(arrow) if arrow else text)
    raised = _RAISED.search(text)
    if raised:
        sign = {"1+": "+", "1-": "-"}.get(raised[1], raised[1])
        body = text[: raised.start()]
    else:
        body, sign = _flat_charge(text)
    if body in ("e", "") and sign == "-":
        return Species("e-", (("e", 1),), "", arrow)
    atoms = _atoms(body)
    if atoms is None:
        return None
    return Species(body.replace("_", "") + sign, tuple(sorted(atoms.items())), sign if raised else "", arrow)


def _flat_charge(text: str) -> tuple[str, str]:
    """Fe3+ is Fe and 3+, SO42- is SO4 and 2-, NH4+ is NH4 and +: the digit is the charge's but after a lone one of two."""
    found = re.fullmatch(r"(.*?)(\d*)([+-])", text)
    if not found:
        return text, ""
    body, digits, sign = found[1], found[2], found[3]
    if re.fullmatch("[A-Z][a-z]?", body) or len(digits) > 1:
        return body + digits[:-1], digits[-1:] + sign
    return body + digits, sign


def _atoms(text: str) -> Counter[str] | None:
    """Atoms of a formula; of a hydrate, CuSO4*5H2O, those of both parts."""
    total: Counter[str] = Counter()
    for i, part in enumerate(text.split("*")):
        times = re.match(r"\d{0,2}", part) if i else None
        counted = _group(part[times.end() :] if times else part)
        if counted is None:
            return None
        factor = int(times[0]) if times and times[0] else 1
        total.update({name: n * factor for name, n in counted.items()})
    return total


def _group(text: str) -> Counter[str] | None:
    stack: list[Counter[str]] = [Counter()]
    position = 0
    while position < len(text):
        found = _ATOM.match(text, position)
        if not found or len(stack) > _MAX_DEPTH or (found[1] or "H") not in ELEMENTS or (found[4] and len(stack) == 1):
            return None
        if found[1]:
            stack[-1][found[1]] += int(found[2] or 1)
        elif found[3]:
            stack.append(Counter())
        else:
            inner = stack.pop()
            stack[-1].update({name: n * int(found[5] or 1) for name, n in inner.items()})
        position = found.end()
    return stack[0] if len(stack) == 1 and stack[0] else None


def equation(text: str) -> Equation | None:
    """A chemical equation, its condition perhaps between two signs: 2H2+O2=点燃=2H2O; None when the text is none."""
    if len(text) > _MAX_LENGTH:
        return None
    signs = list(_ARROWS.finditer(text))
    if not signs:
        return None
    left, right = text[: signs[0].start()], text[signs[-1].end() :]
    between = text[signs[0].end() : signs[-1].start()] if len(signs) > 1 else ""
    opening = re.match(r"\(?(点燃|高温|加热|通电|催化剂|光照|△|放电)+[)]?", right)
    if opening:
        between, right = opening[0], right[opening.end() :]
    closing = re.search(r"(点燃|高温|加热|通电|催化剂|光照|△|放电)+$", left)
    if closing:
        between, left = closing[0], left[: closing.start()]
    sides = _side(left), _side(right)
    if sides[0] is None or sides[1] is None:
        return None
    sign = "⇌" if any(s[0] == "⇌" for s in signs) else "=" if all(set(s[0]) == {"="} for s in signs) else "→"
    return Equation(sides[0], sides[1], sign, between.strip("()").replace("加热", "△"))


def _side(text: str) -> Counter[Species] | None:
    total: Counter[Species] = Counter()
    parts = re.split(r"\+(?=[\dA-Z(\[])", text)
    if len(parts) > MAX_PIECES:
        return None
    for part in parts:
        found = re.match(r"\d{1,3}(?=[A-Z(\[e])", part)
        one = species(part[found.end() :] if found else part)
        if one is None:
            return None
        total[one] += int(found[0]) if found else 1
    return total


def _balanced(whole: Equation) -> bool:
    return _sum(whole.left) == _sum(whole.right) and len(whole.left) + len(whole.right) > 2


def _sum(side: Counter[Species]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one, count in side.items():
        total.update({name: n * count for name, n in one.atoms if name != "e"})
    return total


def _formulas(student: Species, key: Species) -> Match:
    if student.flat == key.flat:
        if student.charge and key.charge and student.charge != key.charge:
            return Match.DIFFERENT  # O²⁻ is not O₂⁻
        lowered = student.charge != key.charge and len(student.charge or key.charge) > 1
        return Match.EQUIVALENT if lowered or student.arrow != key.arrow else Match.SAME
    if _opened(student.flat) == _opened(key.flat):
        return Match.EQUIVALENT
    isomers = student.atoms == key.atoms and student.atoms[0][0] == "C" and student.flat[-1] not in "+-"
    molecular = any(len(re.findall("[A-Z]", s.flat)) == len(s.atoms) for s in (student, key))
    return Match.DOUBTFUL if isomers and molecular else Match.DIFFERENT


def _opened(flat: str) -> str:
    """With the ethyl group's atoms in their order: C2H5OH and CH3CH2OH are one structure."""
    return re.sub(r"C2H5(?!\d)", "CH3CH2", flat)


def _equations(student: Equation, key: Equation) -> Match:
    """Coefficients in the key's proportion; other multiples, conditions and arrows are for a teacher."""
    ratio = _ratio(student, key)
    if ratio is None:
        return Match.DIFFERENT
    exact = ratio == (1, 1) and student.condition == key.condition and (student.sign == "⇌") == (key.sign == "⇌")
    arrows = _arrows(student) == _arrows(key)
    return Match.SAME if exact and arrows else Match.EQUIVALENT


def _arrows(whole: Equation) -> set[tuple[str, str]]:
    return {(one.flat, one.arrow) for side in (whole.left, whole.right) for one in side}


def _ratio(student: Equation, key: Equation) -> tuple[int, int] | None:
    found = set[tuple[int, int]]()
    for mine, theirs in ((student.left, key.left), (student.right, key.right)):
        a, b = _unmarked(mine), _unmarked(theirs)
        if a.keys() != b.keys():
            return None
        found |= {(a[k] // gcd(a[k], b[k]), b[k] // gcd(a[k], b[k])) for k in a}
    return found.pop() if len(found) == 1 else None


def _unmarked(side: Counter[Species]) -> Counter[str]:
    """Counts of a side's substances whatever arrows they carry."""
    total: Counter[str] = Counter()
    for one, count in side.items():
        total[one.flat] += count
    return total
