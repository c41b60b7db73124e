"""Items as files have them: JSON, JSON lines, or a spreadsheet saved as CSV. What is wrong is told by row."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from services.gateway.core import faults
from services.gateway.core.faults import Fault
from services.gateway.core.form import subject_name
from services.gateway.practice.core.item import STARTER, Item, truth
from services.gateway.practice.core.points import Points, UnknownPoint, codes_of, points_of
from services.gateway.practice.core.written import WRITTEN
from services.gateway.templates import lenient

HEADERS: dict[str, tuple[str, ...]] = {
    "id": ("编号", "题目编号", "id"),
    "subject": ("学科", "科目", "subject"),
    "grade": ("年级", "grade"),
    "points": ("知识点", "考点", "points", "knowledge_points"),
    "type": ("题型", "type"),
    "stem": ("题干", "题目", "stem", "text", "question"),
    "answer": ("答案", "标准答案", "answer", "key"),
    "accepted": ("其他答案", "等价答案", "accepted"),
    "score": ("分值", "满分", "score", "points_max", "marks"),
    "partial_score": ("漏选得分", "partial_score"),
    "facility": ("难度系数", "facility"),
    "solution": ("解析", "solution"),
    "family": ("变式组", "family"),
    "language": ("语言", "language"),
    "source": ("来源", "source"),
    "license": ("许可", "license", "licence"),
    "origin": ("编写", "origin"),
}
_FIELD = {header: name for name, headers in HEADERS.items() for header in headers}
Known = Callable[[str], Points]
"""The points of a subject."""
_LETTERS = frozenset("ABCDEFGH")
_MARKS = ";；\n"
_LONGEST_GRADE = 2
_LANGUAGES = {"中文": "zh", "英文": "en", "英语": "en", "chinese": "zh", "english": "en"}


class Unreadable(Exception):
    """Not a file of items at all; the message says why and what to send."""


@dataclass(frozen=True)
class Row:
    """One row: its item, or what is wrong with it. `row`: of a spreadsheet the line, of JSON the place, from 1."""

    row: int
    id: str | None
    item: Item | None = None
    faults: tuple[Fault, ...] = field(default=())


def of_json(data: bytes, known: Known = points_of) -> list[Row]:
    """An item, a list of items, or an object with `items`; Unreadable."""
    written = _json(data, "The body")
    if isinstance(written, dict) and "items" in written and "stem" not in written:
        written = written["items"]
    return _rows(enumerate(written if isinstance(written, list) else [written], 1), known)


def of_lines(data: bytes, known: Known = points_of) -> list[Row]:
    """One JSON object a line; empty lines are passed over. A line that isn't JSON is wrong by itself."""
    found: list[Row] = []
    for number, line in enumerate(_text(data).split("\n"), 1):  # texts may hold what else ends lines, as U+2028
        if line.strip():
            try:
                found += _rows([(number, _json(line.encode(), "The line"))], known)
            except Unreadable as wrong:
                found.append(Row(number, None, faults=(Fault((), str(wrong)),)))
    return _once(found)


def of_csv(data: bytes, known: Known = points_of) -> list[Row]:
    """One row an item, columns by their headers; Unreadable."""
    text = _text(data)
    head = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=head.count)
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Unreadable(f"The body is not CSV: {error}.") from error
    columns = [_column(name) for name in table[0]] if table else []
    if missing := [name for name in ("id", "stem", "answer") if name not in columns]:
        lacking = ", ".join(f"{HEADERS[name][0]} ({name})" for name in missing)
        raise Unreadable(f"The first row must name the columns; missing are {lacking}.")
    rows = (
        (number, dict(zip(columns, cells, strict=False))) for number, cells in enumerate(table[1:], 2) if any(cells)
    )
    return _rows(((number, _of_cells(cells)) for number, cells in rows), known)


def _rows(written: Any, known: Known) -> list[Row]:
    return _once([_row(number, each, known) for number, each in written])


def _row(number: int, written: Any, known: Known) -> Row:
    if not isinstance(written, dict):
        return Row(number, None, faults=(Fault((), "must be a JSON object: an item"),))
    data = _tidied(written)
    name = data.get("id")
    item_id = name[:64] if isinstance(name, str) else None
    try:
        item = Item.model_validate(data)
        if item.id.startswith((STARTER, WRITTEN)):
            taken = f"{STARTER}… are ids of the bank that ships, {WRITTEN}… those of items that a model wrote: choose another"
            return Row(number, item_id, faults=(Fault(("id",), taken),))
        codes = codes_of(known(item.subject), item.points)
        return Row(number, item_id, item.model_copy(update={"points": codes}))
    except UnknownPoint as unknown:
        return Row(number, item_id, faults=(Fault(("points",), str(unknown)),))
    except ValidationError as error:
        return Row(number, item_id, faults=tuple(faults.faults_of(error)))


def _once(rows: Sequence[Row]) -> list[Row]:
    """An id that comes twice is wrong the second time, as nobody knows which of the two is meant."""
    seen: dict[str, int] = {}
    found = []
    for row in rows:
        first = seen.setdefault(row.id, row.row) if row.id else row.row
        twice = Fault(("id",), f"is in row {first} already")
        found.append(row if first == row.row else Row(row.row, row.id, faults=(*row.faults, twice)))
    return found


def _tidied(written: Mapping[str, Any]) -> dict[str, Any]:
    """In the API's words, as far as what is meant is clear."""
    data = {name: value for name, value in written.items() if value is not None}
    if isinstance(subject := data.get("subject"), str):
        data["subject"] = subject_name(subject)
    if isinstance(kind := data.get("type"), str):
        data["type"] = lenient.KINDS.get(kind.strip().lower(), kind)
    if data.get("type") == "true_false" and isinstance(answer := lenient.text(data.get("answer")), str):
        data["answer"] = truth(answer) or answer
    elif isinstance(answer := data.get("answer"), int | float) and not isinstance(answer, bool):
        data["answer"] = lenient.text(answer)
    if isinstance(language := data.get("language"), str):
        data["language"] = _LANGUAGES.get(language.lower(), language)
    for name in data.keys() & {"score", "partial_score", "facility"}:
        data[name] = _number(data[name])
    return data


def _number(value: Any) -> Any:
    """Whole numbers as the others; those that no float can hold are infinite, and refused as such."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _column(name: str) -> str:
    name = name.strip(' "\t\r\n\ufeff').removeprefix("选项").strip()
    return name.upper() if name.upper() in _LETTERS else _FIELD.get(name.lower(), "")


def _of_cells(cells: Mapping[str, str]) -> dict[str, Any]:
    given = {name: text.strip() for name, text in cells.items() if name and text.strip()}
    data: dict[str, Any] = {name: text for name, text in given.items() if name not in _LETTERS}
    if options := {name: given[name] for name in sorted(given) if name in _LETTERS}:
        data["options"] = options
    if "|" in data.get("answer", ""):
        data["answer"] = [part.strip() for part in data["answer"].split("|")]
    for name, signs in (("accepted", _MARKS), ("points", _MARKS + ",，、|")):
        if name in data:
            data[name] = list(_split(data[name], signs))
    if (grade := data.get("grade", "")).isdecimal() and len(grade) <= _LONGEST_GRADE:
        data["grade"] = int(grade)
    for name in ("score", "partial_score", "facility"):
        if name in data:
            data[name] = lenient.points(data[name])
    return data


def _split(text: str, signs: str) -> Iterator[str]:
    for sign in signs[1:]:
        text = text.replace(sign, signs[0])
    return (part.strip() for part in text.split(signs[0]) if part.strip())


def _json(data: bytes, what: str) -> Any:
    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no number")

    try:
        written = json.loads(data, parse_constant=refuse)
        json.dumps(written, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            f"{what} is not JSON in UTF-8 that numbers and characters allow: send an item as a JSON object."
        ) from error
    return written


def _text(data: bytes) -> str:
    """UTF-8, or what Excel writes in China."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("The text is neither UTF-8 nor GB18030: save it as 'CSV UTF-8'.")
