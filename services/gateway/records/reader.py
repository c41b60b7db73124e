"""A file of past records, read as it comes: bytes in, batches of checked rows out. Pure, and the same at every reading.

What is remembered of the file is eight bytes a row, to tell rows that come twice.
"""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from pydantic_core import from_json

from services.gateway.records.rows import COLUMNS, REQUIRED, FaultCode, Record, Wrong, record_of

Kind = Literal["csv", "jsonl"]
LONGEST_LINE = 64 * 1024
_NAMES = {name: column for column, names in COLUMNS.items() for name in names}
_BOM = b"\xef\xbb\xbf"


class BadHeader(Exception):
    """The first line of a CSV names no columns that could be used."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with the row of a line, counted from 1, and what to do."""

    line: int
    code: FaultCode
    field: str | None
    detail: str


@dataclass
class Batch:
    """Rows that are taken together. `rows` counts those that were refused, too; `faults` may not name all of these."""

    number: int
    rows: int = 0
    refused: int = 0
    records: list[Record] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Rules:
    """How a file is read. `subject` of rows that name none; `errors` are kept of the whole file."""

    kind: Kind
    subject: str | None
    today: date
    batch_rows: int = 1000
    most_rows: int = 500_000
    errors: int = 10_000


@dataclass(frozen=True)
class Header:
    """The columns of a CSV in order, null where one is ignored."""

    delimiter: str
    columns: tuple[str | None, ...]
    ignored: tuple[str, ...]


class Reader:
    """Reads one file, from its beginning. `full`: it has more rows than are taken, and the others are not looked at."""

    def __init__(self, rules: Rules) -> None:
        self.full = False
        self._rules = rules
        self._rest = bytearray()
        self._overlong = False
        self._line = 0
        self._rows = 0
        self._faults = 0
        self._header: Header | None = None
        self._seen: set[int] = set()
        self._batch = Batch(1)

    def feed(self, data: bytes) -> Iterator[Batch]:
        """The batches that are whole by now; BadHeader. Nothing more once the reader is `full`."""
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        self._rest = bytearray(rest)
        for line in lines:
            yield from self._take(bytes(line))
        if len(self._rest) > LONGEST_LINE:
            self._overlong = True
            self._rest.clear()

    def end(self) -> Iterator[Batch]:
        """What is left when the file has ended."""
        if not self.full and (self._rest or self._overlong):
            yield from self._take(bytes(self._rest))
        if self._batch.rows:
            yield self._batch

    def _take(self, line: bytes) -> Iterator[Batch]:
        self._line += 1
        overlong, self._overlong = self._overlong or len(line) > LONGEST_LINE, False
        if not overlong and not line.strip():
            return
        if self._rules.kind == "csv" and self._header is None:
            self._header = header_of(line)
            return
        self.full = self._rows >= self._rules.most_rows
        if self.full:
            return
        self._rows += 1
        self._batch.rows += 1
        try:
            if overlong:
                raise Wrong("line_too_long", None, f"Shorten the line: {LONGEST_LINE} bytes are taken.")  # noqa: TRY301 - one way out
            self._batch.records.append(self._once(self._record(line)))
        except Wrong as wrong:
            self._refuse(wrong)
        if self._batch.rows == self._rules.batch_rows:
            yield self._batch
            self._batch = Batch(self._batch.number + 1)

    def _record(self, line: bytes) -> Record:
        given = _object(line) if self._header is None else _cells(line, self._header)
        return record_of(given, self._rules.subject, self._rules.today)

    def _once(self, record: Record) -> Record:
        digest = hashlib.blake2b("\x1f".join(record.identity).encode(), digest_size=8).digest()
        key = int.from_bytes(digest)
        if key in self._seen:
            detail = (
                "A row above is about the same student, subject, date, paper and item: name the paper, or drop one."
            )
            raise Wrong("duplicate_row", None, detail)
        self._seen.add(key)
        return record

    def _refuse(self, wrong: Wrong) -> None:
        self._batch.refused += 1
        self._faults += 1
        if self._faults <= self._rules.errors:
            self._batch.faults.append(Fault(self._line, wrong.code, wrong.field, wrong.detail))


def header_of(line: bytes) -> Header:
    """The columns that the first line names; BadHeader says which are missing."""
    try:
        text = _decoded(line.removeprefix(_BOM)).strip()
        delimiter = max(",;\t", key=text.count)
        names = [name.strip() for name in _split(text, delimiter)]
    except Wrong as wrong:
        raise BadHeader(wrong.detail) from wrong
    columns = tuple(_NAMES.get(name.lower()) for name in names)
    if missing := [column for column in REQUIRED if column not in columns]:
        raise BadHeader(f"The first line must name the columns; missing: {', '.join(missing)}.")
    if len(set(columns) - {None}) < sum(column is not None for column in columns):
        raise BadHeader("The first line names a column twice.")
    ignored = tuple(name[:64] for name, column in zip(names, columns, strict=True) if column is None and name)
    return Header(delimiter, columns, ignored)


def _cells(line: bytes, header: Header) -> Mapping[str, Any]:
    cells = _split(_decoded(line).rstrip("\r"), header.delimiter)
    if len(cells) > len(header.columns):
        raise Wrong(
            "bad_csv",
            None,
            f"The row has {len(cells)} cells, the first line {len(header.columns)}: quote texts with commas.",
        )
    return {column: cell.strip() for column, cell in zip(header.columns, cells, strict=False) if column}


def _split(text: str, delimiter: str) -> Sequence[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise Wrong("bad_csv", None, "A quote is not closed: a cell can't go over several lines.") from error


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        found = from_json(line.removeprefix(_BOM), allow_inf_nan=False)
    except ValueError as error:
        raise Wrong("bad_json", None, "Write one JSON object in UTF-8 on each line.") from error
    if not isinstance(found, dict):
        raise Wrong("bad_json", None, "Write one JSON object in UTF-8 on each line.")
    return {column: value for name, value in found.items() if (column := _NAMES.get(name.strip().lower()))}


def _decoded(line: bytes) -> str:
    """UTF-8, or what spreadsheets in China write."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Wrong("bad_encoding", None, "Save the file in UTF-8.")
