"""Strips of numbered blanks: "61 ____ 62 ____ 63 ____", rows of equal rules at equal distances.

Ocr misses or misreads single numbers beside handwriting. The rules form a grid, and the numbers that were read say which
number the first place has; so every place has its number, the missed ones too.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from contracts.artefacts import Page, Reading
from contracts.artefacts.paper import SpotRef
from contracts.base import Box
from services.parser.core.flow import Flow, overlap
from services.parser.core.numbers import x_of

_NUMBER = re.compile(r"(?<![\d(（\[:：])[1-9]\d{0,2}(?![\d)）\]%班年月日分])")
_ALIKE = 0.3
"""Share by which lengths and distances of one strip's rules may differ."""
_NARROWEST, _WIDEST = 0.06, 0.35
"""Shares of the page's width between which a blank's rule is long."""


_APART = 4.0
"""Rows of one strip follow each other within this many line heights."""
_Bar = tuple[float, float, float]
"""(x0, x1, y) of what may be the line of a blank."""


@dataclass(frozen=True)
class Place:
    """One blank of a strip: its number, its cell from the number to the rule's end, rows and spots inside it."""

    number: int
    page: int
    box: Box
    rows: tuple[int, ...]
    spots: tuple[SpotRef, ...]


@dataclass(frozen=True)
class _Label:
    """A number that was read `before` pixels left of a place's rule."""

    place: int
    number: int
    before: float


@dataclass(frozen=True)
class _Grid:
    """Intervals of the columns, left to right; (top, bottom) of the rows."""

    columns: tuple[tuple[float, float], ...]
    rows: tuple[tuple[float, float], ...]

    @property
    def lead(self) -> float:
        """Room for the number left of a blank."""
        return min(b[0] - a[1] for a, b in pairwise(self.columns))

    def cell(self, place: int) -> Box:
        """From where the number may begin to the blank's end. `place` counts in reading order."""
        (x0, x1), (y0, y1) = self.columns[place % len(self.columns)], self.rows[place // len(self.columns)]
        return x0 - self.lead, y0, x1, y1

    def places(self) -> range:
        """All places in reading order."""
        return range(len(self.columns) * len(self.rows))


def strips_of(flow: Flow, reading: Reading, expected: Mapping[int, int]) -> list[Place]:
    """Places of the strips of a paper. `expected`: how often the answer key has each number; empty without one."""
    out: list[Place] = []
    for page in reading.pages:
        grid = _grid(page, flow.pitch)
        labels = _labels(grid, flow, page.page, expected) if grid else []
        if grid and labels:
            out += _places(grid, labels, flow, page, expected)
    return out


def _places(grid: _Grid, labels: Sequence[_Label], flow: Flow, page: Page, expected: Mapping[int, int]) -> list[Place]:
    """The places that the key expects; without a key all up to the last with anything in it."""
    out: list[Place] = []
    first = labels[0].number - labels[0].place
    before = median(label.before for label in labels)
    for at in grid.places():
        cell = grid.cell(at)
        if expected and first + at not in expected:
            continue
        rows = tuple(i for i, r in enumerate(flow.rows) if r.page == page.page and _inside(cell, r.box))
        rules = [i for i, s in enumerate(page.spots) if s.kind == "rule" and _inside(cell, s.box)]
        box = (cell[0] + grid.lead - before, *cell[1:])
        out.append(Place(first + at, page.page, box, rows, tuple(SpotRef(page=page.page, index=i) for i in rules)))
    while out and not expected and not (out[-1].rows or out[-1].spots):
        out.pop()
    return out


def _inside(outer: Box, inner: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _labels(grid: _Grid, flow: Flow, page: int, expected: Mapping[int, int]) -> list[_Label]:
    """The printed numbers beside the places: three or more that count on together and hardly one that doesn't."""
    seen: list[_Label] = []
    for at in grid.places():
        x0, y0, x1, y1 = grid.cell(at)
        rows = [r for r in flow.rows if r.page == page and y0 < (r.box[1] + r.box[3]) / 2 < y1 and r.box[0] < x1]
        for row, match in ((r, m) for r in rows for m in _NUMBER.finditer(r.text)):
            number, before = int(match[0]), x0 + grid.lead - x_of(row, match.start())
            if -0.1 * grid.lead <= before <= 1.3 * grid.lead and (not expected or number in expected):
                seen.append(_Label(at, number, before))
    offsets = Counter(number - place for place, number in {(s.place, s.number) for s in seen})
    if not offsets:
        return []
    first, count = offsets.most_common(1)[0]
    sure = first > 0 and count >= 3 and count >= 0.7 * offsets.total()
    return [s for s in seen if s.number - s.place == first] if sure else []


def _grid(page: Page, pitch: float) -> _Grid | None:
    bars = _bars(page, pitch)
    levels = [level for level in _levels(bars, pitch) if len(level) >= 3]
    if not levels:
        return None
    length = median(x1 - x0 for level in levels for x0, x1, _ in level)
    alike = [b for b in bars if abs(b[1] - b[0] - length) < _ALIKE * length]
    rows = [level for level in _levels(alike, pitch) if level]
    full = max(rows, key=len, default=[])
    if len(full) < 2:
        return None
    near = _near(rows, rows.index(full), pitch)
    columns = _columns([b for level in near for b in level], length)
    if len(columns) < 3:
        return None
    bottoms = [median(y for _, _, y in level) for level in near]
    height = min([2.2 * pitch, *(b - a for a, b in pairwise(bottoms))])
    rows_y = [(y - height + 0.2 * pitch, y + 0.3 * pitch) for y in bottoms]
    return _Grid(tuple(columns), _framed(rows_y, (columns[0][0], columns[-1][1]), page, pitch))


def _framed(
    rows: list[tuple[float, float]], across: tuple[float, float], page: Page, pitch: float
) -> tuple[tuple[float, float], ...]:
    """The rows, the outer ones up to the rules of the frame when one runs close above and below all columns."""
    width = across[1] - across[0]
    flat = [r for r in page.rules if abs(r.end[0] - r.start[0]) > abs(r.end[1] - r.start[1])]
    long = [r for r in flat if overlap(min(r.start[0], r.end[0]), max(r.start[0], r.end[0]), *across) > 0.7 * width]
    levels = [(r.start[1] + r.end[1]) / 2 for r in long]
    (top, first), (_, bottom) = rows[0], rows[-1]
    above = [y for y in levels if top - pitch < y < first - pitch]
    below = [y for y in levels if bottom - 0.2 * pitch < y < bottom + pitch]
    if above and below:
        rows = [(max(above), rows[0][1]), *rows[1:]]
        rows = [*rows[:-1], (rows[-1][0], min(below))]
    return tuple(rows)


def _near(rows: Sequence[list[_Bar]], at: int, pitch: float) -> list[list[_Bar]]:
    """The fullest row and those that follow it closely, above and below, in the same columns."""
    out = [rows[at]]
    for row in rows[at + 1 :]:
        if row[0][2] - out[-1][0][2] < _APART * pitch and _below_each_other(row, rows[at]):
            out.append(row)
    for row in rows[:at][::-1]:
        if out[0][0][2] - row[0][2] < _APART * pitch and _below_each_other(row, rows[at]):
            out.insert(0, row)
    return out


def _below_each_other(row: Sequence[_Bar], full: Sequence[_Bar]) -> bool:
    fits = sum(any(overlap(b[0], b[1], f[0], f[1]) > (1 - _ALIKE) * (b[1] - b[0]) for f in full) for b in row)
    return fits > 0.5 * len(row)


def _bars(page: Page, pitch: float) -> list[_Bar]:
    """Everything that may be the line of a blank, the longest of those that lie on each other."""
    flat = [r for r in page.rules if abs(r.end[1] - r.start[1]) < 0.05 * abs(r.end[0] - r.start[0])]
    bars = [(min(r.start[0], r.end[0]), max(r.start[0], r.end[0]), (r.start[1] + r.end[1]) / 2) for r in flat]
    bars += [(s.box[0], s.box[2], s.box[3]) for s in page.spots if s.kind == "rule"]
    wide = [b for b in bars if _NARROWEST * page.width < b[1] - b[0] < _WIDEST * page.width]
    out: list[_Bar] = []
    for bar in sorted(wide, key=lambda b: b[0] - b[1]):
        if not any(abs(bar[2] - o[2]) < 0.5 * pitch and overlap(bar[0], bar[1], o[0], o[1]) > 0 for o in out):
            out.append(bar)
    return out


def _levels(bars: Sequence[_Bar], pitch: float) -> list[list[_Bar]]:
    """Bars on one level, from top to bottom."""
    out: list[list[_Bar]] = []
    for bar in sorted(bars, key=lambda b: b[2]):
        if out and bar[2] - out[-1][0][2] < 0.6 * pitch:
            out[-1].append(bar)
        else:
            out.append([bar])
    return out


def _columns(bars: Sequence[_Bar], length: float) -> list[tuple[float, float]]:
    """Intervals of the columns, or none when they don't repeat at one distance; a missed column is filled in."""
    groups: list[list[_Bar]] = []
    for bar in sorted(bars, key=lambda b: b[1]):
        if groups and bar[1] - groups[-1][-1][1] < _ALIKE * length:
            groups[-1].append(bar)
        else:
            groups.append([bar])
    columns = [(median(b[0] for b in g), median(b[1] for b in g)) for g in groups]
    if len(columns) < 2:
        return []
    step = min(b[1] - a[1] for a, b in pairwise(columns))
    out = [columns[0]]
    for column in columns[1:]:
        gaps = round((column[1] - out[-1][1]) / step)
        before = out[-1]
        if abs(column[1] - before[1] - gaps * step) > _ALIKE * step or column[0] <= before[1]:
            return []
        out += [(before[0] + i * step, before[1] + i * step) for i in range(1, gaps)]
        out.append(column)
    return out
