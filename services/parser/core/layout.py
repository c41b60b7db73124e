"""Regions of questions: from a question's number to the next one, through columns and pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.artefacts import Page, Reading, Region
from contracts.base import Box
from services.parser.core.flow import Column, Flow, Row, overlap
from services.parser.core.frames import frame_around
from services.parser.core.sections import Heading
from services.parser.core.start import Start

_COVERED = 0.12
"""Share of a column's width that the broken pieces of one rule cover at least."""
_SEPARATES = 1.0
"""White of less than this many line heights below handwriting leaves no room to write."""
_LETTER = 2
"""Characters of an answer before a question's number at most, with a dot or a tick read into it."""
_NEAR = 0.5
"""Line heights between two rows' print, or that their boxes overlap, with no room to write between them."""
_INSIDE = 0.15
"""Line heights that a box may begin above its print; more overlap is of lines that slant."""
_RAISED = 0.3
"""Line heights of the room above a row's print that is the row's."""
_WIDE = 1.3
"""Width of one letter at most, in its line's heights."""
_ROOM = 3.5
"""Lines to write on follow each other within this many line heights."""


@dataclass(frozen=True)
class Span:
    """One question's rows (indices into the flow) and boxes."""

    start: Start
    rows: tuple[int, ...]
    regions: tuple[Region, ...]


def spans_of(flow: Flow, reading: Reading, starts: Sequence[Start], headings: Sequence[Heading]) -> list[Span]:
    """Regions and rows of each start, in order."""
    shelves = [_shelf(starts, s) for s in starts]
    begun = [_begin(flow, s, shelf) for s, shelf in zip(starts, shelves, strict=True)]
    stops = sorted({*begun, *(h.at for h in headings)})
    out = []
    for start, shelf, first in zip(starts, shelves, begun, strict=True):
        last_of_shelf = max(s.at for s in shelf)
        own = range(first, next((s for s in stops if s > last_of_shelf), len(flow.rows)))
        cell = len(shelf) > 1
        out.append(_cell(flow, reading, start, shelf, own.stop) if cell else _span(flow, reading, start, own, stops))
    return out


def _begin(flow: Flow, start: Start, shelf: Sequence[Start]) -> int:
    """The first row of a question: a letter written before its number is its own, and was read as a line of its own."""
    at = start.at
    while len(shelf) == 1 and at and _written_before(flow.rows[at - 1], start.row):
        at -= 1
    return at


def _written_before(row: Row, number: Row) -> bool:
    """Whether a row is such a letter. What is wider than tall is several, or crossed out: its reading proves nothing."""
    beside = (row.column, row.row) == (number.column, number.row) and not row.footer
    return beside and len(row.text.strip()) <= _LETTER and row.box[2] - row.box[0] <= _WIDE * row.height


def _shelf(starts: Sequence[Start], one: Start) -> list[Start]:
    """The starts that share a start's row, left to right: a strip of blanks."""
    same = [s for s in starts if s.row.column == one.row.column and s.row.row == one.row.row]
    return sorted(same, key=lambda s: s.x)


def _span(flow: Flow, reading: Reading, start: Start, own: range, stops: Sequence[int]) -> Span:
    """A question by itself: rows `own` of the flow. `stops`: where questions and headings begin."""
    rows = tuple(at for at in own if not flow.rows[at].footer)
    frame = frame_around(
        reading.pages[start.row.page - 1], (start.x, start.row.box[1], start.row.box[2], start.row.box[3])
    )
    if frame and not _others_inside(frame, start, flow, [at for at in stops if at != own.start]):
        return Span(start, rows, (Region(page=start.row.page, box=frame),))
    return Span(start, rows, tuple(_regions(flow, reading, start, own.stop, rows)))


def _others_inside(frame: Box, start: Start, flow: Flow, others: Sequence[int]) -> bool:
    """Whether another question or heading stands in the same frame: then it is no frame of one question."""
    rows = [flow.rows[at] for at in others]
    return any(r.page == start.row.page and _point_in(frame, r.box[0], (r.box[1] + r.box[3]) / 2) for r in rows)


def _point_in(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _regions(flow: Flow, reading: Reading, start: Start, end: int, rows: tuple[int, ...]) -> list[Region]:
    stop = flow.rows[end] if end < len(flow.rows) else None
    out: list[Region] = []
    for column in _through(flow, start.row.column, stop):
        top = _top(start.row, flow) if column == start.row.column else _first_top(flow, rows, column)
        if top is None:
            continue
        bottom = _content_bottom(flow, reading, rows, column, top)
        if stop is not None and stop.column == column:
            bottom = _before(_top(stop, flow), bottom, [flow.rows[at] for at in rows], flow.pitch)
        if bottom - top > 0.3 * flow.pitch:
            out.append(Region(page=column.page, box=(column.box[0], top, column.box[2], bottom)))
    return out


def _before(limit: float, content: float, rows: Sequence[Row], pitch: float) -> float:
    """Where a question ends that another follows: there, for the room between is for answers.

    Below handwriting, white that is too low for another line is no such room, but sets the next question apart.
    """
    written = bool(rows) and not max(rows, key=lambda r: r.box[3]).printed
    return content if written and 0 < limit - content < _SEPARATES * pitch else limit


def _top(row: Row, flow: Flow) -> float:
    """Where a row begins: the top of the highest line in it, for writing is taller than the number before it.

    Writing that reaches into the row above leaves that its place; print close above is half the way off.
    """
    level = [r for r in flow.rows if r.column == row.column and r.row == row.row and r.height < 3 * row.height]
    print_top = min((r.box[1] for r in level if r.printed), default=row.box[1])
    above = [r.box[3] for r in flow.rows if r.column == row.column and r.row == row.row - 1 and r.printed]
    if above and abs(print_top - max(above)) < _NEAR * flow.pitch:
        return min((print_top + max(above)) / 2, print_top + _INSIDE * flow.pitch)
    return max(min([row.box[1], *(r.box[1] for r in level)]), print_top - _RAISED * flow.pitch) - 0.1 * row.height


def _through(flow: Flow, first: Column, stop: Row | None) -> list[Column]:
    last = stop.column.order if stop is not None else len(flow.columns) - 1
    return list(flow.columns[first.order : last + 1])


def _first_top(flow: Flow, rows: tuple[int, ...], column: Column) -> float | None:
    tops = [flow.rows[at].box[1] for at in rows if flow.rows[at].column == column]
    return min(tops) - 0.1 * flow.pitch if tops else None


def _content_bottom(flow: Flow, reading: Reading, rows: tuple[int, ...], column: Column, top: float) -> float:
    """Where a question ends that nothing follows in its column: the lowest of its lines, figures and blanks."""
    page = reading.pages[column.page - 1]
    bottoms = [flow.rows[at].box[3] for at in rows if flow.rows[at].column == column]
    inside = [b for b in page.figures if _in_column(b, column) and b[1] > top and b[3] < 0.97 * page.height]
    bottoms += [b[3] for b in inside]
    bottoms += [
        s.box[3] for s in page.spots if _in_column(s.box, column) and top < s.box[1] < max(bottoms, default=top)
    ]
    return _ruled_on(page, column, max(bottoms, default=top), flow.pitch) + 0.1 * flow.pitch


def _ruled_on(page: Page, column: Column, bottom: float, pitch: float) -> float:
    """Where ruled room for writing below the content ends: horizontal rules that follow each other closely."""
    ys = [y for y, length in _levels(page, column, 0.2 * pitch) if length > _COVERED * (column.box[2] - column.box[0])]
    for y in ys:
        if bottom < y <= bottom + _ROOM * pitch:
            bottom = y
    return bottom


def _levels(page: Page, column: Column, slack: float) -> list[tuple[float, float]]:
    """(y, length) of the horizontal rules of a column, those on one level added up: photographs break long rules."""
    out: list[tuple[float, float]] = []
    flat = [r for r in page.rules if abs(r.end[1] - r.start[1]) < 0.1 * abs(r.end[0] - r.start[0])]
    for rule in sorted(flat, key=lambda r: r.start[1] + r.end[1]):
        y, x0, x1 = (rule.start[1] + rule.end[1]) / 2, *sorted((rule.start[0], rule.end[0]))
        if not _in_column((x0, 0, x1, 0), column):
            continue
        if out and y - out[-1][0] <= slack:
            out[-1] = (y, out[-1][1] + x1 - x0)
        else:
            out.append((y, x1 - x0))
    return out


def _in_column(box: Box, column: Column) -> bool:
    return overlap(box[0], box[2], column.box[0], column.box[2]) > 0.5 * (box[2] - box[0])


def _cell(flow: Flow, reading: Reading, start: Start, shelf: list[Start], end: int) -> Span:
    """A question among several in a row: it reaches to the next number at its right and to the next row of numbers."""
    column = start.row.column
    frame = frame_around(
        reading.pages[start.row.page - 1], (start.x, start.row.box[1], start.x + flow.pitch, start.row.box[3])
    )
    place = shelf.index(start)
    right = shelf[place + 1].x if place + 1 < len(shelf) else max(column.box[2], start.row.box[2])
    stop = flow.rows[end] if end < len(flow.rows) else None
    top = min(_top(s.row, flow) for s in shelf)
    low = max(s.row.box[3] for s in shelf)
    rows = tuple(at for at in range(min(s.at for s in shelf), end) if _within(flow.rows[at], start, right))
    tail = [flow.rows[at].box[3] for at in rows if flow.rows[at].column == column]
    bottom = _top(stop, flow) if stop is not None and stop.column == column else max([low, *tail])
    bottom = min(max(bottom, low), max([low, *tail]) + 0.5 * flow.pitch)
    if frame is not None and right - start.x > 0:
        top, bottom = max(frame[1], top - 3 * flow.pitch), min(frame[3], bottom + 3 * flow.pitch)
        right = min(right, frame[2])
    return Span(start, rows, (Region(page=column.page, box=(start.x, top, right, bottom)),))


def _within(row: Row, start: Start, right: float) -> bool:
    if row.column != start.row.column:
        return False
    return start.row is row or overlap(row.box[0], row.box[2], start.x, right) > 0.5 * (row.box[2] - row.box[0])
