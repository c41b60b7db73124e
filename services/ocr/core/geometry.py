"""The way from the uploaded page to the rectified one: turned upright, flattened when that is safe, straightened."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.raster import Image, Matrix

Floats = npt.NDArray[np.float32]

MIN_SKEW_DEG = 0.2
MAX_SKEW_DEG = 20.0
LONG_LINE = 4.0
"""Only boxes at least this many times as wide as high tell the slope of the text."""


def turn_matrix(turn: int, width: int, height: int) -> Matrix:
    """Pixels of a page whose content is turned clockwise by `turn` degrees to pixels of the upright page."""
    return np.array(
        {
            0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            90: [[0, 1, 0], [-1, 0, width - 1], [0, 0, 1]],
            180: [[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]],
            270: [[0, -1, height - 1], [1, 0, 0], [0, 0, 1]],
        }[turn],
        dtype=np.float64,
    )


def turned(bgr: Image, turn: int) -> Image:
    """The page with its content upright."""
    return np.ascontiguousarray(np.rot90(bgr, turn // 90))


def moved(points: npt.NDArray[np.floating], matrix: Matrix) -> Floats:
    """Points (..., 2) through a homography."""
    flat = points.reshape(-1, 1, 2).astype(np.float64)
    return np.asarray(cv2.perspectiveTransform(flat, matrix), dtype=np.float32).reshape(points.shape)


def slopes(quads: Sequence[Floats]) -> npt.NDArray[np.float64]:
    """Rows of (degrees, width) of the boxes long enough to tell."""
    rows = []
    for quad in quads:
        along = (quad[1] + quad[2] - quad[0] - quad[3]) / 2
        width = float(np.linalg.norm(along))
        if width > LONG_LINE * float(np.linalg.norm(quad[3] - quad[0])):
            rows.append((math.degrees(math.atan2(along[1], along[0])), width))
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def skew(quads: Sequence[Floats]) -> float:
    """Slope of the text in degrees, clockwise positive: the median over box width; 0 when there are too few lines."""
    rows = slopes(quads)
    if len(rows) < 3:
        return 0.0
    angle = weighted_median(rows[:, 0], rows[:, 1])
    return angle if abs(angle) < MAX_SKEW_DEG else 0.0


def weighted_median(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
    """The value up to which half of the weight lies."""
    order = values.argsort()
    half = weights[order].cumsum() / weights.sum()
    return float(values[order][np.searchsorted(half, 0.5)])


def straightening(angle: float, width: int, height: int) -> tuple[Matrix, tuple[int, int]]:
    """Rotation by -angle about the centre onto a canvas (width, height) that keeps every corner."""
    if abs(angle) < MIN_SKEW_DEG:
        return np.eye(3), (width, height)
    rotation = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0), [0, 0, 1]])
    corners = moved(np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32), rotation)
    low, high = corners.min(0), corners.max(0)
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]], np.float64)
    return shift @ rotation, (math.ceil(high[0] - low[0]), math.ceil(high[1] - low[1]))


def warped(bgr: Image, matrix: Matrix, size: tuple[int, int]) -> Image:
    """The page through a homography, its surroundings continued."""
    if np.allclose(matrix, np.eye(3)) and size == (bgr.shape[1], bgr.shape[0]):
        return bgr
    return np.asarray(
        cv2.warpPerspective(bgr, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8
    )


def crop(bgr: Image, quad: Floats) -> Image:
    """The inside of a quad as an upright strip."""
    width = max(2, round(float(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2])))))
    height = max(2, round(float(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2])))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    strip = cv2.warpPerspective(bgr, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip, dtype=np.uint8)


def to_tuple(
    matrix: Matrix,
) -> tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]:
    """The homography as a contract, scaled so that its last element is 1."""
    a, b, c = (tuple(float(v) for v in row) for row in matrix / matrix[2, 2])
    return (a[0], a[1], a[2]), (b[0], b[1], b[2]), (c[0], c[1], c[2])
