"""A template from a spreadsheet saved as CSV: one row an item, columns by their headers, Chinese or English."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.core.faults import Fault
from services.gateway.templates import lenient
from services.gateway.templates.document import Document
from services.gateway.templates.errors import Wrong, checked

HEADERS: dict[str, tuple[str, ...]] = {
    "number": ("题号", "序号", "小题", "题目编号", "number", "no", "no.", "question", "#"),
    "section": ("大题", "部分", "section"),
    "type": ("题型", "类型", "type", "kind"),
    "answer": ("答案", "标准答案", "参考答案", "正确答案", "answer", "key", "correct_answer"),
    "accepted": ("其他答案", "可接受答案", "等价答案", "accepted", "variants", "alternatives"),
    "max_score": ("分值", "分数", "满分", "分", "得分", "max_score", "score", "points", "marks"),
    "partial_score": ("漏选得分", "漏选分", "部分分", "partial_score", "partial"),
    "facility": ("难度系数", "得分率", "facility"),
    "knowledge_points": ("知识点", "考点", "knowledge_points", "knowledge points", "knowledge", "topics"),
}
_FIELD = {header: field for field, headers in HEADERS.items() for header in headers}
_TOTALS = frozenset({"合计", "总分", "总计", "小计", "total", "sum"})
_LETTERS = re.compile(r"[A-Ha-h](?:[\s,、，;；]+[A-Ha-h])+")
_TITLES = 6
"""The headers are in one of the first rows: a title may stand above them."""
_DELIMITERS = ",\t;，"


@dataclass(frozen=True)
class SheetFault:
    """What is wrong in a spreadsheet: row as the spreadsheet counts (the headers are row 1), column as headed."""

    row: int
    column: str
    detail: str


class WrongSheet(Exception):
    """A sheet that isn't a template."""

    def __init__(self, faults: list[SheetFault]) -> None:
        super().__init__("sheet")
        self.faults = faults


@dataclass(frozen=True)
class Sheet:
    """The template, and what was left out of it."""

    document: Document
    ignored: tuple[str, ...]


def read(data: bytes, about: Mapping[str, Any]) -> Sheet:
    """The template of CSV bytes; `about` are its fields beside `items`. Raises WrongSheet, or Wrong for `about`."""
    rows = _rows(_text(data))
    head = next((i for i, cells in enumerate(rows[:_TITLES]) if any(_field(cell) == "number" for cell in cells)), 0)
    columns, ignored = _columns(rows[head] if rows else [], head + 1)
    items: list[dict[str, Any]] = []
    numbers: list[int] = []
    for row, cells in enumerate(rows[head + 1 :], head + 2):
        found = {field: cells[i].strip() for i, field in columns.items() if i < len(cells) and cells[i].strip()}
        if not found:
            continue
        if _is_total(found):
            ignored.append(f"row {row}: {found.get('number', found.get('section', ''))}")
            continue
        items.append(lenient.item({field: _cell(field, text) for field, text in found.items()}))
        numbers.append(row)
    if not items:
        raise WrongSheet([SheetFault(head + 2, "", "there are no items: write one row for each question")])
    try:
        return Sheet(checked({**about, "items": items}), tuple(ignored))
    except Wrong as wrong:
        raise _of_rows(wrong, numbers, {field: rows[head][i].strip() for i, field in columns.items()}) from None


def _text(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or what Excel writes in China."""
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WrongSheet([SheetFault(1, "", "the text is neither UTF-8 nor GB18030: save it as 'CSV UTF-8'")])


def _rows(text: str) -> list[list[str]]:
    head = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(
        _DELIMITERS, key=lambda sign: sum(part.strip(' "\r').lower() in _FIELD for part in head.split(sign))
    )
    if "\x00" in text:
        raise WrongSheet([SheetFault(1, "", "is a workbook or other binary file: save the sheet as CSV")])
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise WrongSheet([SheetFault(1, "", f"is not CSV: {error}")]) from error


def _field(header: str) -> str | None:
    return _FIELD.get(header.strip(' "\t\r\n').lower())


def _columns(head: list[str], row: int) -> tuple[dict[int, str], list[str]]:
    """Field by position, and the headers that say nothing to us."""
    columns: dict[int, str] = {}
    ignored: list[str] = []
    for i, name in enumerate(head):
        field = _field(name)
        if field is None:
            ignored += [f"column {name.strip()[:40]}"] if name.strip() else []
        elif field in columns.values():
            raise WrongSheet([SheetFault(row, name.strip(), "means the same as another column: leave one out")])
        else:
            columns[i] = field
    if "number" not in columns.values():
        known = ", ".join(headers[0] for headers in HEADERS.values())
        raise WrongSheet([SheetFault(1, "", f"there is no column 题号 (number): one row names the columns {known}")])
    return columns, ignored


def _is_total(found: Mapping[str, str]) -> bool:
    return any(found.get(field, "").rstrip(":：").lower() in _TOTALS for field in ("number", "section"))


def _cell(field: str, text: str) -> Any:
    if field == "answer":
        if _LETTERS.fullmatch(text):
            return re.sub(r"[^A-H]", "", text.upper())  # "A, C, D": a multiple choice
        return [part.strip() for part in text.split("|")] if "|" in text else text
    if field == "accepted":
        return _split(text, ";；\n")
    if field == "knowledge_points":
        return _split(text, ";；\n,，、|")
    return text


def _split(text: str, signs: str) -> list[str]:
    for sign in signs[1:]:
        text = text.replace(sign, signs[0])
    return [part.strip() for part in text.split(signs[0]) if part.strip()]


def _of_rows(wrong: Wrong, numbers: list[int], headers: Mapping[str, str]) -> Exception:
    """The faults by row and column; those of other fields as they are."""
    elsewhere = [fault for fault in wrong.faults if fault.place[:1] != ("items",) or len(fault.place) < 2]
    if elsewhere:
        return Wrong(elsewhere)
    return WrongSheet(list(_located(wrong.faults, numbers, headers)))


def _located(faults: tuple[Fault, ...], numbers: list[int], headers: Mapping[str, str]) -> Iterator[SheetFault]:
    for fault in faults:
        _, index, *rest = fault.place
        field = str(rest[0]) if rest else ""
        yield SheetFault(numbers[int(index)], headers.get(field, field), fault.detail)
