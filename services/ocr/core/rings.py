"""Rings that a student draws around an option's printed letter."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from contracts.artefacts.reading import Line
from contracts.base import Box
from services.ocr.core.brackets import OPTION
from services.ocr.core.flat import Mask
from services.ocr.core.glyphs import Glyph, centre_y, glyphs_of
from services.ocr.core.places import Place

ANGLES, OCTANTS = 40, 8
NEAR, FAR = 0.5, 1.02
"""Radii in ems between which a ring passes around its letter; the rows above and below lie further out."""
BESIDE = 1.25
"""In ems, how far the middles of characters are from the middle of a sign between them; options stand further apart."""
MIN_OCTANT = 0.6
"""Share of every eighth of the way around that must be ink: print beside a letter covers one side of it only."""


def rings(ink: Mask, lines: Sequence[Line], em: float) -> list[Place]:
    """Boxes of hand-drawn rings: closed curves of the right size, and option letters with ink all around."""
    # Once as it is, once thickened: a small gap closes, but a neighbour may join.
    thick = np.asarray(cv2.dilate(ink, np.ones((3, 3), np.uint8)), np.uint8)
    glyphs = glyphs_of(lines)
    boxes = [*_closed(ink, em), *_closed(thick, em), *_around(thick, glyphs, em)]
    rows = [line for line in lines if line.text]
    found: list[Place] = []
    for box in boxes:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if any(p.box[0] < x < p.box[2] and p.box[1] < y < p.box[3] for p in found):
            continue
        on_row = any(_on_row(line, y, x, em) for line in rows if OPTION.match(line.text))
        if (is_beside(box, lines, em) or on_row) and not _is_printed(x, y, glyphs, em):
            found.append(Place("option", box, em))
    return found


def is_beside(box: Box, lines: Sequence[Line], em: float) -> bool:
    """Whether a ring stands in or beside a line; on the row of options one may also be around what was not read."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(line.text and x < line.box[1][0] + em and _on_row(line, y, x, em) for line in lines)


def _on_row(line: Line, y: float, x: float, em: float) -> bool:
    return line.box[0][0] - em < x and abs(centre_y(line, x) - y) < 0.7 * em


def _is_printed(x: float, y: float, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether a ring is a sign of the text, as a circle's name is (⊙O): it stands between characters, close to both."""
    row = [g for g in glyphs if abs(g.y - y) < 0.5 * em and abs(g.x - x) < BESIDE * em]
    letters = [g for g in row if g.char in "ABCDEFGH" and abs(g.x - x) < 0.5 * em]
    if any(a.char in ".．、,，" and 0 < a.x - g.x < 0.8 * em for g in letters for a in row):
        return False  # an option set close to the one before it
    before = [g for g in row if g.x < x - 0.4 * em]
    after = [g for g in row if g.x > x + 0.4 * em]
    return any("一" <= g.char <= "鿿" for g in before) and any(g.char.isalnum() for g in after)


def _closed(ink: Mask, em: float) -> list[Box]:
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return []
    holes = (hierarchy[0, :, 3] >= 0).tolist()
    boxes = [_ring(np.asarray(c, np.int32), hole=hole, em=em) for c, hole in zip(contours, holes, strict=True)]
    return [box for box in boxes if box is not None]


def _ring(contour: npt.NDArray[np.int32], *, hole: bool, em: float) -> Box | None:
    """The ring's outer box, from its hole or (when the letter touches it) from its outline."""
    x, y, w, h = (float(v) for v in cv2.boundingRect(contour))
    grow = 0.08 * em + 1 if hole else -1.0
    wide, high = w + 2 * grow, h + 2 * grow
    if not (1.15 * em < min(wide, high) and max(wide, high) < 2.7 * em and 0.6 < wide / high < 1.9):
        return None
    # An ellipse fills 0.785 of its box, a character's outline less or (a box) more.
    full = cv2.contourArea(contour) / (w * h)
    return (x - grow, y - grow, x + w + grow, y + h + grow) if (0.5 if hole else 0.68) < full < 0.9 else None


def _around(ink: Mask, glyphs: Sequence[Glyph], em: float) -> list[Box]:
    """Boxes of rings around option letters that were read, however the ring touches what is beside it."""
    letters = [g for i, g in enumerate(glyphs) if g.char in "ABCDEFGH" and _alone(glyphs, i)]
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    radius = np.linspace(NEAR * em, FAR * em, max(6, round(0.5 * em)))
    dx, dy = np.cos(angle)[:, None] * radius, np.sin(angle)[:, None] * radius
    height, width = ink.shape
    boxes = []
    for letter in letters:
        xs = np.clip(np.round(letter.x + dx).astype(int), 0, width - 1)
        ys = np.clip(np.round(letter.y + dy).astype(int), 0, height - 1)
        inked = ink[ys, xs] > 0
        covered = inked.any(axis=1)
        if covered.reshape(OCTANTS, -1).mean(axis=1).min() < MIN_OCTANT:
            continue
        first = radius[inked.argmax(axis=1)][covered]
        px, py = letter.x + np.cos(angle[covered]) * first, letter.y + np.sin(angle[covered]) * first
        low_x, high_x = np.percentile(px, (5, 95))
        low_y, high_y = np.percentile(py, (5, 95))
        boxes.append((float(low_x) - 1, float(low_y) - 1, float(high_x) + 1, float(high_y) + 1))
    return boxes


def _alone(glyphs: Sequence[Glyph], index: int) -> bool:
    """Whether a letter is no part of a word or formula: nothing alphanumeric directly before it, no letter after it."""
    own = glyphs[index]
    before = glyphs[index - 1] if index and glyphs[index - 1].line == own.line else None
    after = glyphs[index + 1] if index + 1 < len(glyphs) and glyphs[index + 1].line == own.line else None
    close = 0.75 * own.height
    if before is not None and before.char.isalnum() and own.x - before.x < close:
        return False
    return not (after is not None and after.char.isascii() and after.char.isalpha() and after.x - own.x < 0.5 * close)
