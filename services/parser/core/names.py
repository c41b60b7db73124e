"""What pupils write in a paper's head, its misread characters mended: names, classes, numbers."""

import re

_RULE = re.compile(r"[_＿]{2,}")
_CHINESE = re.compile(r"[一-鿿]{2,4}")
_NOT_BORNE = {
    "字": "宇",
    "而": "雨",
    "两": "雨",
    "恰": "怡",
    "斩": "轩",
    "睛": "晴",
    "停": "婷",
    "谣": "瑶",
    "菇": "茹",
    "哗": "烨",
    "译": "泽",
    "休": "沐",
    "住": "佳",
    "往": "佳",
    "好": "妤",
    "函": "涵",
    "听": "昕",
    "蜂": "峰",
    "非": "菲",
    "丹三": "彤",
    "丹彡": "彤",
}
"""What is not written in given names, and the character of names that it is read for: it looks like it, or is its halves."""
_BRACKETED = re.compile(r"(.{0,2}?)([（(]\d{1,2}[)）])(班.?|[一-鿿]|)")
"""Before its class's number in brackets the grade, behind it 班, whatever either is read as."""
_NO_GRADE = re.compile(r"[^\d一二三四五六七八九十高初]")
_STROKED = re.compile(r"[1Il/|]{1,3}([A-H])")
"""A class's letter behind strokes: those are the grade, where that is written with ones alone."""
_FIGURES = str.maketrans("SsOoIlZB", "55001128")
_MISREAD = re.compile("|".join(sorted(_NOT_BORNE, key=len, reverse=True)))


def name_of(text: str) -> str:
    """The name in a field of a head: up to the rule it stands on, its misread characters mended.

    A surname is left as it is read: there are such as 闻人 and 万俟.
    """
    first = next((part for part in _RULE.split(text) if part.strip()), "").strip()
    if not _CHINESE.fullmatch(first):
        return first
    return first[0] + _MISREAD.sub(lambda found: _NOT_BORNE[found[0]], first[1:])


def class_of(text: str, grade: int, *, latin: bool) -> str:
    """The class: figures inside a class's brackets, and a letter after the grade in English papers. latin: so is the label.

    An English paper writes grade and class without a sign between them only where the class is a letter.
    """
    text = re.sub(r"^B(?=[（(]\d)", "8", text.replace(" ", ""))  # a grade before its class: 8(3)班
    text = re.sub(r"(?<=[（(])[\dBSsIlOo]{1,2}(?=[）)])", lambda found: found[0].translate(_FIGURES), text)
    if bracketed := _BRACKETED.fullmatch(text):
        before, number, after = bracketed.groups()
        return f"{grade if _NO_GRADE.fullmatch(before) else before}{number}{'班' if after else ''}"
    if latin and (stroked := _STROKED.fullmatch(text)) and set(str(grade)) == {"1"}:
        return f"{grade}{stroked[1]}"
    return f"{grade}B" if latin and text == f"{grade}8" else text


def number_of(text: str) -> str:
    """Figures and letters of a pupil's number; what looks like a figure and stands behind one is that figure."""
    plain = re.sub(r"[^0-9A-Za-z]", "", text)
    return re.sub(r"(?<=\d)[SOoIlZ]{1,3}", lambda found: found[0].translate(_FIGURES), plain)
