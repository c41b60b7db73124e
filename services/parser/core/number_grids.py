"""The grid on an answer card in which a pupil fills in the digits of a number (准考证号, 考号): ten bubbles a digit."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple

from contracts.artefacts import Bubble, Page, Reading

Rows = list[list[Bubble]]
TEN = 10
DIGITS = range(4, 21)
"""How many digits a number may have."""
_FEWEST_UPRIGHT = 6
"""Digits of a number whose ten rows nothing but their shape tells from ten items with as many options."""
_FILLED = 0.5
_EVEN = 0.25
"""How far rows may stand from an even step, in steps, and bubbles from their column, in widths."""


class Grid(NamedTuple):
    """`groups`: of bubbles, which are no items. `number`: what was filled in, None unless each digit is told once."""

    groups: frozenset[int]
    number: str | None


def taken_out(reading: Reading) -> tuple[Reading, str | None]:
    """The reading without the bubbles of such grids, and the number that the first one tells."""
    pages, number = [], None
    for page in reading.pages:
        grids = grids_of(page)
        number = number or next((grid.number for grid in grids if grid.number), None)
        groups = frozenset[int]().union(*(grid.groups for grid in grids))
        bubbles = tuple(bubble for bubble in page.bubbles if bubble.group not in groups)
        pages.append(page.model_copy(update={"bubbles": bubbles}) if groups else page)
    return reading.model_copy(update={"pages": tuple(pages)}), number


def grids_of(page: Page) -> list[Grid]:
    """Blocks of aligned rows: ten rows of one digit's bubbles each across, or a row of ten for each digit."""
    found = []
    for rows in _blocks(page.bubbles):
        groups = frozenset(row[0].group for row in rows)
        upright = len(rows) == TEN and len(rows[0]) in DIGITS and _unnumbered(rows)
        if len(rows[0]) == TEN and len(rows) in DIGITS:
            found.append(Grid(groups, _number(rows) or (_number(_turned(rows)) if upright else None)))
        elif upright and len(rows[0]) >= _FEWEST_UPRIGHT:
            found.append(Grid(groups, _number(_turned(rows))))
    return found


def _blocks(bubbles: Sequence[Bubble]) -> Iterator[Rows]:
    """Rows of equal length that stand exactly under each other at an even step, as many as there are."""
    ordered = sorted(bubbles, key=lambda b: (b.group, b.index))
    rows = [list(row) for _, row in groupby(ordered, key=lambda b: b.group)]
    while rows:
        first = min(rows, key=lambda row: (row[0].box[1], row[0].box[0]))
        under = [row for row in rows if _aligned(first, row)]
        yield _even(sorted(under, key=lambda row: row[0].box[1]))
        rows = [row for row in rows if row not in under]


def _aligned(one: list[Bubble], other: list[Bubble]) -> bool:
    width = one[0].box[2] - one[0].box[0]
    return len(one) == len(other) and all(
        abs(a.box[0] - b.box[0]) <= _EVEN * width for a, b in zip(one, other, strict=True)
    )


def _even(rows: Rows) -> Rows:
    """The first rows, up to where the step changes: items below a grid may have as many bubbles."""
    tops = [row[0].box[1] for row in rows]
    steps = [below - above for above, below in pairwise(tops)]
    usual = median(steps[: TEN - 1]) if steps else 0.0
    odd = next((at for at, step in enumerate(steps) if abs(step - usual) > _EVEN * usual), len(steps))
    return rows[: odd + 1]


def _unnumbered(rows: Rows) -> bool:
    return sum(row[0].number is None for row in rows) >= TEN - 2


def _turned(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


def _number(digits: Rows) -> str | None:
    """Each digit's ten bubbles stand for 0 to 9; None when one of them is filled in never or twice."""
    filled = [[value for value, bubble in enumerate(ten) if bubble.fill >= _FILLED] for ten in digits]
    return "".join(str(values[0]) for values in filled) if all(len(values) == 1 for values in filled) else None
