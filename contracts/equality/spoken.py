"""Mathematics that is written with English words: x=3 or x=-5, 12 kilometres per hour, three quarters, $12."""

import re
from dataclasses import dataclass
from functools import lru_cache

_JOINED = (
    (r"\s*\band\s*/\s*or\b\s*|\s*,?\s*\bor\b\s*", "或"),
    (r"\s*,?\s*(?:\band\b|&)\s*", "且"),
)
_RELATIONS = (
    (r"\b(?:is\s+)?(?:greater|more)\s+than\s+or\s+equal\s+to\b", "≥"), (r"\b(?:is\s+)?less\s+than\s+or\s+equal\s+to\b", "≤"),
    (r"(?:\bis\s+|(?<!\d\s)\b)(?:greater|more)\s+than\b", ">"),  # 3 more than x is x+3
    (r"(?:\bis\s+|(?<!\d\s)\b)less\s+than\b", "<"),
    (r"\b(?:is\s+)?not\s+equal\s+to\b", "≠"), (r"\b(?:is\s+)?equal\s+to\b|\bequals\b", "="),
)  # fmt: skip
_PARTS = {"hal": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "nine": 9}
_FRACTION = re.compile(
    rf"\b({'|'.join(_COUNTS)})[\s-]+(half|halves|(?:{'|'.join(list(_PARTS)[1:])})s?)\b", re.IGNORECASE
)
_SINGULAR = {
    "kilometre": "km", "kilometer": "km", "centimetre": "cm", "centimeter": "cm", "millimetre": "mm", "millimeter": "mm",
    "metre": "m", "meter": "m", "kilogram": "kg", "gram": "g", "litre": "L", "liter": "L", "hour": "h", "minute": "min",
    "second": "s", "degree": "°", "newton": "N", "joule": "J", "watt": "W", "volt": "V",
}  # fmt: skip
_UNIT = re.compile(
    rf"(?:(?<=\d)|(?<=\d\s)|\b(?P<per>per\s+))(?P<power>square\s+|cubic\s+)?(?P<name>{'|'.join(_SINGULAR)})(?P<many>s?)\b",
    re.IGNORECASE,
)
_LONGEST = 160
_MAY_BE = re.compile("[A-Za-z]{2}|[$£€&]")
_POWERS = {"": "", "square": "²", "cubic": "³"}
_PERCENT = re.compile(r"(?<=\d)\s*(?:per\s?cent)\b", re.IGNORECASE)
_MONEY = re.compile(
    r"(?P<sign>[$£€])\s*(?P<first>\d[\d,.]*)|(?P<second>\d[\d,.]*)\s*(?P<name>dollars|pounds|euros)\b", re.IGNORECASE
)
_COINS = {"$": "美元", "dollars": "美元", "pounds": "£", "euros": "€"}
_KNOWN = re.compile(r"[A-Z]{2,4}|sin|cos|tan|log|ln|lg|sqrt|frac|pi|km|cm|mm|dm|kg|mg|mL|ml|min|kPa|Pa|Hz|mol|kWh?|ms")


@dataclass(frozen=True)
class Spoken:
    """A text with signs for its English words. `spelled`: not only its connectives were words, so its form may matter."""

    text: str
    spelled: bool


@lru_cache(maxsize=256)
def in_signs(text: str) -> Spoken | None:
    """The text in signs; None for one that has no such words, or other words beside them, which make it language."""
    if "\\" in text or len(text) > _LONGEST or not _MAY_BE.search(text):
        return None
    found = _PERCENT.sub("%", _MONEY.sub(_money, text))
    signs = _FRACTION.sub(_fraction, found)
    signs = _UNIT.sub(_unit, signs)
    for words, sign in _RELATIONS:
        signs = re.sub(words, sign, signs, flags=re.IGNORECASE)
    spelled = signs != found
    for words, sign in _JOINED:
        signs = re.sub(words, sign, signs, flags=re.IGNORECASE)
    if signs == text or is_language(signs):
        return None
    sides = [side for side in re.split("[或且]", signs) if side.strip()]
    return Spoken(signs, spelled) if sides and (spelled or signs == found or len(sides) > 1) else None


def is_language(text: str) -> bool:
    """Whether a text has words that are neither units nor names of functions."""
    return any(not _KNOWN.fullmatch(word) for word in re.findall("[A-Za-z]{2,}", text))


def _money(found: re.Match[str]) -> str:
    """The coin as a unit behind its number; a second $ means that both enclose a formula."""
    sign = found["sign"] or found["name"].lower()
    if sign == "$" and found.string.count("$") > 1:
        return found[0]
    return f"{found['first'] or found['second']}{_COINS.get(sign, sign)}"


def _fraction(found: re.Match[str]) -> str:
    count, part = _COUNTS[found[1].lower()], found[2].lower()
    plural = part.endswith("s")
    if plural == (count == 1):
        return found[0]
    return f"{count}/{_PARTS['hal' if part.startswith('hal') else part.removesuffix('s')]}"


def _unit(found: re.Match[str]) -> str:
    """The unit's sign; as it stands where its number is wrong, as in 3 hour: that is a mistake in an English paper."""
    per, many = bool(found["per"]), bool(found["many"])
    one = re.search(r"(?<![\d.])1\s?$", found.string[: found.start()]) is not None
    if many == (per or one):
        return found[0]
    power = _POWERS[(found["power"] or "").strip().lower()]
    return f"{'/' if per else ''}{_SINGULAR[found['name'].lower()]}{power}"
