"""The manifest: which files are whose paper. JSON or CSV, by hand or from a school's spreadsheet."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.gateway.batches.archive import plain
from services.gateway.core.numerals import numeral
from services.gateway.core.problems import Code, Problem

MANIFESTS = ("manifest.json", "manifest.csv")
"""Names under which an archive may bring its own."""

_HEADERS = {
    "文件": "file", "文件名": "file", "filename": "file", "files": "file", "folder": "file", "文件夹": "file",
    "试卷": "paper", "页码": "page", "学号": "student_id", "学生": "student_id", "student": "student_id",
    "班级": "class_id", "class": "class_id", "标题": "title", "学科": "subject", "科目": "subject", "年级": "grade",
    "答案": "answer_key", "优先级": "priority",
}  # fmt: skip
_COLUMNS = frozenset({"file", "paper", "page", *_HEADERS.values()})
FIELDS = frozenset({"student_id", "class_id", "title", "subject", "grade", "answer_key", "template_id", "priority",
                    "locale", "callback_url"})  # fmt: skip
"""What a row may say otherwise than the form."""


@dataclass(frozen=True)
class Row:
    """One paper: its files in page order, or a folder of them, and the form's fields that differ for it."""

    files: tuple[str, ...]
    fields: Mapping[str, str] = field(default_factory=dict)


def parse(data: bytes, most: int) -> list[Row]:
    """The manifest's rows; Problem(VALIDATION_FAILED) names places as /manifest/papers/3/files."""
    text = _text(data)
    errors: list[tuple[str, str]] = []
    rows = _json(text, errors) if text.lstrip()[:1] in {"{", "["} else _csv(text, errors)
    if not rows and not errors:
        errors.append(("", "names no paper: leave it out, or write one row per paper"))
    if len(rows) > most:
        errors.append(("", f"names {len(rows)} papers; a batch may have {most}"))
    if errors:
        named = [{"pointer": f"/manifest{at}", "detail": detail} for at, detail in errors[:20]]
        raise Problem(Code.VALIDATION_FAILED, errors=named)
    return rows


def _text(data: bytes) -> str:
    """UTF-8, or what spreadsheets of Chinese Windows write."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "/manifest", "detail": "must be UTF-8 or GB18030 text"}])


def _json(text: str, errors: list[tuple[str, str]]) -> list[Row]:
    try:
        document = json.loads(text)
        json.dumps(document, ensure_ascii=False).encode()  # half a character could neither be kept nor told
    except (ValueError, RecursionError):
        errors.append(("", "is not JSON in UTF-8 that characters allow"))
        return []
    papers = document.get("papers") if isinstance(document, dict) else document
    if not isinstance(papers, list):
        errors.append(("", 'must be {"papers": [{"files": ["1.jpg"], "student_id": "s-1"}]}'))
        return []
    return [_paper(entry, f"/papers/{i}", errors) for i, entry in enumerate(papers)]


def _paper(entry: Any, at: str, errors: list[tuple[str, str]]) -> Row:
    if not isinstance(entry, dict):
        errors.append((at, 'must be an object with "files"'))
        return Row(())
    known = dict(entry)
    named = [known.pop(word) for word in ("files", "file", "folder") if word in known]
    files = named[0] if len(named) == 1 else None
    files = [files] if isinstance(files, str) else files
    if not isinstance(files, list) or not files or not all(isinstance(name, str) and name for name in files):
        errors.append((f"{at}/files", "must be one of files (a list of names), file or folder (a name)"))
        files = []
    unknown = sorted(str(name)[:64] for name in known.keys() - FIELDS)
    if unknown:
        errors.append((f"{at}/{unknown[0]}", f"is not known: take some of {', '.join(sorted(FIELDS))}"))
    fields = {name: _field(value) for name, value in known.items() if name in FIELDS and value is not None}
    return Row(tuple(_path(name) for name in files), fields)


def _field(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = numeral(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _csv(text: str, errors: list[tuple[str, str]]) -> list[Row]:
    """Rows of a table; those with the same `paper` are its pages, in the order of `page`."""
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), dialect=_dialect(text), strict=True))
    except csv.Error as error:
        errors.append(("", f"is not CSV: {error}"))
        return []
    table = [row for row in table if any(cell.strip() for cell in row)]
    header = [_HEADERS.get(cell.strip().lower(), cell.strip().lower()) for cell in (table[0] if table else [])]
    wrong = [name for name in header if name not in FIELDS | _COLUMNS]
    if "file" not in header or wrong or len(set(header)) < len(header):
        said = f"; {wrong[0][:64]!r} is not known" if wrong else ""
        errors.append(
            ("", f"needs a header with each column once: file, student_id, class_id, title, paper, page{said}")
        )
        return []
    return _grouped([dict(zip(header, row, strict=False)) for row in table[1:]], errors)


def _dialect(text: str) -> type[csv.Dialect]:
    class Table(csv.excel):
        delimiter = max(",;\t", key=text.partition("\n")[0].count)

    return Table


def _grouped(rows: Sequence[Mapping[str, str]], errors: list[tuple[str, str]]) -> list[Row]:
    groups: dict[str, list[tuple[int, int, Mapping[str, str]]]] = {}
    for number, row in enumerate(rows, 2):
        page = row.get("page", "").strip()
        if page and not (page.isascii() and page.isdigit() and len(page) < 6):
            errors.append((f"/rows/{number}/page", "must be a whole number"))
            continue
        paper = row.get("paper", "").strip() or f"\0{number}"
        groups.setdefault(paper, []).append((int(page or 0), number, row))
    return [_of_rows(sorted(group, key=lambda item: item[:2]), errors) for group in groups.values()]


def _of_rows(group: Sequence[tuple[int, int, Mapping[str, str]]], errors: list[tuple[str, str]]) -> Row:
    files: list[str] = []
    fields: dict[str, str] = {}
    for _, number, row in group:
        named = [_path(name.strip()) for name in row.get("file", "").split("|") if name.strip()]
        if not named:
            errors.append((f"/rows/{number}/file", "is empty: name the file"))
        files += named
        for name in FIELDS & row.keys():
            value = (row[name] or "").strip()
            if value and fields.setdefault(name, value) != value:
                errors.append((f"/rows/{number}/{name}", "differs from that of another page of the same paper"))
    return Row(tuple(files), fields)


def _path(name: str) -> str:
    return plain(name).rstrip("/")
