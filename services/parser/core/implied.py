"""Where a choice question begins though its number can't be read: under a tick, a ring, or a letter written beside it.

Options tell it: after the last ones of a question what begins is the next question, if options from A on follow.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from services.parser.core.flow import Flow, Row
from services.parser.core.options import letters_of

_RULES = re.compile(r"[小每]题|分[)）]|得\s?\d{1,2}\s?分|选项|题意|要求的|答题卡|填[涂在入]")
"""Words of a heading that runs on to the next row."""
_FULL = 3.0
"""Line heights that a full line may stay short of its column's end: a word or two did not fit."""
_FURTHEST = 12
"""Rows that a stem may have: what takes more before its options is not one question."""


@dataclass(frozen=True)
class Stem:
    """A stem without its number: it begins at the flow's row `at`; no other question begins in rows `first` to `last`."""

    at: int
    first: int
    last: int


@dataclass(frozen=True)
class _Level:
    """What stands side by side in a column: places in the flow, and the letters of options that begin there."""

    rows: tuple[int, ...]
    letters: str


def stems_of(flow: Flow, headings: Collection[int], numbered: Collection[int]) -> list[Stem]:
    """Stems that none of the flow's rows `numbered` is surely the beginning of; `headings`: rows of the flow."""
    levels = list(_levels(flow))
    out: list[Stem] = []
    before: int | None = None
    for i, level in enumerate(levels):
        if any(at in headings for at in level.rows):
            before = i
        elif level.letters:
            own = levels[before + 1 : i] if before is not None else []
            if own and before is not None and _begin_anew(levels[before], level):
                out += _stem(own, levels[before], flow, numbered)
            before = i
    return out


def _levels(flow: Flow) -> Iterator[_Level]:
    """All but the margins' lines."""
    body = [at for at, row in enumerate(flow.rows) if not row.footer]
    for _, rows in groupby(body, key=lambda at: (flow.rows[at].column.order, flow.rows[at].row)):
        own = tuple(rows)
        yield _Level(own, "".join(letters_of(flow.rows[at].text) for at in own))


def _begin_anew(before: _Level, now: _Level) -> bool:
    """Whether options begin with A again, or for the first time below a heading; with B after all four, if A is misread."""
    first, last = min(now.letters), max(before.letters, default="")
    return (first == "A" and last != "A") or (first == "B" and last >= "D")


def _stem(own: Sequence[_Level], before: _Level, flow: Flow, numbered: Collection[int]) -> list[Stem]:
    if any(at in numbered for level in own for at in level.rows) or len(own) > _FURTHEST:
        return []
    heads = [flow.rows[level.rows[0]] for level in own]
    if before.letters:
        options = [flow.rows[at] for at in before.rows]
        able = [i for i, head in enumerate(heads) if not _runs_on(head, options, flow.pitch)]
    else:
        able = [i for i, level in enumerate(own) if not any(_RULES.search(flow.rows[at].text) for at in level.rows)]
    return [Stem(own[able[0]].rows[0], own[0].rows[0], own[-1].rows[-1])] if able else []


def _runs_on(row: Row, options: Sequence[Row], pitch: float) -> bool:
    """Whether a row goes on with the options above it: they reach the column's end, and it begins as far in as they do."""
    column, indent = row.column, options[0].box[0] - row.column.left
    if column != options[0].column or max(r.box[2] for r in options) < column.box[2] - _FULL * pitch:
        return False
    return indent > 0.5 * pitch and row.box[0] > column.left + 0.6 * indent
