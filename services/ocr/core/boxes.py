"""Text boxes out of a detector's heat map: differentiable binarisation (Liao et al., 2020), made for handwriting too."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Contour = npt.NDArray[np.int32]

THRESHOLD = 0.3
BOX_THRESHOLD = 0.5
UNCLIP = 1.6
MAX_BOXES = 2000
BUMPY_LENGTH = 4.0
BUMPY_FILL = 0.75
"""A long blob that fills less of its rectangle than this has bumps."""


def of_heat(heat: Floats) -> list[Floats]:
    """Quads (4, 2) of the text lines in a heat map (h, w) of 0..1, in its pixels, clockwise from top left."""
    mask = cv2.dilate((heat > THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    quads = []
    for found in contours[:MAX_BOXES]:
        contour = np.asarray(found, dtype=np.int32)
        rect = _band(contour)
        short, long = sorted(rect[1])
        if short < 3 or _mean_inside(heat, contour) < BOX_THRESHOLD:
            continue
        # Text was shrunk by area x ratio / perimeter for training; growing a rectangle undoes it.
        quads.append(_corners(rect, short * long * UNCLIP / (2 * (short + long))))
    return quads


def _corners(rect: tuple[Sequence[float], Sequence[float], float], grow: float) -> Floats:
    """Corners of a rotated rectangle grown by `grow` on every side, clockwise from top left."""
    (x, y), (width, height), angle = rect
    corners = cv2.boxPoints(((x, y), (width + 2 * grow, height + 2 * grow), angle))
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1])]
    top_right, bottom_right = right[np.argsort(right[:, 1])]
    return np.array([top_left, top_right, bottom_right, bottom_left], dtype=np.float32)


def _band(contour: Contour) -> tuple[Sequence[float], Sequence[float], float]:
    """The rotated rectangle of a blob; of a line with a bump (a word inserted above it), of the line without the bump.

    A rectangle around both squeezes the line to half its height, and the recogniser then reads next to nothing.
    """
    rect = cv2.minAreaRect(contour)
    short, long = sorted(rect[1])
    if long < BUMPY_LENGTH * short or cv2.contourArea(contour) > BUMPY_FILL * short * long:
        return rect
    x, y, width, height = cv2.boundingRect(contour)
    if width < BUMPY_LENGTH * height:
        return rect
    mask = np.zeros((height, width), np.uint8)
    cv2.drawContours(mask, [contour], -1, 1, cv2.FILLED, offset=(-x, -y))
    tops, bottoms = mask.argmax(axis=0), height - mask[::-1].argmax(axis=0)
    columns = np.arange(width)
    slope = _slope((tops + bottoms) / 2)
    top, bottom = np.percentile(tops - slope * columns, 25), np.percentile(bottoms - slope * columns, 75)
    middle = (top + bottom) / 2 + slope * width / 2
    cosine = 1 / np.hypot(1.0, slope)
    return (x + width / 2, y + middle), (width / cosine, (bottom - top) * cosine), float(np.degrees(np.arctan(slope)))


def _slope(heights: npt.NDArray[np.float64]) -> float:
    """Slope of a row of heights that ignores bumps: the median over pairs of columns half the row apart."""
    half = len(heights) // 2
    return float(np.median((heights[half : 2 * half] - heights[:half]) / half))


def _mean_inside(heat: Floats, contour: Contour) -> float:
    """Mean heat inside the blob itself: its rectangle would dilute the score of an uneven handwritten line."""
    x, y, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.drawContours(mask, [contour], -1, 1, cv2.FILLED, offset=(-x, -y))
    return float(cv2.mean(heat[y : y + height, x : x + width], mask)[0])
