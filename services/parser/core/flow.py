"""Reading order: lines of all pages, column by column, row by row."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from contracts.artefacts import Line, Page, Reading
from contracts.base import Box
from services.parser.core.columns import columns_of

FOOTER = re.compile(
    r"^\W*(第\s*\d+\s*页|page\s*\d+|\d+\s*/\s*\d+|[-—–]\s*\d+\s*[-—–])\W*(共\s*\d+\s*页|of\s*\d+)?.{0,12}$",
    re.IGNORECASE,
)
_TITLED_FOOTER = re.compile(r"^\D{0,20}第\s*\d+\s*页\W{0,3}共\s*\d+\s*页\W*$")
_SEAL = frozenset("密封线内不要得答题題装订弥外姓名班级考号学校")
_FOOT = 0.85
"""Share of the page's height below which its number stands."""
_EDGE = 0.12
"""Share of the page's width at its sides in which the warning along the binding edge stands, one character a line."""


@dataclass(frozen=True)
class Column:
    """A text column of a page, in reading order over the whole paper."""

    order: int
    page: int
    box: Box

    @property
    def left(self) -> float:
        """Where lines begin."""
        return self.box[0]


@dataclass(frozen=True)
class Row:
    """A line in reading order. `page` counts from 1, `index` into that page's lines; `row` numbers rows of a column."""

    page: int
    index: int
    column: Column
    row: int
    line: Line
    footer: bool = False

    @cached_property
    def box(self) -> Box:
        """Upright box."""
        return upright(self.line)

    @property
    def text(self) -> str:
        return self.line.text

    @property
    def printed(self) -> bool:
        return self.line.script == "printed"

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


@dataclass(frozen=True)
class Flow:
    """All rows in reading order, and the columns they run through. `pitch`: the usual height of a printed line."""

    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    pitch: float


def upright(line: Line) -> Box:
    """The upright box around a line's quad."""
    xs, ys = [p[0] for p in line.box], [p[1] for p in line.box]
    return min(xs), min(ys), max(xs), max(ys)


def flow_of(reading: Reading) -> Flow:
    """Order the lines of a reading."""
    rows: list[Row] = []
    columns: list[Column] = []
    for page in reading.pages:
        boxes = [upright(line) for line in page.lines]
        text = [
            i for i, (line, box) in enumerate(zip(page.lines, boxes, strict=True)) if not _is_margin(page, line, box)
        ]
        body = page.model_copy(update={"lines": tuple(page.lines[i] for i in text)})
        found = columns_of(body, [boxes[i] for i in text])
        own = [Column(len(columns) + i, page.page, box) for i, box in enumerate(found)]
        columns += own
        rows += _rows(page, boxes, own)
    heights = [r.height for r in rows if r.printed and len(r.text) >= 3]
    return Flow(tuple(rows), tuple(columns), median(heights) if heights else 30.0)


def _is_margin(page: Page, line: Line, box: Box) -> bool:
    """Whether a line is of the page's margins: its number at the foot, a character of the binding edge's warning."""
    if _is_footer(page, line, box):
        return True
    aside = box[2] < _EDGE * page.width or box[0] > (1 - _EDGE) * page.width
    return aside and len(line.text.strip()) == 1 and line.text.strip() in _SEAL


def _is_footer(page: Page, line: Line, box: Box) -> bool:
    return box[1] > _FOOT * page.height and bool(FOOTER.match(line.text) or _TITLED_FOOTER.match(line.text))


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around boxes; ValueError when there are none."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def overlap(a0: float, a1: float, b0: float, b1: float) -> float:
    """Length that two intervals share, never negative."""
    return max(0.0, min(a1, b1) - max(a0, b0))


def column_of(box: Box, columns: Sequence[Column]) -> Column:
    """The column that holds most of a box; the nearest when none does."""
    middle = (box[0] + box[2]) / 2

    def fit(column: Column) -> tuple[float, float]:
        inside = overlap(box[0], box[2], column.box[0], column.box[2])
        return inside, -abs((column.box[0] + column.box[2]) / 2 - middle)

    return max(columns, key=fit)


def _rows(page: Page, boxes: Sequence[Box], columns: Sequence[Column]) -> list[Row]:
    out: list[Row] = []
    members: dict[int, list[int]] = {c.order: [] for c in columns}
    for index, box in enumerate(boxes):
        members[column_of(box, columns).order].append(index)
    for column in columns:
        for number, row in enumerate(_group(members[column.order], boxes)):
            for index in row:
                line = page.lines[index]
                footer = _is_footer(page, line, boxes[index])
                out.append(Row(page.page, index, column, number, line, footer))
    return out


def _group(indices: list[int], boxes: Sequence[Box]) -> list[list[int]]:
    """Indices in rows from top to bottom, each from left to right: lines share a row when their middles nearly meet."""
    rows: list[list[int]] = []
    for index in sorted(indices, key=lambda i: (boxes[i][1] + boxes[i][3]) / 2):
        if rows and _same_row(boxes[rows[-1][-1]], boxes[index]):
            rows[-1].append(index)
        else:
            rows.append([index])
    return [sorted(row, key=lambda i: boxes[i][0]) for row in rows]


def _same_row(a: Box, b: Box) -> bool:
    height = min(a[3] - a[1], b[3] - b[1])
    apart = abs((a[1] + a[3]) / 2 - (b[1] + b[3]) / 2)
    return apart < 0.5 * height and overlap(a[0], a[2], b[0], b[2]) < 0.3 * min(a[2] - a[0], b[2] - b[0])
