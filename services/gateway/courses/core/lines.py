"""Course text as lines: which are headings, at which level, and what a line says without its markup."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"\s*(```|~~~)")
_HASHES = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"(=|-){3,}\s*$")
_COUNT = r"[0-9一二三四五六七八九十百零〇]{1,4}"
_NUMBERED: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(rf"第\s*{_COUNT}\s*(?:单元|部分|编|篇|章)[\s:：.、]*(.+)"), 1),
    (re.compile(r"(?:chapter|unit|part|module|week)\s+[0-9ivxlc]+[\s:.\-–—]+(.+)", re.IGNORECASE), 1),
    (re.compile(rf"第\s*{_COUNT}\s*[节课讲][\s:：.、]*(.+)"), 2),
    (re.compile(r"(?:section|lesson|lecture)\s+[0-9ivxlc]+(?:\.[0-9]+)*[\s:.\-–—]+(.+)", re.IGNORECASE), 2),
    (re.compile(rf"{_COUNT}、(.+)"), 3),
    (re.compile(rf"[（(]{_COUNT}[）)]\s*(.+)"), 4),
)
_DOTTED = re.compile(r"(?:§\s*)?(\d{1,2}(?:\.\d{1,2}){0,3})[.、\s]\s*(\S.*)")
_BULLET = re.compile(r"\s*(?:[-*+•·]|\d{1,2}[.)、])\s+")
_DOT = re.compile(r"\s*[-*+•·]\s+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"\*\*|__|`|</?[a-zA-Z][^>]{0,60}>")
_HOURS = re.compile(
    r"\s*[（(][^（()）]{0,20}(?:课时|学时|小时|hours?|periods?|选学|选修|\*)[^（()）]{0,10}[）)]\s*$", re.IGNORECASE
)
_SENTENCE = re.compile(r"[。；;！!？?，,]|[.:：]$")
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST_HEADING = 60
_LONGEST_ROW = 2000


@dataclass(frozen=True)
class Line:
    """`number` from 1; `text` without markup; `level` of a heading, 1 the highest; 0: no heading.

    `raw`: with the markup within the line, which tells what is in bold. `bullet`: it is an item of a list without numbers.
    """

    number: int
    text: str
    level: int
    raw: str
    bullet: bool = False


def lines_of(text: str) -> list[Line]:
    """The lines that say something; what stands between fences of code is left out."""
    found: list[Line] = []
    fenced = False
    for number, row in _rows(_HIDDEN.sub("", text)):
        if _FENCE.match(row):
            fenced = not fenced
        elif not fenced and row.strip():
            if _UNDERLINE.fullmatch(row.strip()) and found and found[-1].number == number - 1 and not found[-1].level:
                above = found.pop()
                found.append(Line(above.number, above.text, 1 if row.strip()[0] == "=" else 2, above.raw))
            else:
                found.append(_line(number, row))
    return found


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """Rows with their numbers; a very long one comes in pieces, so that no rule takes the square of its length."""
    for number, row in enumerate(text.splitlines(), 1):
        for start in range(0, max(1, len(row)), _LONGEST_ROW):
            yield number, row[start : start + _LONGEST_ROW]


def _line(number: int, row: str) -> Line:
    hashes = _HASHES.fullmatch(row.strip())
    if hashes:
        title = plain(hashes[2])
        return Line(number, title_of(title)[0] or title, len(hashes[1]), hashes[2])
    text = plain(_BULLET.sub("", row, count=1))
    title, level = title_of(plain(row))
    if level and not _SENTENCE.search(title) and 1 < len(title) <= _LONGEST_HEADING:
        return Line(number, title, level, row)
    return Line(number, text, 0, row, bullet=bool(_DOT.match(row)))


def title_of(text: str) -> tuple[str, int]:
    """What a numbered heading is called, and its level; ("", 0) for a line without such a number."""
    for pattern, level in _NUMBERED:
        if match := pattern.fullmatch(text):
            return _HOURS.sub("", match[1]).strip(), level
    if match := _DOTTED.fullmatch(text):
        return _HOURS.sub("", match[2]).strip(), 1 + match[1].count(".")
    return "", 0


def plain(text: str) -> str:
    """In one spelling, without Markdown."""
    bare = _MARKUP.sub("", _LINK.sub(r"\1", text))
    return _HOURS.sub("", " ".join(unicodedata.normalize("NFC", bare).split()))
