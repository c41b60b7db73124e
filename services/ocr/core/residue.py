"""What is left of a teacher's strokes once their red is wiped, and was read as text."""

import math
from collections.abc import Sequence

from contracts.artefacts.reading import Line, Mark
from contracts.base import Box

UNSURE, HARDLY = 0.5, 0.25
"""Confidence below which slanting text on a mark is none, and any text on one."""
SLANT = 25.0
"""Degrees: text of a straightened page runs level or upright."""
INSIDE = 0.5
"""Share of a line that lies in one mark's box."""


def without_residue(lines: Sequence[Line], marks: Sequence[Mark]) -> list[Line]:
    """The lines, without those on a mark that were hardly read, or slant like its strokes and were not read surely."""
    boxes = [mark.box for mark in marks]
    return [line for line in lines if not (_is_unsure(line) and any(_lies_in(line, box) for box in boxes))]


def _is_unsure(line: Line) -> bool:
    if line.confidence >= UNSURE:
        return False
    (x0, y0), (x1, y1) = line.box[:2]
    degrees = abs(math.degrees(math.atan2(y1 - y0, x1 - x0))) % 90
    return line.confidence < HARDLY or SLANT < degrees < 90 - SLANT


def _lies_in(line: Line, box: Box) -> bool:
    xs, ys = [x for x, _ in line.box], [y for _, y in line.box]
    width = min(max(xs), box[2]) - max(min(xs), box[0])
    height = min(max(ys), box[3]) - max(min(ys), box[1])
    area = (max(xs) - min(xs)) * (max(ys) - min(ys))
    return width > 0 and height > 0 and width * height > INSIDE * area
