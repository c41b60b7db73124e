"""What a key says besides its answer: accepted alternatives, ranges, and that other answers may be right too."""

import re
from dataclasses import dataclass

from contracts.equality.canonical import MAX_LENGTH, canonical
from contracts.equality.phrase import phrase_of
from contracts.equality.pieces import cut
from contracts.equality.units import units_of

_REMARK = re.compile(
    r"[（(]?\s*(?:答案不唯?一|本题答案不唯一|合理即可|言之有理即可|意[思同]对?即可|符合题意即可|写出一[个种条]即可|任写一[个种]|其他合理答案[也均]可|答对一点即可)[^）)]*[）)]?"
)
_WHY = r"(?:不[合符]题意|不成立)?[,，]?\s*(?:应?舍去?|不[合符]题意|rejected|reject)"
_REJECTED = re.compile(rf"[^,，、;；或（(]+[（(]\s*{_WHY}\s*[）)]")
_DROPPED = re.compile(rf"[（(][^（）()]*?(?:=[^（）()]*?{_WHY}|重根|double root|repeated root)\s*[）)]")
_OPENING = re.compile(r"^\s*(?:示例|例如|比如|如)\s*[:：]?\s*")
_NO_ANSWER = frozenset(
    {"略", "见解析", "详见解析", "见详解", "详解", "答案略", "开放题", "无", "暂无", "解析", "见答案"}
)
_EACH_RIGHT = re.compile(r"[,，、]?(?:均可|都可以?|皆可|也可以?|亦可|也对|均正确|都对|任一即可)$")
_BRACKETED = re.compile(r"([^（(]+)[（(]([^（()）]+)[）)]")
_AHEAD = re.compile(r"[（(]([^（()）]+)[）)]([^（()）]+)")
_ALSO = re.compile(r"\s*(?:或者?|[也亦]可[写填作为]*|[又也][称叫作名]|or\b)\s*[:：]?\s*", re.IGNORECASE)
_ALSO_BEHIND = re.compile(r"[,，]?\s*(?:[也亦均]可以?|也对|都对)$")
_FORMULA = re.compile(r"(?:[A-Z][a-z]?[0-9₀-₉]*)+")
_HAN = re.compile("[一-鿿]")
_OPTIONS = frozenset("ABCDEFGH")
_WORD = re.compile(r"[A-Za-z'’. -]{2,}|[一-鿿]{2,}|[一-鿿]")
_RANGE = re.compile(r"(-?[\d.]+)(\D{0,6})~(-?[\d.]+)(\D{0,6})")


@dataclass(frozen=True)
class Reading:
    """A key's accepted answers as written. `open`: others may be right too. `perhaps`: what a teacher may have meant as well."""

    accepted: tuple[str, ...]
    open: bool = False
    perhaps: tuple[str, ...] = ()


def read_key(key: str) -> Reading:
    """The answers that one key's text accepts: colour/color, 阿长（或长妈妈）, 3或5均可, 2（答案不唯一）."""
    text = _REMARK.sub("", key).strip()
    loose = text != key.strip()
    text = _OPENING.sub("", text) if loose else text
    either = _EACH_RIGHT.search(text)
    if either:
        listed = tuple(_each(text[: either.start()]))
        return Reading(listed, loose or len(listed) == 1)
    return Reading(tuple(dict.fromkeys((text, *_variants(text)))), loose, tuple(_perhaps(text)))


def kept_of(text: str) -> str:
    """A text without the roots that it rejects, x=4，x=-1（舍去）, and without remarks on a root, （重根）."""
    return _DROPPED.sub("", _REJECTED.sub("", text)) if len(text) <= MAX_LENGTH and re.search("[（(]", text) else text


def has_answer(key: str) -> bool:
    """Whether a key states an answer at all: 略 and 见解析 do not."""
    return bool(canonical(_REMARK.sub("", key))) and key.strip().rstrip("。.") not in _NO_ANSWER


def _each(text: str) -> list[str]:
    """What a list of right answers lists: 3、5或7, colour/color, and x=1,y=2或x=2,y=1, whose commas part no answers."""
    text = text.translate(str.maketrans("（），", "(),"))
    options = cut(text, "或")
    sizes = {len(cut(option, "、,")) for option in options}
    if len(options) == 1 or sizes != {max(sizes)}:
        options = cut(text, "或、,")
    return options if len(options) > 1 else _variants(text) or [text]


def _variants(key: str) -> list[str]:
    found = _BRACKETED.fullmatch(key)
    if found:
        outside, inside = found[1].strip(), found[2].strip()
        also = _ALSO_BEHIND.sub("", _ALSO.sub("", inside, count=1) if _ALSO.match(inside) else inside)
        if also and (also != inside or _is_sign_of(inside, outside)):
            return [outside, also]
        if _HAN.search(outside):
            return [outside]  # what the bracket adds or explains may be left out, and is no answer by itself
    for separator in (r"\s*[/|／]\s*", r"\s*或者?\s*"):
        parts = re.split(separator, key)
        if len(parts) > 1 and all(_WORD.fullmatch(p) for p in parts) and not (_is_unit(key) or _is_quotient(parts)):
            return parts
    return []


def _perhaps(key: str) -> list[str]:
    """What only the teacher knows to be enough: 鲁迅（周树人） names a person twice, 快（慢） does not; UK/US are no quotient."""
    found, ahead = _BRACKETED.fullmatch(key), _AHEAD.fullmatch(key)
    if found and _HAN.search(found[1]):
        return [found[2].strip()]
    if ahead and _HAN.search(ahead[2]):
        return [ahead[2].strip()]
    parts = re.split(r"\s*/\s*", key)
    return parts if len(parts) > 1 and all(re.fullmatch("[A-Z]{2}", part) for part in parts) else []


def _is_sign_of(inside: str, outside: str) -> bool:
    """厘米（cm） and 水（H2O） say one thing twice, in words and in signs; 苹果（A） may name an option."""
    if not all(_HAN.fullmatch(each) for each in outside) or set(inside) <= _OPTIONS:
        return False
    return bool(_FORMULA.fullmatch(inside) or (_is_unit(outside) and _is_unit(inside)))


def _is_unit(text: str) -> bool:
    """m/s and 元/千克 are units, not alternatives."""
    return bool(units_of(canonical(text)))


def _is_quotient(parts: list[str]) -> bool:
    """BC/AB and ab/cd are fractions, 人/平方千米 is a unit."""
    formula = all(re.fullmatch("[A-Z]{2}", p) for p in parts) or any(
        re.fullmatch("[b-df-hj-np-tv-xz]+", p) for p in parts
    )
    return formula or all(units_of(canonical(p)) for p in parts)


def within(student: str, key: str) -> bool:
    """Whether a canonical number lies in the key's range: 12.3cm in 12.2cm~12.4cm."""
    found = _RANGE.fullmatch(key)
    given = re.fullmatch(r"(-?[\d.]+)(\D{0,6})", student)
    if not found or not given or given[2] not in ("", found[2], found[4]):
        return False
    low, value, high = (phrase_of(x).value for x in (found[1], given[1], found[3]))
    return low is not None and value is not None and high is not None and low <= value <= high
