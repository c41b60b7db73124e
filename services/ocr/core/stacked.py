"""Writing over a blank that is higher than a row: the numerators and denominators that belong to its bars."""

from typing import NamedTuple

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
SHORTEST, FLAT = 0.45, 0.4
"""A bar's least width in ems, and its most height as a share of it."""
UPON, UNEVEN, SLOPE = 0.3, 0.12, 0.5
"""Of a numerator that touches its bar: in ems, how far it is from what stands under it at most, and how uneven its foot may be;
how steep that is."""
LONG = 1.2
"""In ems, the width of a bar that touches a digit in its place from which others stand on it as well."""

Points = npt.NDArray[np.float64]


class Inks(NamedTuple):
    """Ink of a page (h, w) without its rules, what was taken away with them, and those of them that may be bars of fractions."""

    ink: Mask
    ruled: Mask
    bars: Mask


def stacked(content: Content, place: Place, inks: Inks, words: Points) -> Content:
    """The content of a rule's place with what stands over and under its bars, its strokes whole where they cross rules.

    words: (n, 2) centres of the page's Chinese characters, which are no numerators.
    """
    left, top = content.origin
    x0, x1 = max(0, round(place.box[0] - ASIDE * place.em)), round(place.box[2] + ASIDE * place.em)
    y0, y1 = max(0, round(place.box[3] - ABOVE * place.em)), round(place.box[3] + BELOW * place.em)
    window = _bridged(inks.ink[y0:y1, x0:x1], inks.ruled[y0:y1, x0:x1], place.em)
    own = max(0, round(place.box[3] - (0.2 + CLEAR) * place.em) - y0)
    window[:own] |= inks.bars[y0 : y0 + own, x0:x1]
    _, labels, found, _ = cv2.connectedComponentsWithStats(window, connectivity=8)
    stats = np.asarray(found, np.int32)
    seed = np.zeros(window.shape, np.bool_)
    _paste(seed, content.mask, top - y0, left - x0)
    kept = np.zeros(len(stats), np.bool_)
    kept[np.unique(labels[seed])] = True
    kept[0] = False
    able = ~_holding(stats, words - (x0, y0))
    able[0] = False
    kept = _with_joined(np.asarray(labels, np.int32), stats, _with_terms(stats, kept, place.em), able, place.em)
    return content._replace(mask=kept[labels], origin=(x0, y0))


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


def _with_joined(
    labels: npt.NDArray[np.int32],
    stats: npt.NDArray[np.int32],
    kept: npt.NDArray[np.bool_],
    able: npt.NDArray[np.bool_],
    em: float,
) -> npt.NDArray[np.bool_]:
    """The strokes kept, with numerators that touch the bar over one of them, and what stands on a kept bar beside another."""
    x0, y0, width, height = (stats[:, i] for i in range(4))
    x1, y1, middle = x0 + width, y0 + height, x0 + width / 2
    found = kept.copy()
    for whole in np.flatnonzero(able & (width >= SHORTEST * em) & (height > FLAT * width)):
        inside = (middle > x0[whole]) & (middle < x1[whole])
        under = kept & inside & (y0 > y0[whole]) & (np.abs(y0 - y1[whole]) < UPON * em) & (height > SHORTEST * em)
        long = kept[whole] and width[whole] > LONG * em
        if not (long or under.any()) or not _stands_on_bar(labels, stats[whole], int(whole), em):
            continue
        found[whole] = True
        if long:
            beside = np.minimum(y1, y1[whole]) - np.maximum(y0, y0[whole]) > 0.5 * height
            found |= able & inside & beside
    return found


def _stands_on_bar(labels: npt.NDArray[np.int32], stat: npt.NDArray[np.int32], label: int, em: float) -> bool:
    """Whether the foot of a stroke is one straight and fairly level line: a bar that it touches."""
    x, y, width, height = (int(v) for v in stat[:4])
    own = labels[y : y + height, x : x + width] == label
    feet = height - own[::-1].argmax(axis=0)
    slope, start = np.polyfit(np.arange(width), feet, 1)
    uneven = np.abs(feet - (start + slope * np.arange(width))).max()
    return bool(abs(slope) < SLOPE and uneven < UNEVEN * em)


def _holding(stats: npt.NDArray[np.int32], points: Points) -> npt.NDArray[np.bool_]:
    """Which strokes have one of some points inside their box."""
    x0, y0, width, height = (stats[:, i, None] for i in range(4))
    xs, ys = points[None, :, 0], points[None, :, 1]
    inside = (xs >= x0) & (xs < x0 + width) & (ys >= y0) & (ys < y0 + height)
    return np.asarray(inside.any(axis=1), np.bool_)


def _paste(target: npt.NDArray[np.bool_], mask: npt.NDArray[np.bool_], top: int, left: int) -> None:
    """Set in `target` what is set in `mask`, whose corner is at (top, left) there."""
    rows, columns = np.nonzero(mask)
    rows, columns = rows + top, columns + left
    inside = (rows >= 0) & (rows < target.shape[0]) & (columns >= 0) & (columns < target.shape[1])
    target[rows[inside], columns[inside]] = True
