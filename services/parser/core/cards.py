"""Answer cards and answer tables: bubbles by number, letters under numbers."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from contracts.artefacts import Page, Reading, Region, Spot
from contracts.artefacts.paper import BubbleRef, LineRef, SpotRef
from contracts.base import Box
from services.parser.core.flow import around, upright

_LONGEST_LETTERS = 5
"""Characters of a line that may be the letters in a cell: "BC", or a struck letter and the one that replaced it."""
_HEADED = re.compile(r"题\s*号|答\s*案|No|Ans", re.IGNORECASE)


@dataclass(frozen=True)
class Slot:
    """A place for one item's answer that a number heads. `y`: where on the page, to find its section.

    `lines`: writing in a place that has no spot. `inferred`: no number was seen, the table was only continued.
    """

    number: int
    page: int
    y: float
    region: Region
    bubbles: tuple[BubbleRef, ...] = ()
    spots: tuple[SpotRef, ...] = ()
    letters: int = 0
    lines: tuple[LineRef, ...] = ()
    inferred: bool = False


def bubble_slots(reading: Reading) -> list[Slot]:
    """One slot per group of bubbles; one without a number follows the one above it, or else the one before it."""
    out: list[Slot] = []
    for page in reading.pages:
        number = 0
        own = len(out)
        taken = {int(b.number) for b in page.bubbles if b.number and b.number.isdecimal()}
        ordered = sorted(page.bubbles, key=lambda b: b.group)
        for group, members in groupby(ordered, key=lambda b: b.group):
            bubbles = list(members)
            printed = next((b.number for b in bubbles if b.number and b.number.isdecimal()), None)
            box = around(b.box for b in bubbles)
            number = int(printed) if printed and len(printed) <= 3 else _next(out[own:], box, taken) or number + 1
            region = Region(page=page.page, box=box)
            refs = (BubbleRef(page=page.page, group=group),)
            out.append(Slot(number, page.page, box[1], region, bubbles=refs, letters=len(bubbles)))
    return out


def _next(slots: Sequence[Slot], box: Box, taken: Collection[int]) -> int | None:
    """The number after that of the slot right above, unless it is printed elsewhere."""
    above = [s for s in slots if abs(s.region.box[0] - box[0]) + abs(s.region.box[2] - box[2]) < box[3] - box[1]]
    number = max(above, key=lambda s: s.y).number + 1 if above else None
    return None if number in taken else number


def table_slots(reading: Reading) -> list[Slot]:
    """Cells that stand under a number in a ruled table, those seen before those that are only inferred."""
    return sorted((slot for page in reading.pages for slot in _of_page(page)), key=lambda s: s.inferred)


def _of_page(page: Page) -> list[Slot]:
    cells = {
        (s.table, s.row, s.column): (i, s)
        for i, s in enumerate(page.spots)
        if s.kind == "cell" and s.table is not None and s.row is not None and s.column is not None
    }
    out: list[Slot] = []
    for table, row in sorted({(t, r) for t, r, _ in cells if t is not None and r is not None}):
        heads = {c: cells[t, r, c][1] for t, r, c in cells if (t, r) == (table, row) and c is not None}
        below = {c: cells[t, r, c] for t, r, c in cells if (t, r) == (table, row + 1) and c is not None}
        numbers = _numbers(heads, below)
        out += [_under(page, number, heads[column], below, column) for column, number in numbers if below]
        out += _beyond(page, [(heads[c], n) for c, n in numbers], below)
    return out


def _under(page: Page, number: int, head: Spot, below: dict[int, tuple[int, Spot]], column: int) -> Slot:
    """The place under a number: its cell, or the room where its cell must be when only its neighbours were found."""
    if column in below:
        index, spot = below[column]
        region = Region(page=page.page, box=around([head.box, spot.box]))
        return Slot(number, page.page, spot.box[1], region, spots=(SpotRef(page=page.page, index=index),))
    level = around(s.box for _, s in below.values())
    box = (head.box[0], level[1], head.box[2], level[3])
    region = Region(page=page.page, box=around([head.box, box]))
    return Slot(number, page.page, box[1], region, lines=_writing(page, box))


def _beyond(page: Page, heads: list[tuple[Spot, int]], below: dict[int, tuple[int, Spot]]) -> list[Slot]:
    """Writing where a table would go on at its right: its edge was cut off, or runs under the next column's print."""
    if len(heads) < 2 or not below:
        return []
    (first, low), (last, high) = heads[0], heads[-1]
    step = (last.box[0] - first.box[0]) / max(1, high - low)
    level = around(s.box for _, s in below.values())
    rise = (last.box[1] - first.box[1]) / max(1, high - low)
    out: list[Slot] = []
    for k in range(1, int((page.width - last.box[0]) / max(1.0, step))):
        x = last.box[0] + k * step
        box = (x, level[1] + k * rise, x + step, level[3] + k * rise)
        lines = tuple(r for r in _writing(page, box) if page.lines[r.index].script == "handwritten")
        seen = below.get((last.column or 0) + k)
        spots = (SpotRef(page=page.page, index=seen[0]),) if seen else ()
        if lines or spots:
            region = Region(page=page.page, box=box)
            out.append(
                Slot(high + k, page.page, box[1], region, lines=() if spots else lines, spots=spots, inferred=True)
            )
    return out


def _writing(page: Page, box: Box) -> tuple[LineRef, ...]:
    """Lines of a few characters whose middle lies in a box."""
    found = []
    for index, line in enumerate(page.lines):
        own = upright(line)
        x, y = (own[0] + own[2]) / 2, (own[1] + own[3]) / 2
        inside = box[0] <= x <= box[2] and box[1] <= y <= box[3]
        if inside and line.ink != "red" and len(line.text.strip()) <= _LONGEST_LETTERS:
            found.append(LineRef(page=page.page, index=index))
    return tuple(found)


def _numbers(line: dict[int, Spot], below: dict[int, tuple[int, Spot]]) -> list[tuple[int, int]]:
    """(column, number) of a row of item numbers: most of its cells are integers that rise by one. Gaps are filled."""
    columns = sorted(line)
    read = {
        c: int(m[0])
        for c in columns
        if (m := re.fullmatch(r"\D{0,2}(\d{1,3})\D{0,2}", line[c].text.strip())) and (m := re.search(r"\d{1,3}", m[0]))
    }
    if len(read) == 1 and len(columns) == 2:  # a table of one item says by its heads what it is
        heads = [line[columns[0]].text] + ([below[columns[0]][1].text] if columns[0] in below else [])
        return list(read.items()) if any(_HEADED.search(t) for t in heads) else []
    if len(read) < 2 or len(read) < 0.5 * (len(columns) - 1):
        return []
    offsets = [n - columns.index(c) for c, n in read.items()]
    offset = max(set(offsets), key=offsets.count)
    if offsets.count(offset) < max(2, 0.6 * len(offsets)):
        return []
    first = min(columns.index(c) for c, n in read.items() if n - columns.index(c) == offset)
    return [(c, columns.index(c) + offset) for c in columns[first:] if columns.index(c) + offset > 0]


def is_card(reading: Reading, slots: Sequence[Slot]) -> bool:
    """Whether bubbles are choices (2 to 8 a group, most with a printed number) and no accident of the print."""
    if not slots or sum(2 <= s.letters <= 8 for s in slots) < 0.7 * len(slots):
        return False
    numbered = {(p.page, b.group) for p in reading.pages for b in p.bubbles if b.number}
    return len(numbered) >= max(3, 0.5 * len(slots))
