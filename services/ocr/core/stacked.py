"""Writing over a blank that is higher than a row: the numerators and denominators that belong to its bars."""

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.contents import Content
from services.ocr.core.flat import Mask
from services.ocr.core.places import Place

ABOVE, BELOW, ASIDE = 3.0, 0.8, 0.45
"""In ems, how far writing may reach over, under and beside its rule."""
CLEAR = 0.25
"""In ems, how far a bar stays above the rule of the place."""
NEAR = 0.7
"""In ems, how far a numerator or denominator is from its bar."""
GAP = 0.4
"""In ems, the most that taking a rule away cuts out of a stroke across it."""
SHORTEST, FLAT = 0.45, 0.34
"""A bar's least width in ems, and its most height as a share of it."""


def stacked(content: Content, place: Place, ink: Mask, ruled: Mask, bars: Mask) -> Content:
    """The content of a rule's place with what stands over and under its bars, its strokes whole where they cross rules.

    ink: (h, w) of the page without its rules; ruled: of what was taken away with them; bars: of those of these rules that
    may be bars of fractions.
    """
    left, top = content.origin
    x0, x1 = max(0, round(place.box[0] - ASIDE * place.em)), round(place.box[2] + ASIDE * place.em)
    y0, y1 = max(0, round(place.box[3] - ABOVE * place.em)), round(place.box[3] + BELOW * place.em)
    window = _bridged(ink[y0:y1, x0:x1], ruled[y0:y1, x0:x1], place.em)
    own = max(0, round(place.box[3] - (0.2 + CLEAR) * place.em) - y0)
    window[:own] |= bars[y0 : y0 + own, x0:x1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(window, connectivity=8)
    seed = np.zeros(window.shape, np.bool_)
    _paste(seed, content.mask, top - y0, left - x0)
    kept = np.zeros(len(stats), np.bool_)
    kept[np.unique(labels[seed])] = True
    kept[0] = False
    return content._replace(mask=_with_terms(np.asarray(stats), kept, place.em)[labels], origin=(x0, y0))


def _bridged(ink: Mask, ruled: Mask, em: float) -> Mask:
    """Ink with the strokes that a rule cut joined again: what was taken away between ink above and ink below."""
    wide = cv2.dilate(ink, np.ones((1, 2 * round(0.06 * em) + 1), np.uint8))
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((round(GAP * em), 1), np.uint8))
    return np.asarray(cv2.bitwise_or(ink, cv2.bitwise_and(closed, ruled)), np.uint8)


def _with_terms(stats: npt.NDArray[np.int32], kept: npt.NDArray[np.bool_], em: float) -> npt.NDArray[np.bool_]:
    """The strokes kept, with the bars right over or under one of them and what stands over and under these bars."""
    x0, y0, width, height = (stats[:, i] for i in range(4))
    x1, y1, middle = x0 + width, y0 + height, x0 + width / 2
    found = kept.copy()
    flat = np.flatnonzero((width >= SHORTEST * em) & (height <= FLAT * width))
    for bar in flat[flat > 0]:
        gap = np.maximum(y0[bar] - y1, y0 - y1[bar])
        terms = (middle > x0[bar] - 0.1 * em) & (middle < x1[bar] + 0.1 * em) & (gap < NEAR * em)
        terms[[0, bar]] = False
        if found[bar] or (terms & kept).any():
            found[bar] = True
            found |= terms
    return found


def _paste(target: npt.NDArray[np.bool_], mask: npt.NDArray[np.bool_], top: int, left: int) -> None:
    """Set in `target` what is set in `mask`, whose corner is at (top, left) there."""
    rows, columns = np.nonzero(mask)
    rows, columns = rows + top, columns + left
    inside = (rows >= 0) & (rows < target.shape[0]) & (columns >= 0) & (columns < target.shape[1])
    target[rows[inside], columns[inside]] = True
