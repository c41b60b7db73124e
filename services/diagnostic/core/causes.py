"""错因: what went wrong in one question, said only when the answers show it, with the words that show it.

Kinds: `careless` `concept` `method` `incomplete` `misread` `blank`. An answer that shows nothing has no cause.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from contracts.artefacts.diagnosis import Cause
from services.diagnostic.core.evidence import Item
from services.diagnostic.core.wording import CAUSES, Lang

_CHOICES = frozenset("ABCDEFGH")
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,12})?(?:/\d{1,12})?")
_WITH_UNIT = re.compile(r"([+-]?\d{1,12}(?:\.\d{1,12})?)([^\d\s.+\-/|]{1,8})")
_NO_UNIT = re.compile(r"[π√^(²³×]|[a-fi-kn-ru-zGHIMOP-UX-Z]$")
"""What follows a number as a factor: letters that name no unit are variables."""
_WORKED = frozenset({"calculation", "short_answer", "essay", "composite"})
_LONGEST = 40
_MISCOPIED_FROM = 3  # digits: one wrong digit in a shorter number may be anything
_TRUSTED = 0.5  # an answer more likely misread than read shows nothing of the student, unless a teacher saw it
_OTHERS = 2  # right or wrong questions on a point that make a single answer a slip or a pattern


def causes_of(items: Sequence[Item], lang: Lang = "zh") -> tuple[Cause, ...]:
    """The causes of a paper's lost points, in its order: each answer alone, then beside the others on its point."""
    read = [item for item in items if _was_read(item)]
    found = ((item, cause_of(item, lang) or _beside(item, read, lang)) for item in items)
    return tuple(cause for _, cause in found if cause is not None)


def cause_of(item: Item, lang: Lang = "zh") -> Cause | None:
    """What one answer shows by itself."""
    answer = item.answer
    written, key = answer.student_answer, answer.correct_answer
    if answer.verdict == "blank":
        return Cause(number=item.number, path=item.question.path, kind="blank", text=CAUSES[lang]["blank"])
    if answer.verdict not in {"wrong", "partial"}:
        return None
    if answer.error_cause:  # a model's, which may have seen the writing itself
        return _cause(item, "method", answer.error_cause)
    if not written or not key or not _was_read(item):
        return None
    seen = _shown(item, written, key)
    return _cause(item, seen[0], CAUSES[lang][seen[1]]) if seen else None


def _was_read(item: Item) -> bool:
    """Whether what the student wrote is known; empty and unread answers have nothing to misread."""
    answer = item.answer
    return not answer.student_answer or answer.reviewed_by is not None or answer.answer_confidence >= _TRUSTED


def _shown(item: Item, written: str, key: str) -> tuple[str, str] | None:
    """(kind, row of the wording table)."""
    if item.question.type == "multiple_choice":
        return _choice(set(written) & _CHOICES, set(key) & _CHOICES)
    if item.question.type in {"single_choice", "true_false"}:
        return None
    if "|" in key:
        return _blanks(written.split("|"), key.split("|"))
    if item.question.type in _WORKED and item.answer.verdict == "partial":
        return ("incomplete", "steps") if _stands_in(_plain(key), _plain(written)) else ("method", "midway")
    return _number(_plain(written), _plain(key)) or _misread(item.question.text, _plain(written), _plain(key))


def _choice(chosen: set[str], right: set[str]) -> tuple[str, str] | None:
    if not chosen or not right or chosen == right:
        return None
    if chosen < right:
        return "incomplete", "too_few"
    return ("concept", "too_many") if chosen > right else None


def _blanks(written: Sequence[str], key: Sequence[str]) -> tuple[str, str] | None:
    """Of several blanks: one left empty, or the right ones in the wrong order."""
    plain, right = [_plain(each) for each in written], [_plain(each) for each in key]
    if len(plain) < len(right) or any(not each for each in plain):
        return "incomplete", "blanks_left"
    return ("misread", "swapped") if sorted(plain) == sorted(right) and plain != right else None


def _number(answer: str, key: str) -> tuple[str, str] | None:
    if key.startswith("±") and answer == key[1:]:
        return "incomplete", "one_root"
    if _other_unit(answer, key):
        return "misread", "unit"
    if not (_NUMBER.fullmatch(answer) and _NUMBER.fullmatch(key)):
        return None
    for kind, row, holds in _slips(answer, key):
        if holds:
            return kind, row
    return None


def _slips(answer: str, key: str) -> Iterator[tuple[str, str, bool]]:
    """Slips that a wrong number betrays, the surest first."""
    yield "careless", "sign", answer.lstrip("+-") == key.lstrip("+-") and answer != key
    digits, right = (each.lstrip("+-").replace(".", "").strip("0") for each in (answer, key))
    whole = "/" not in answer + key
    yield "careless", "point", whole and digits == right and bool(digits)
    value, wanted = _value(answer), _value(key)
    valued = not whole and value is not None and wanted is not None
    yield "concept", "upside_down", valued and (value or 0) * (wanted or 0) == 1
    yield "incomplete", "unreduced", valued and value == wanted
    if whole and _form(answer) == _form(key):
        digits, right = (_digits(each).replace(".", "") for each in (answer, key))
        yield "careless", "turned", len(right) > 1 and digits == right[::-1]
        wrong = sum(a != b for a, b in zip(digits, right, strict=True))
        yield "careless", "one_digit", len(right) >= _MISCOPIED_FROM and wrong == 1


def _form(number: str) -> tuple[bool, int, int]:
    """Sign, length and where the point stands: -102 and -1010 are not one digit apart."""
    return number.startswith("-"), len(_digits(number)), _digits(number).find(".")


def _digits(number: str) -> str:
    return number.lstrip("+-").lstrip("0")


def _other_unit(answer: str, key: str) -> bool:
    """The same number with another unit."""
    found, right = _WITH_UNIT.fullmatch(answer), _WITH_UNIT.fullmatch(key)
    units = found and right and not any(_NO_UNIT.match(each[2]) for each in (found, right))
    return bool(found and right and units and found[1] == right[1] and found[2] != right[2])


def _stands_in(key: str, written: str) -> bool:
    """Whether a result stands there by itself: 5 is neither in x=15 nor in x=-5."""
    around = r"[\d./+\-]" if key[:1].isdigit() else r"[\d.]"
    return re.search(rf"(?<!{around}){re.escape(key)}(?![\d/]|\.\d)", written) is not None


def _misread(stem: str, answer: str, key: str) -> tuple[str, str] | None:
    """A number that the stem gives, written where another was asked for."""
    given = set(_NUMBER.findall(_plain(stem)))
    numbers = _NUMBER.fullmatch(answer) and _NUMBER.fullmatch(key)
    return ("misread", "given") if numbers and answer in given and key not in given and len(answer) > 1 else None


def _beside(item: Item, items: Sequence[Item], lang: Lang) -> Cause | None:
    """A slip where all the rest of a point is right, a gap where the point fails again and again."""
    if item.answer.verdict != "wrong" or not item.points or not item.answer.student_answer or not _was_read(item):
        return None
    code = item.points[0][0].code
    others = [o for o in items if o is not item and o.share is not None and o.points and o.points[0][0].code == code]
    like = [o for o in others if _codes(item) <= _codes(o)]
    right = [o for o in like if o.share == 1]
    wrong = [o for o in like if o.answer.verdict == "wrong"]
    if len(right) > _OTHERS and all(o.share == 1 for o in others):
        return _cause(item, "careless", CAUSES[lang]["alone_wrong"], right)
    if len(wrong) >= _OTHERS and len(wrong) > len(right):
        return _cause(item, "concept", CAUSES[lang]["again"], wrong)
    return None


def _codes(item: Item) -> set[str]:
    """All that a question tests: others on its topic alone, or on another part of it, are not like it."""
    return {point.code for point, _ in item.points}


def _cause(item: Item, kind: str, text: str, others: Sequence[Item] = ()) -> Cause:
    """With the answer and the key in the paper's own words; `others` by number."""
    said = (item.answer.student_answer, item.answer.correct_answer)
    quotes = tuple(each[:_LONGEST] for each in said if each)
    return Cause(
        number=item.number,
        path=item.question.path,
        kind=kind,
        text=text,
        quotes=quotes,
        others=tuple(o.number for o in others),
    )


def _value(number: str) -> Fraction | None:
    """Of a number of `_NUMBER`; None for a fraction without value."""
    whole, _, part = number.partition("/")
    below = Fraction(part or "1")
    return Fraction(whole) / below if below else None


def _plain(text: str) -> str:
    """An answer with signs of one form, without spaces and without a leading `x=`."""
    text = "".join(text.split()).replace("－", "-").replace("−", "-").replace("＋", "+").replace("＝", "=")
    return re.sub(r"^[a-zA-Z]=", "", text)
