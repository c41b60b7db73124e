"""Answer cards and answer tables: bubbles by number, letters under numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from contracts.artefacts import Page, Reading, Region, Spot
from contracts.artefacts.paper import BubbleRef, SpotRef
from services.parser.core.flow import around


@dataclass(frozen=True)
class Slot:
    """A place for one item's answer that a number heads. `y`: where on the page, to find its section."""

    number: int
    page: int
    y: float
    region: Region
    bubbles: tuple[BubbleRef, ...] = ()
    spots: tuple[SpotRef, ...] = ()
    letters: int = 0


def bubble_slots(reading: Reading) -> list[Slot]:
    """One slot per group of bubbles; groups without a number follow the numbered one before them."""
    out: list[Slot] = []
    for page in reading.pages:
        number = 0
        ordered = sorted(page.bubbles, key=lambda b: b.group)
        for group, members in groupby(ordered, key=lambda b: b.group):
            bubbles = list(members)
            printed = next((b.number for b in bubbles if b.number and b.number.isdecimal()), None)
            number = int(printed) if printed and len(printed) <= 3 else number + 1
            box = around(b.box for b in bubbles)
            region = Region(page=page.page, box=box)
            refs = (BubbleRef(page=page.page, group=group),)
            out.append(Slot(number, page.page, box[1], region, bubbles=refs, letters=len(bubbles)))
    return out


def table_slots(reading: Reading) -> list[Slot]:
    """Cells that stand under (or right of) a number in a ruled table."""
    return [slot for page in reading.pages for slot in _of_page(page)]


def _of_page(page: Page) -> list[Slot]:
    cells = {
        (s.table, s.row, s.column): (i, s)
        for i, s in enumerate(page.spots)
        if s.kind == "cell" and s.table is not None and s.row is not None and s.column is not None
    }
    out: list[Slot] = []
    for table, row in sorted({(t, r) for t, r, _ in cells if t is not None and r is not None}):
        line = {c: cells[t, r, c][1] for t, r, c in cells if (t, r) == (table, row) and c is not None}
        for column, number in _numbers(line):
            below = cells.get((table, row + 1, column))
            if below is not None:
                index, spot = below
                region = Region(page=page.page, box=around([line[column].box, spot.box]))
                out.append(Slot(number, page.page, spot.box[1], region, spots=(SpotRef(page=page.page, index=index),)))
    return out


def _numbers(line: dict[int, Spot]) -> list[tuple[int, int]]:
    """(column, number) of a row of item numbers: most of its cells are integers that rise by one. Gaps are filled."""
    columns = sorted(line)
    read = {
        c: int(m[0])
        for c in columns
        if (m := re.fullmatch(r"\D{0,2}(\d{1,3})\D{0,2}", line[c].text.strip())) and (m := re.search(r"\d{1,3}", m[0]))
    }
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
