"""Solution sets on the number line: x>3, -1<x≤3, (−∞,1)∪(2,+∞), {x|x>1}, x≠2, x=1或x=2, ±2, R, ∅."""

import re
from dataclasses import dataclass
from functools import lru_cache

from contracts.equality.evaluate import Number, close
from contracts.equality.match import Match
from contracts.equality.phrase import phrase_of
from contracts.equality.pieces import MAX_PIECES, cut, enclosed, spread
from contracts.equality.spans import EVERYWHERE, Bound, Span, less, overlap, same_span, united

RELATION = re.compile(r"<=|>=|=<|=>|[=<>≤≥≠]")
_SPELLING = {"<=": "≤", "=<": "≤", ">=": "≥", "=>": "≥"}
FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}
_NAME = re.compile(r"[a-zA-Zα-ωΑ-Ω]")
_ROOT = re.compile(r"[a-zA-Z](?:_?\d)?=")
_INDEX = re.compile(r"_?\d+$")
_NUMBERED = re.compile(r"(?<![a-zA-Z])([a-wyzA-WYZα-ωΑ-Ω]_?\d+)=([^=,;、且和与或∪]+)")
_NOTHING = frozenset((
    "∅", "{}", "无解", "空集", "无实数解", "无实数根", "没有实数根", "无实根", "方程无解", "不等式无解",
    "nosolution", "nosolutions", "norealsolution", "norealsolutions", "norealroot", "norealroots", "noroots",
    "emptyset"
))  # fmt: skip
_EVERYTHING = frozenset((
    "R", "一切实数", "全体实数", "任意实数", "任何实数", "所有实数", "(-∞,+∞)", "(-∞,∞)", "allrealnumbers",
    "allreals", "anyrealnumber"
))  # fmt: skip
_UNION, _BOTH = "或∪", ",;、且和与&"


@dataclass(frozen=True)
class Solutions:
    """Spans in order, without overlap. `style`: how they were written: values, roots, set, interval, inequality."""

    spans: tuple[Span, ...]
    style: str
    name: str = ""
    finished: bool = True


_NEVER = Solutions((), "nothing")
_SAME_STYLE = ({"set", "interval"}, {"nothing", "set"}, {"everything", "interval"}, {"roots", "inequality"})


def compare_solutions(student: str, key: str) -> Match | None:
    """How two solution sets stand; None when one text is none, or both are plain lists (their order may count)."""
    a, b = solutions(student), solutions(key)
    if (a is None) != (b is None):  # (1,2) is an interval beside one, else a point
        pairs = (a or b or _NEVER).style in ("inequality", "set", "interval")
        a, b = a or solutions(student, pairs=pairs), b or solutions(key, pairs=pairs)
    if a is None or b is None or (a.style == b.style == "values" and "或" not in key and "±" not in student + key):
        return None
    if a.name.lower() != b.name.lower() and a.name and b.name:
        return Match.DIFFERENT
    if len(a.spans) != len(b.spans) or not all(same_span(x, y) for x, y in zip(a.spans, b.spans, strict=True)):
        return Match.DIFFERENT
    if _names_swapped(student, key) or _is_flat_square(student) != _is_flat_square(key):
        return Match.DOUBTFUL
    alike = a.style == b.style or {a.style, b.style} in _SAME_STYLE
    return Match.SAME if alike and (a.finished or not b.finished) else Match.EQUIVALENT


def _is_flat_square(text: str) -> bool:
    """Whether a text may be x²=3 whose exponent came down: a lone second root."""
    return bool(re.fullmatch("[a-z]2=[^=,;、且和与或∪]+", text))


def _names_swapped(student: str, key: str) -> bool:
    """Whether the same values belong to other quantities: R1=5,R2=10 is not R1=10,R2=5. Roots x₁ and x₂ have no order."""
    mine, its = (
        {name.replace("_", ""): phrase_of(value).value for name, value in _NUMBERED.findall(text)}
        for text in (student, key)
    )
    if not mine or not its:
        return False
    return mine.keys() != its.keys() or any(
        x is not None and y is not None and not close(x, y) for x, y in ((mine[n], its[n]) for n in its)
    )


@lru_cache(maxsize=512)
def solutions(text: str, *, pairs: bool = False) -> Solutions | None:
    """The solution set that a canonical text states; None when it states none, or one in several variables.

    `pairs`: whether (1,2) is an interval, not a point.
    """
    if text in _NOTHING:
        return _NEVER
    if text in _EVERYTHING:
        return Solutions((EVERYWHERE,), "everything")
    built = re.fullmatch(r"\{([a-zA-Z])(?:∈R)?[|:](.+)\}", text)
    if built:
        inner = solutions(built[2])
        known = inner is not None and inner.style in ("inequality", "roots") and inner.name == built[1]
        return Solutions(inner.spans, "set", "", inner.finished) if inner is not None and known else None
    return _stated(text, pairs=pairs)


def _stated(text: str, *, pairs: bool) -> Solutions | None:
    if RELATION.search(text):
        return _relations(text)
    pieces = cut(text, _UNION)
    if (
        len(pieces) <= MAX_PIECES
        and pieces
        and all(enclosed(p) and p[0] in "([" and len(cut(p[1:-1], ",")) == 2 for p in pieces)
    ):
        spans = [_interval(p) for p in pieces]
        certain = pairs or len(pieces) > 1 or "∞" in text or "[" in text or "]" in text
        return _made(spans, "interval") if certain else None
    if enclosed(text) and text[0] == "{":
        return _values(cut(text[1:-1], ",;、"), "set")
    parts = cut(text, _UNION + _BOTH)
    return _values(parts, "values") if len(parts) > 1 or "±" in text else None


def _values(parts: list[str], style: str, name: str = "") -> Solutions | None:
    if len(parts) > MAX_PIECES:
        return None
    phrases = [phrase_of(v) for p in parts for v in spread(p)]
    values = [p.value for p in phrases]
    spans = [None if v is None else Span(v, True, v, True) for v in values]
    return _made(spans, style, name, finished=all(p.finished for p in phrases))


def _made(spans: list[Span | None], style: str, name: str = "", *, finished: bool = True) -> Solutions | None:
    known = [s for s in spans if s is not None]
    return Solutions(united(known), style, name, finished) if known and len(known) == len(spans) else None


def _relations(text: str) -> Solutions | None:
    """Relations of one variable to numbers, joined by 或 (either) or by 且 and commas (both; either if both cannot be)."""
    options = [cut(p, _BOTH) for p in cut(text, _UNION)]
    if sum(map(len, options)) > MAX_PIECES:
        return None
    options = _carried(options)
    stated = [[_relation(s) for part in option for s in spread(part)] for option in options]
    if any(s is None for option in stated for s in option) or not all(stated):
        return None
    known = [[s for s in option if s is not None] for option in stated]
    names = {s.name for option in known for s in option}
    if len(names) != 1:
        return None
    spans = [span for option in known for span in _joined(option)]
    style = "roots" if all(s.style == "roots" for option in known for s in option) else "inequality"
    wrongly_both = style == "inequality" and re.search("[且和与]", text) and not all(map(_both, known))
    finished = not wrongly_both and all(s.finished for option in known for s in option)
    return Solutions(united(spans), style, names.pop(), finished)


def _carried(options: list[list[str]]) -> list[list[str]]:
    """With the name of a root before values that follow it: x=3或-5 as x=3或x=-5."""
    name = ""
    for option in options:
        for i, part in enumerate(option):
            found = _ROOT.match(part)
            if found:
                name = found[0]
            elif name and not RELATION.search(part):
                option[i] = name + part
    return options


def _both(option: list[Solutions]) -> list[Span]:
    """What all of an option's solutions share."""
    both = list(option[0].spans)
    for other in option[1:]:
        both = [cross for x in both for y in other.spans if (cross := overlap(x, y)) is not None]
    return both


def _joined(option: list[Solutions]) -> list[Span]:
    return _both(option) or [span for each in option for span in each.spans]


def _relation(text: str) -> Solutions | None:
    """x>3, 3<x, -1<x≤3, x≠2, x₁=x₂=1: the numbers for which it holds."""
    sides = RELATION.split(text)
    signs = [_SPELLING.get(s, s) for s in RELATION.findall(text)]
    at = [i for i, side in enumerate(sides) if _NAME.fullmatch(_INDEX.sub("", side))]
    if not 2 <= len(sides) <= 3 or not at or not all(sides):
        return None
    name = _INDEX.sub("", sides[at[0]])
    name = name.lower() if name in "XYZ" else name
    others = {i: phrase_of(s) for i, s in enumerate(sides) if i not in at}
    values = {i: p.value for i, p in others.items()}
    if (
        any(v is None for v in values.values())
        or not others
        or {_INDEX.sub("", sides[i]) for i in at} != {_INDEX.sub("", sides[at[0]])}
    ):
        return None
    if len(at) > 1:  # x₁=x₂=1
        value = next(iter(values.values()))
        return Solutions((Span(value, True, value, True),), "roots", name) if set(signs) == {"="} else None
    spans: tuple[Span, ...] = (EVERYWHERE,)
    for i, value in values.items():
        if abs(i - at[0]) != 1 or value is None:
            return None
        sign = signs[at[0]] if i > at[0] else FLIPPED[signs[i]]
        spans = tuple(c for x in spans for y in _where(sign, value) if (c := overlap(x, y)) is not None)
    style = "roots" if signs == ["="] else "inequality"
    return Solutions(spans, style, name, all(p.finished for p in others.values()))


def _where(sign: str, value: Number) -> tuple[Span, ...]:
    match sign:
        case "<" | "≤":
            return (Span(None, False, value, sign == "≤"),)
        case ">" | "≥":
            return (Span(value, sign == "≥", None, False),)
        case "=":
            return (Span(value, True, value, True),)
        case _:
            return (Span(None, False, value, False), Span(value, False, None, False))


def _interval(text: str) -> Span | None:
    low, high = cut(text[1:-1], ",")
    bottom, top = _end(low, "-∞"), _end(high, "+∞")
    if bottom is None or top is None:
        return None
    span = Span(bottom[0], text[0] == "[", top[0], text[-1] == "]")
    return span if span.low is None or span.high is None or less(span.low, span.high) else None


def _end(text: str, infinity: str) -> tuple[Bound] | None:
    if text in (infinity, infinity.removeprefix("+")):
        return (None,)
    value = phrase_of(text).value
    return None if value is None else (value,)
