"""The order in which a page is read: columns from left to right, in a column rows from top to bottom."""

from collections.abc import Sequence

import numpy as np

from contracts.artefacts.reading import Line

MIN_GUTTER = 0.012
"""A column gutter is at least this share of the page's width free of text."""
MIN_COLUMN = 0.18


def ordered(lines: Sequence[Line]) -> list[Line]:
    """Lines in reading order."""
    if not lines:
        return []
    return [line for column in _columns(list(lines)) for line in _rows(column)]


def _columns(lines: list[Line]) -> list[list[Line]]:
    """Lines by column. A gutter is a band of the page that (nearly) no line crosses, found from the lines' own boxes."""
    left = min(line.box[0][0] for line in lines)
    right = max(line.box[1][0] for line in lines)
    if right - left < 10:
        return [lines]
    bins = 400
    cover = np.zeros(bins)
    for line in lines:
        a, b = ((x - left) / (right - left) * bins for x in (line.box[0][0], line.box[1][0]))
        cover[int(max(0, a)) : int(min(bins, b)) + 1] += 1
    free = cover <= max(1.0, 0.04 * len(lines))
    gutters, start = [], None
    for index in range(bins + 1):
        if index < bins and free[index]:
            start = index if start is None else start
        elif start is not None:
            middle = (start + index) / 2 / bins
            if index - start >= MIN_GUTTER * bins and MIN_COLUMN < middle < 1 - MIN_COLUMN:
                gutters.append(left + middle * (right - left))
            start = None
    cuts = _balanced(lines, gutters)
    parts: list[list[Line]] = [[] for _ in range(len(cuts) + 1)]
    for line in lines:
        centre = (line.box[0][0] + line.box[1][0]) / 2
        parts[sum(centre > cut for cut in cuts)].append(line)
    return [part for part in parts if part]


def _balanced(lines: Sequence[Line], gutters: Sequence[float]) -> list[float]:
    """Gutters with running text on both sides: a gap between options or table cells is none."""
    kept: list[float] = []
    for gutter in gutters:
        sides = [
            [ln for ln in lines if (ln.box[1][0] <= gutter if side == 0 else ln.box[0][0] >= gutter)] for side in (0, 1)
        ]
        wide = [max((ln.box[1][0] - ln.box[0][0] for ln in side), default=0.0) for side in sides]
        longest = max(ln.box[1][0] - ln.box[0][0] for ln in lines)
        if all(len(side) >= 6 for side in sides) and min(wide) > 0.5 * longest:
            kept.append(gutter)
    return kept


def _rows(lines: Sequence[Line]) -> list[Line]:
    """Lines of a column by row, a row from left to right. A line joins the row whose height it shares by half."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=_middle):
        for row in reversed(rows[-3:]):
            last = row[-1]
            if abs(_middle(line) - _middle(last)) < 0.5 * min(_height(line), _height(last)):
                row.append(line)
                break
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda item: item.box[0][0])]


def _middle(line: Line) -> float:
    return sum(y for _, y in line.box) / 4


def _height(line: Line) -> float:
    return max(1.0, (line.box[3][1] + line.box[2][1] - line.box[0][1] - line.box[1][1]) / 2)
