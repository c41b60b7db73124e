"""Answer strips: numbered rules in rows, where a number that was not read leaves its rule to a neighbour."""

import re
from collections.abc import Sequence

from contracts.artefacts.paper import LineRef, Question, SpotRef
from contracts.artefacts.reading import Reading
from contracts.base import Box
from services.analyzer.core.evidence import line_box

_SHORTEST_RUN = 4
_FOUND = 0.6
"""Share of a grid's rules that must be found to trust it."""
_SAME_CELL = 0.5
_STEM = 120
"""Characters from which a text is a stem and not the answers of a row."""
Placed = tuple[SpotRef, Box]


def straightened(questions: Sequence[Question], reading: Reading) -> list[Question]:
    """The questions with the rules of each strip dealt out again, one each in reading order.

    Done for runs of blanks without a stem of their own, where some question has no rule and the rules stand on a grid
    with as many cells as questions; other questions are returned as they are.
    """
    result = list(questions)
    start = 0
    while start < len(result):
        end = start
        while end < len(result) and _is_strip(result[end]):
            end += 1
        if end - start >= _SHORTEST_RUN:
            result[start:end] = _dealt(result[start:end], reading)
        start = max(end, start + 1)
    return result


def _is_strip(question: Question) -> bool:
    bare = not re.search(r"[一-鿿]|_{2,}", question.text) and len(question.text) < _STEM
    return question.type == "fill_blank" and bare


def _dealt(run: list[Question], reading: Reading) -> list[Question]:
    if all(q.spots for q in run) or not all(q.path[-1].isdigit() for q in run):
        return run
    rules = [(ref, box) for q in run for ref in q.spots if (box := _rule_box(ref, reading)) is not None]
    cells = _grid(rules, len(run))
    if not cells:
        return run
    page = rules[0][0].page
    lines = [ref for q in run for ref in q.lines]
    order = sorted(range(len(run)), key=lambda i: int(run[i].path[-1]))
    dealt = list(run)
    for i, cell in zip(order, cells, strict=True):
        at = [ref for ref, box in rules if _share(box, cell) > _SAME_CELL]
        own = [r for r in lines if r.page == page and _overlaps(r, cell, reading)] if at else _cut(page, cell, reading)
        dealt[i] = run[i].model_copy(update={"spots": tuple(at[:1]), "lines": tuple(own), "blanks": 1})
    return dealt


def _grid(rules: list[Placed], count: int) -> list[Box]:
    """The `count` cells, in reading order, of the grid that the rules stand on; [] when they stand on none of that size."""
    if not rules or len({r[0].page for r in rules}) > 1:
        return []
    width = sorted(r[1][2] - r[1][0] for r in rules)[len(rules) // 2]
    height = sorted(r[1][3] - r[1][1] for r in rules)[len(rules) // 2]
    columns = _clusters([r[1][0] for r in rules], 0.5 * width)
    rows = _clusters([r[1][3] for r in rules], 0.7 * height)
    if len(columns) * len(rows) != count or len(rules) < _FOUND * count:
        return []
    return [(x, y - height, x + width, y) for y in rows for x in columns]


def _share(box: Box, cell: Box) -> float:
    width = min(box[2], cell[2]) - max(box[0], cell[0])
    height = min(box[3], cell[3]) - max(box[1], cell[1])
    area = (cell[2] - cell[0]) * (cell[3] - cell[1])
    return width * height / area if width > 0 and height > 0 and area > 0 else 0.0


def _cut(page_number: int, cell: Box, reading: Reading) -> list[LineRef]:
    """The characters of lines that stand in a cell whose rule was not found."""
    page = next(p for p in reading.pages if p.page == page_number)
    found = []
    for index, line in enumerate(page.lines):
        outline = line_box(line)
        if (
            line.ink == "red"
            or len(line.xs) != len(line.text)
            or not cell[1] <= (outline[1] + outline[3]) / 2 <= cell[3]
        ):
            continue
        inside = [i for i, x in enumerate(line.xs) if cell[0] <= x <= cell[2]]
        if inside:
            last = inside[-1] + 1
            while last < len(line.text) and (line.text[last - 1 : last + 1]).isascii() and line.text[last].isalpha():
                last += 1  # a word that runs over the cell's edge
            found.append(LineRef(page=page_number, index=index, start=inside[0], end=last))
    return found


def _clusters(values: list[float], reach: float) -> list[float]:
    """Means of groups of values that follow each other within `reach`."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][-1] < reach:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(g) / len(g) for g in groups]


def _rule_box(ref: SpotRef, reading: Reading) -> Box | None:
    page = next((p for p in reading.pages if p.page == ref.page), None)
    if page is None or ref.index >= len(page.spots) or page.spots[ref.index].kind != "rule":
        return None
    return page.spots[ref.index].box


def _overlaps(ref: LineRef, box: Box, reading: Reading) -> bool:
    page = next((p for p in reading.pages if p.page == ref.page), None)
    if page is None or ref.index >= len(page.lines):
        return False
    outline = line_box(page.lines[ref.index])
    width = min(outline[2], box[2]) - max(outline[0], box[0])
    middle = (outline[1] + outline[3]) / 2
    return box[1] <= middle <= box[3] and width > 0.5 * min(outline[2] - outline[0], box[2] - box[0])
