"""Chinese numerals: 二百零五, 百分之五十, 三分之二, 一又二分之一, 3.5万."""

import re
from fractions import Fraction

from contracts.equality.units import units_of

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5,
           "陆": 6, "柒": 7, "捌": 8, "玖": 9}  # fmt: skip
_STEPS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
SIGNS = "".join(_DIGITS) + "".join(_STEPS) + "".join(_MYRIADS)
_WHOLE = re.compile(f"[{SIGNS}]{{1,16}}")
_DIGIT = f"[{''.join(_DIGITS).translate(str.maketrans('', '', '零〇'))}]"
_TENS = f"{_DIGIT}?[十拾]{_DIGIT}?"
_HUNDREDS = f"{_DIGIT}?[百佰](?:{_TENS}|[零〇]{_DIGIT})?"
_THOUSANDS = f"{_DIGIT}?[千仟](?:{_HUNDREDS}|[零〇](?:{_TENS}|{_DIGIT}))?"
_SECTION = f"(?:[零〇]?(?:{_THOUSANDS}|{_HUNDREDS}|{_TENS}|{_DIGIT}))?"
_REST = f"(?:[零〇]?{_THOUSANDS}|[零〇](?:{_HUNDREDS}|{_TENS}|{_DIGIT}))?"
_STEPWISE = re.compile(f"(?=.)(?:{_SECTION}万?亿)?(?:{_SECTION}万)?{_REST}|{_SECTION}|[零〇]")
"""Down step by step, with 零 for steps left out: 一千零五十, not 一千五十, 三百五 or 五三十."""
_PARTS = re.compile(f"(负?)(?:([{SIGNS}\\d]{{1,12}})又)?([{SIGNS}\\d]{{1,12}})分之([{SIGNS}\\d点.]{{1,12}})")
_POINT = re.compile(f"([{SIGNS}]{{1,12}})点([零〇一二三四五六七八九]{{1,12}})")


def numeral(text: str) -> Fraction | None:
    """The value of a Chinese numeral that is the whole text; None when it is none."""
    if not text or text[-1].isascii():
        return Fraction(text) if re.fullmatch(r"\d{1,12}(?:\.\d{1,12})?", text) else None
    negative = text[0] == "负"
    found = _PARTS.fullmatch(text)
    if found:
        return _parts(found)
    text = text.removeprefix("负")
    point = _POINT.fullmatch(text)
    if point:
        whole = numeral(point[1])
        decimals = "".join(str(_DIGITS[c]) for c in point[2])
        value = None if whole is None else whole + Fraction(int(decimals), 10 ** len(decimals))
    else:
        value = _whole(text) if _WHOLE.fullmatch(text) else None
    return value if value is None or not negative else -value


def _parts(found: re.Match[str]) -> Fraction | None:
    whole, bottom, top = numeral(found[2] or "零"), numeral(found[3]), numeral(found[4])
    if whole is None or not bottom or top is None:
        return None
    return (whole + top / bottom) * (-1 if found[1] else 1)


def _whole(text: str) -> Fraction | None:
    """The value of a numeral without a point, read off or in steps: 二〇二五, 三百零五."""
    if len(text) > 1 and all(c in _DIGITS for c in text):  # read off, as a year is
        return Fraction(int("".join(str(_DIGITS[c]) for c in text))) if len(text) > 2 else None
    if text[0] in _MYRIADS or not _STEPWISE.fullmatch(text):
        return None
    total = section = digit = 0
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _STEPS:
            section += (digit or 1) * _STEPS[sign]
            digit = 0
        else:
            section += digit + (total if sign == "亿" else 0)  # 一万亿, but 一亿二千万
            total = section * _MYRIADS[sign] + (total if sign == "万" else 0)
            section = digit = 0
    return Fraction(total + section + digit)


def is_spelled(text: str) -> bool:
    """Whether a text is nothing but a numeral of several steps: where a key has one, its way of writing is the question."""
    return bool(re.fullmatch(f"[{SIGNS}]{{3,}}", text))


def arabic(text: str) -> str:
    """A canonical text that opens with a Chinese numeral, or ends a number in 万 or 亿, in digits; others unchanged.

    二十三个 → 23个, 三分之二 → 2/3, 3.5万人 → 35000人. Only what may be a number with its unit is touched.
    """
    found = re.fullmatch(r"(-?)(\d{1,9}(?:\.\d{1,9})?)([万亿])(\D{0,6})", text)
    if found:
        return f"{found[1]}{_decimal(Fraction(found[2]) * _MYRIADS[found[3]])}{found[4]}"
    if text.startswith("半") and 1 < len(text) <= 1 + _LONGEST_UNIT:
        return f"1/2{text[1:]}"
    opening = re.match(f"负?[{SIGNS}\\d]*又?[{SIGNS}\\d]+分之[{SIGNS}\\d点.]+|负?[{SIGNS}]+(?:点[{SIGNS}]+)?", text)
    value = numeral(opening[0]) if opening and len(text) - opening.end() <= _LONGEST_UNIT else None
    if opening is None or value is None or ("分之" not in opening[0] and not units_of(text[opening.end() :])):
        return text  # 一5 and 一x are a minus that was read as a word
    return _decimal(value) + text[opening.end() :]


_LONGEST_UNIT = 4


def _decimal(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
