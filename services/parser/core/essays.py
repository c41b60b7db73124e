"""Where a composition's task ends and the pupil's own text begins, though reading took some of it for print."""

import re
import unicodedata
from collections.abc import Sequence

from contracts.notation.pitch import WIDER, written_from
from services.parser.core.flow import Row

_MOSTLY = 0.3
"""Share of handwriting in the text from its first line on, from which all of that text was handwritten."""
_CHINESE = re.compile(r"[一-鿿]")
_FEWEST = 4
"""Characters of a line, as wide as Chinese ones, that tell how wide it is set."""


def task_rows(rows: Sequence[Row]) -> int:
    """How many rows stand before the composition; all of them where none is told from print. The first is the heading.

    What is left out stays with the answer, which takes all lines of the question's regions.
    """
    starts = (written_from([row.line for row in rows]), _wider_than_heading(rows), _handwritten_from(rows))
    return min((at for at in starts if at), default=len(rows))


def _wider_than_heading(rows: Sequence[Row]) -> int | None:
    """A heading with points has too few words for a pitch of its own, but squares are much wider than any heading.

    Fragments are cut anywhere: a narrow one says nothing, a wide one belongs to the writing that it precedes.
    """
    if not rows or _ems(rows[0].text) < _FEWEST:
        return None
    wide = [_room(row) >= WIDER["han"] * _room(rows[0]) for row in rows]
    whole = [_ems(row.text) >= _FEWEST and bool(_CHINESE.search(row.text)) for row in rows]
    last = max((at for at in range(len(rows)) if whole[at] and not wide[at]), default=0)
    start = next((at for at in range(last + 1, len(rows)) if whole[at]), None)
    while start is not None and start > last + 1 and wide[start - 1]:
        start -= 1
    return start


def _room(row: Row) -> float:
    """Pixels for each character of a line."""
    return (row.box[2] - row.box[0]) / max(_ems(row.text), 0.5)


def _ems(text: str) -> float:
    """The width of a text in Chinese characters: others take half the room."""
    return sum(1.0 if unicodedata.east_asian_width(char) in "WF" else 0.5 for char in text)


def _handwritten_from(rows: Sequence[Row]) -> int | None:
    first = next((at for at, row in enumerate(rows) if at and not row.printed), len(rows))
    rest = rows[first:]
    written = sum(len(row.text) for row in rest if not row.printed)
    return first if rest and written >= _MOSTLY * sum(len(row.text) for row in rest) else None
