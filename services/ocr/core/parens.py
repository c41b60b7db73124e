"""Printed brackets known by their shape where no line was read: the detector passes over "( B )" at a line's end."""

from collections.abc import Sequence

import cv2
import numpy as np

from services.ocr.core.flat import Mask
from services.ocr.core.glyphs import Glyph

HEIGHT, WIDTH = (0.8, 1.7), (0.12, 0.45)
"""In ems, of a bracket; SLIM: times as high as wide at least."""
SLIM = 2.2
BOW = 0.07
"""In ems, how far a bracket's middle stands to the left or right of its ends."""
AFTER = 3.2
"""In ems, how far behind the last character of a row its bracket opens."""
INSIDE = 6.0
"""In ems, how far a bracket closes behind the one that opens."""


def unread(ink: Mask, glyphs: Sequence[Glyph], em: float) -> list[Glyph]:
    """Brackets behind the last character of a row, as characters of no line (-1)."""
    found = [bracket for bracket in _shapes(ink, em) if not _near(bracket, glyphs, 0.45 * em, 0.55 * em)]
    openers = [b for b in found if b.char == "(" and _ends_row(b, glyphs, em)]
    closers = [
        b
        for b in found
        if b.char == ")" and any(abs(b.y - o.y) < 0.4 * em and 0 < b.x - o.x < INSIDE * em for o in openers)
    ]
    return openers + closers


def _near(bracket: Glyph, glyphs: Sequence[Glyph], dx: float, dy: float) -> bool:
    return any(abs(g.x - bracket.x) < dx and abs(g.y - bracket.y) < dy for g in glyphs)


def _ends_row(bracket: Glyph, glyphs: Sequence[Glyph], em: float) -> bool:
    """Whether a bracket opens behind print, and nothing that was read follows it."""
    row = [g.x - bracket.x for g in glyphs if abs(g.y - bracket.y) < 0.45 * em]
    return any(-AFTER * em < x < 0 for x in row) and not any(0 < x < INSIDE * em for x in row)


def _shapes(ink: Mask, em: float) -> list[Glyph]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    width, height = stats[:, 2], stats[:, 3]
    fits = (HEIGHT[0] * em < height) & (height < HEIGHT[1] * em) & (WIDTH[0] * em < width) & (width < WIDTH[1] * em)
    fits &= height > SLIM * width
    fits[0] = False
    found = []
    for index in np.flatnonzero(fits):
        x, y, w, h = (int(v) for v in stats[index, :4])
        own = labels[y : y + h, x : x + w] == index
        middles = (own @ np.arange(w)) / np.maximum(1, own.sum(axis=1))
        ends = float(np.concatenate([middles[: max(1, h // 6)], middles[-max(1, h // 6) :]]).mean())
        bow = (ends - float(middles[h // 3 : h - h // 3].mean())) / em
        if abs(bow) > BOW:
            found.append(Glyph("(" if bow > 0 else ")", x + w / 2, y + h / 2, float(h), -1, 0))
    return found
