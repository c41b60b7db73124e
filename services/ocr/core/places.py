"""Where a paper leaves room for an answer: what a place is, cells of ruled tables, and room before numbers."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from contracts.artefacts.reading import Bubble, Line, Spot
from contracts.base import Box
from services.ocr.core.glyphs import centre_y, text_height
from services.ocr.core.tables import Cell

LEAST_EM = 6.0
"""In pixels; smaller type cannot be read."""
LATIN_ADVANCE = 0.5
"""Mean advance of Latin letters in ems."""
LETTER = 2.2
"""In ems, the width up to which writing may be a lone letter."""
HEADING = re.compile("[例题第]")
"""What is printed before numbers; a letter may be read as another character."""
NUMBERED = re.compile(r"\s*([^\d.．、,，:：]{0,5}?)\s*(\d{1,3})\s*[.．、](?!\d)")


class Place(NamedTuple):
    """An answer place. box: its inside, where handwriting counts; em: size of the type around it, in pixels."""

    kind: Literal["bracket", "rule", "cell", "beside", "option"]
    box: Box
    em: float
    cell: Cell | None = None


def off_bubbles(spots: Sequence[Spot], bubbles: Sequence[Bubble]) -> list[Spot]:
    """The spots but for those that a card's bubbles made: their edges in a row are no rule, and a box is no ring around its letter."""
    return [spot for spot in spots if spot.kind == "cell" or not any(_meet(spot.box, b.box) for b in bubbles)]


def _meet(spot: Box, bubble: Box) -> bool:
    """Whether the middle of one lies in the other."""
    return any(
        box[0] < (other[0] + other[2]) / 2 < box[2] and box[1] < (other[1] + other[3]) / 2 < box[3]
        for box, other in ((spot, bubble), (bubble, spot))
    )


def em_of(lines: Sequence[Line], otherwise: float) -> float:
    """Size of the body text's type: a Chinese character's advance, else the Latin letters' or the lines' height.

    Text that runs downwards has no advance: all its characters stand at one x.
    """
    chinese, latin = [], []
    for line in lines:
        if len(line.xs) != len(line.text) or line.xs[-1:] <= line.xs[:1]:
            continue
        for a, b, x0, x1 in zip(line.text, line.text[1:], line.xs, line.xs[1:], strict=False):
            if "一" <= a <= "鿿" and "一" <= b <= "鿿":
                chinese.append(x1 - x0)
            elif a.isascii() and b.isascii() and a.isalpha() and b.isalpha():
                latin.append(x1 - x0)
    if len(chinese) >= 12:
        return max(LEAST_EM, float(np.median(chinese)))
    if len(latin) >= 40:
        return max(LEAST_EM, float(np.median(latin)) / LATIN_ADVANCE)
    return max(LEAST_EM, 0.72 * text_height(lines, otherwise))


def before_numbers(lines: Sequence[Line], taken: Sequence[Place], em: float) -> list[Place]:
    """Room left of a line's question number, where an answer stands: "(B)1.", "A 2.", or ink that no one could read."""
    found, bracketed = [], 0
    for line in lines:
        match = NUMBERED.match(line.text)
        if not match or len(line.xs) != len(line.text) or not re.fullmatch(r"[^一-鿿]*", match.group(1)):
            continue
        number = line.xs[match.start(2)]
        prefix = match.group(1)
        start = _start(line, lines, em)
        alone = not prefix and start >= (line.box[0][0] + line.box[3][0]) / 2
        if number - start < (1.9 if alone else 1.3) * em:
            continue
        bracketed += bool(re.search(r"[()（）]", prefix))
        y = centre_y(line, start)
        # The bracket's ends stand at the room's ends; contents drop them there.
        found.append(Place("beside", (start + 0.05 * em, y - 0.85 * em, number - 0.45 * em, y + 0.85 * em), em))
    if 2 * bracketed >= len(found):
        found = [place._replace(kind="bracket") for place in found]
    return [p for p in found if not any(_overlap(p.box, o.box) > 0.3 for o in taken)]


def _start(line: Line, lines: Sequence[Line], em: float) -> float:
    """Where a numbered line begins, with what was found as a line of its own right before it: a letter in another ink."""
    start = (line.box[0][0] + line.box[3][0]) / 2
    for other in lines:
        left, right = other.box[0][0], other.box[1][0]
        short = right - left < LETTER * em and len(other.text) <= 2 and not HEADING.search(other.text)
        if other.ink == "red" or NUMBERED.match(other.text):
            continue
        if short and abs(right - start) < 0.5 * em and abs(centre_y(other, right) - centre_y(line, start)) < 0.5 * em:
            return float(left)
    return float(start)


def _overlap(a: Box, b: Box) -> float:
    """Shared area as a share of the smaller box."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(0.0, width) * max(0.0, height) / max(1.0, smaller)


def cells_of(cells: Sequence[Cell], em: float) -> list[Place]:
    """Insides of table cells, without their borders."""
    inset = max(2.0, 0.1 * em)
    return [
        Place("cell", (x0 + inset, y0 + inset, x1 - inset, y1 - inset), em, cell)
        for cell in cells
        for x0, y0, x1, y1 in [cell.box]
        if x1 - x0 > 3 * inset and y1 - y0 > 3 * inset
    ]
