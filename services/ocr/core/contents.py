"""The ink that belongs to an answer place: strokes told apart from the place's own print, scribbles left out."""

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.flat import Leaf, Mask
from services.ocr.core.places import Place
from services.ocr.core.raster import Image

BLANK = 0.012
"""Share of ink below which a place is blank: specks and the bracket's own ends stay below."""
ROOM = 3.0
"""In square ems: a letter in a wide cell is no less ink than in a narrow one."""
SCRIBBLE = 0.7
"""Share of ink, over a window of half an em, that no letter reaches and a scribble does."""
BORDER = 0.3
"""In ems, up to which what runs along a cell is its border: narrower than a letter of the cell's height."""
MINUS = 0.005
"""In square ems, the least ink of a minus sign."""
TICK = 1.25
"""In ems, the height of a stroke from which it is no letter's."""
RED_FLOOR = 150
UNDER = 0.2
"""In ems, how far a rule's place reaches below the rule."""


class Content(NamedTuple):
    """Ink of a place. mask: (h, w) of the window, the kept strokes only; origin: the window's corner on the page.

    whole: the mask before what looks scribbled over was left out of it, None where nothing was.
    """

    mask: npt.NDArray[np.bool_]
    origin: tuple[int, int]
    share: float
    struck: bool
    whole: npt.NDArray[np.bool_] | None = None

    @property
    def window(self) -> tuple[slice, slice]:
        """The window's rows and columns of the page."""
        (left, top), (height, width) = self.origin, self.mask.shape
        return slice(top, top + height), slice(left, left + width)


def content_of(place: Place, ink: Mask) -> Content:
    """The strokes that belong to a place: those whose middle lies inside it, whole, even where they reach out of it."""
    height, width = ink.shape
    x0, y0, x1, y1 = place.box
    margin = 0.0 if place.kind in {"cell", "option"} else 0.45 * place.em
    left, right = max(0, round(x0 - margin)), min(width, round(x1 + margin))
    top, bottom = max(0, round(y0 - margin)), min(height, round(y1 + margin))
    window = ink[top:bottom, left:right]
    if not window.size:
        return Content(np.zeros((1, 1), np.bool_), (left, top), 0.0, struck=False)
    if place.kind == "option":
        # Inside the ring: its own stroke stays out, and a letter that touches it is cut off it.
        inner = np.zeros_like(window)
        middle, axes = (window.shape[1] // 2, window.shape[0] // 2), (round(0.34 * (x1 - x0)), round(0.34 * (y1 - y0)))
        cv2.ellipse(inner, middle, axes, 0, 0, 360, 255, -1)
        window = np.asarray(cv2.bitwise_and(window, inner), np.uint8)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(window, connectivity=8)
    keep, specks = np.zeros((2, len(stats)), np.bool_)
    for index in range(1, len(stats)):
        y, w, h, area = (int(v) for v in stats[index, 1:])
        cx, cy = centres[index][0] + left, centres[index][1] + top
        speck = area < 0.012 * place.em**2 or max(w, h) < 0.13 * place.em
        cut = place.kind == "rule" and y == 0 and y + h < 0.62 * window.shape[0]
        paren = (
            place.kind == "bracket"
            and w < 0.34 * place.em
            and h > 0.62 * place.em
            and (cx < x0 + 0.22 * place.em or cx > x1 - 0.22 * place.em)
        )
        whole = place.kind == "cell" and _is_border((w, h), window.shape[::-1], place.em)
        inside = x0 <= cx <= x1 and y0 <= cy <= y1 and not (cut or paren or whole)
        keep[index], specks[index] = inside and not speck, inside and speck
    if place.kind == "rule":
        keep |= _descenders(
            np.asarray(stats), keep, (x0 - left, y1 - top - UNDER * place.em, x1 - left), window.shape[0], place.em
        )
    keep |= _minuses(np.asarray(stats), keep, specks, place.em)
    mask = keep[labels]
    share = float(mask.sum()) / max(1.0, min((x1 - x0) * (y1 - y0), ROOM * place.em**2))
    content = Content(mask, (left, top), share, struck=False)
    if place.kind == "rule":
        return content
    content = _without_strikes(content, place.em)
    crossed = place.kind == "bracket" and _leaves(np.asarray(stats)[keep], window.shape[1], place.em)
    return content._replace(struck=content.struck or crossed)


def clusters_of(mask: npt.NDArray[np.bool_], apart: float) -> list[tuple[int, int]]:
    """Column ranges (first, last) of ink that lies more than `apart` from the next."""
    columns = np.flatnonzero(mask.any(axis=0))
    if not len(columns):
        return []
    breaks = np.flatnonzero(np.diff(columns) > apart)
    starts = [int(columns[0]), *(int(columns[i + 1]) for i in breaks)]
    ends = [*(int(columns[i]) for i in breaks), int(columns[-1])]
    return list(zip(starts, ends, strict=True))


def margin_of(height: int, em: float) -> int:
    """White around the picture of strokes, in pixels. height: rows that hold some."""
    return max(3, round(0.22 * max(em, height)))


def picture_of(content: Content, leaf: Leaf, red: Mask, em: float) -> Image:
    """The kept strokes on white paper, with a margin; the red over them is wiped."""
    rows, columns = np.flatnonzero(content.mask.any(axis=1)), np.flatnonzero(content.mask.any(axis=0))
    left, top = content.origin
    height, width = content.mask.shape
    window = leaf.bgr[top : top + height, left : left + width].copy()
    near = (
        cv2.morphologyEx(
            cv2.dilate(content.mask.astype(np.uint8), np.ones((5, 5), np.uint8)),
            cv2.MORPH_CLOSE,
            np.ones((7, 7), np.uint8),
        )
        > 0
    )
    paper = np.percentile(window.reshape(-1, 3), 80, axis=0).astype(np.uint8)
    window = _without_red(window, red[top : top + height, left : left + width])
    window[~near] = paper
    part = window[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    margin = margin_of(len(rows), em)
    colour = tuple(int(v) for v in paper)
    return np.asarray(
        cv2.copyMakeBorder(part, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=colour), dtype=np.uint8
    )


def _is_border(size: tuple[int, int], window: tuple[int, ...], em: float) -> bool:
    """Whether a stroke of this width and height runs along a cell: a thin one, or a corner; a large letter is as high, but no thin line."""
    wide, high = size[0] > 0.85 * window[0], size[1] > 0.92 * window[1]
    return (wide and high) or (wide and size[1] < BORDER * em) or (high and size[0] < BORDER * em)


def _leaves(kept: npt.NDArray[Any], width: int, em: float) -> bool:
    """Whether a stroke higher than letters runs out of the window, whose margin none needs: a tick or line over it."""
    x, y, w, h = (kept[:, i] for i in range(4))
    return bool(np.any(((x + w >= width) | (y == 0)) & (h > TICK * em)))


def _minuses(
    stats: npt.NDArray[Any], kept: npt.NDArray[np.bool_], specks: npt.NDArray[np.bool_], em: float
) -> npt.NDArray[np.bool_]:
    """Which specks are minus signs of a hasty pen: level ones, close before a stroke and at the height of its middle."""
    left, top, width, tall, area = (stats[:, i] for i in range(5))
    bodies = np.flatnonzero(kept & (tall > 0.3 * em))
    signs = specks & (width >= tall) & (area >= max(3.0, MINUS * em * em))
    for index in np.flatnonzero(signs):
        gap = left[bodies] - (left[index] + width[index])
        height = (top[index] + tall[index] / 2 - top[bodies]) / tall[bodies]
        signs[index] = bool(np.any((gap >= 0) & (gap < 0.4 * em) & (height > 0.3) & (height < 0.8)))
    return np.asarray(signs, np.bool_)


def _descenders(
    stats: npt.NDArray[Any], kept: npt.NDArray[np.bool_], rule: tuple[float, float, float], height: int, em: float
) -> npt.NDArray[np.bool_]:
    """Which components are tails of kept letters that the rule cut off. rule: (start, y, end) in the window."""
    start, level, end = rule
    left, top, width, tall = (stats[:, i] for i in range(4))
    right, bottom = left + width, top + tall
    near = 0.3 * em
    tails = ~kept & (left >= start) & (right <= end) & (top > level - 0.1 * em) & (top < level + near)
    tails &= (bottom < height) & (stats[:, 4] >= 0.008 * em * em)
    tails[0] = False
    bodies = np.flatnonzero(kept & (bottom > level - near))
    for index in np.flatnonzero(tails):
        over = (left[bodies] < right[index] + 1) & (right[bodies] > left[index] - 1)
        tails[index] = bool(over.any())
    return np.asarray(tails, np.bool_)


def _without_strikes(content: Content, em: float) -> Content:
    """The content without what was scribbled over, when other writing remains beside it."""
    if not content.mask.any():
        return content
    # A window several strokes wide: a single thick stroke must not look like many thin ones.
    stroke = 4 * float(cv2.distanceTransform(content.mask.astype(np.uint8), cv2.DIST_L2, 3)[content.mask].mean())
    side = round(max(0.45 * em, 4 * min(stroke, 0.16 * em), 7))
    density = cv2.blur(content.mask.astype(np.float32), (side, side), borderType=cv2.BORDER_CONSTANT)
    dense = density > SCRIBBLE
    if not dense.any():
        return content
    reach = round(0.3 * em)
    scribbled = np.convolve(dense.any(axis=0), np.ones(2 * reach + 1), mode="same") > 0
    left = content.mask & ~scribbled[None]
    columns = np.flatnonzero(left.any(axis=0))
    if left.sum() < 0.05 * em * em or columns[-1] - columns[0] < 0.25 * em:
        return content._replace(struck=True)
    return content._replace(mask=left, struck=True, whole=content.mask)


def _without_red(window: Image, red: Mask) -> Image:
    """The window with red strokes replaced by what is beside them, so that a letter under a tick stays whole."""
    over = (cv2.dilate(red, np.ones((3, 3), np.uint8)) > 0) & (window[:, :, 2] > RED_FLOOR)
    if not over.any():
        return window
    return np.asarray(cv2.inpaint(window, over.astype(np.uint8), 3, cv2.INPAINT_TELEA), dtype=np.uint8)
