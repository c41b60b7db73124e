"""The sheet of paper in a photo: its four corners, accepted only when the text boxes agree that they are right.

An unguarded page finder does harm: on a white desk it takes text for a page and cuts the rest away.
"""

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core import geometry
from services.ocr.core.raster import Image, Matrix

Floats = npt.NDArray[np.float32]

SEARCH_SIDE = 640
MIN_AREA, MAX_AREA = 0.3, 0.985
"""Share of the picture a sheet takes; above, the picture is the sheet already."""
MIN_FILL = 0.94
"""A sheet fills its quadrilateral; a hand or another sheet in the outline shows here."""
MIN_INSIDE = 0.985
MAX_CORNER_DEG = 22.0
MARGIN = 0.008
"""What stays around the sheet, so that its own edge is still seen."""
MIN_BOXES = 5


def flattening(bgr: Image, quads: Sequence[Floats]) -> tuple[Matrix, tuple[int, int]] | None:
    """Homography that makes the sheet a rectangle, and the new size (width, height); None when no sheet is sure.

    quads: text boxes of the page. Safe when nearly all of them lie on the sheet, its corners are nearly square and the
    text lines are at least as parallel afterwards.
    """
    if len(quads) < MIN_BOXES:
        return None
    centres = np.array([quad.mean(axis=0) for quad in quads])
    before = _disagreement(quads)
    best: tuple[float, Matrix, tuple[int, int]] | None = None
    for corners in _candidates(bgr):
        inside = [cv2.pointPolygonTest(corners.reshape(-1, 1, 2), (float(x), float(y)), False) >= 0 for x, y in centres]
        if np.mean(inside) < MIN_INSIDE or _worst_corner(corners) > MAX_CORNER_DEG:
            continue
        matrix, size = _to_rectangle(corners)
        after = _disagreement([geometry.moved(quad, matrix) for quad in quads])
        if after <= before + 0.05 and (best is None or after < best[0]):
            best = (after, matrix, size)
    return best[1:] if best else None


def _candidates(bgr: Image) -> Iterator[Floats]:
    """Quadrilaterals (4, 2), clockwise from top left, of bright, colourless and edge-bounded areas."""
    height, width = bgr.shape[:2]
    scale = SEARCH_SIDE / max(height, width)
    small = cv2.resize(bgr, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (5, 5), 0)
    saturation = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)[:, :, 1]
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    masks = [
        cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1],
        cv2.threshold(saturation, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1],
    ]
    for mask in masks:
        closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
        opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
        contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        if contours:
            largest = max(contours, key=lambda contour: float(cv2.contourArea(contour)))
            corners = _quadrilateral(np.asarray(largest, dtype=np.int32), opened.size)
            if corners is not None:
                yield corners / np.float32(scale)


def _quadrilateral(contour: npt.NDArray[np.int32], area: int) -> Floats | None:
    """The contour as four corners, when it is one."""
    covered = cv2.contourArea(contour)
    hull = cv2.convexHull(contour)
    if not MIN_AREA * area < covered < MAX_AREA * area:
        return None
    for share in (0.01, 0.015, 0.02, 0.03, 0.04, 0.06):
        corners = cv2.approxPolyDP(hull, share * cv2.arcLength(hull, True), True)
        if len(corners) == 4:
            if covered < MIN_FILL * cv2.contourArea(corners):
                return None
            return _clockwise(np.asarray(corners, dtype=np.float32).reshape(4, 2))
    return None


def _clockwise(corners: Floats) -> Floats:
    total, difference = corners.sum(axis=1), corners[:, 1] - corners[:, 0]
    return corners[[total.argmin(), difference.argmin(), total.argmax(), difference.argmax()]]


def _worst_corner(corners: Floats) -> float:
    """Largest deviation of a corner from a right angle, degrees."""
    worst = 0.0
    for index in range(4):
        a, b = corners[index - 1] - corners[index], corners[(index + 1) % 4] - corners[index]
        cosine = float(a @ b) / max(1e-6, float(np.linalg.norm(a) * np.linalg.norm(b)))
        worst = max(worst, abs(90 - math.degrees(math.acos(max(-1.0, min(1.0, cosine))))))
    return worst


def _to_rectangle(corners: Floats) -> tuple[Matrix, tuple[int, int]]:
    sides = [float(np.linalg.norm(corners[i] - corners[(i + 1) % 4])) for i in range(4)]
    width, height = max(sides[0], sides[2]), max(sides[1], sides[3])
    edge = MARGIN * max(width, height)
    right, bottom = edge + width, edge + height
    target = np.array([[edge, edge], [right, edge], [right, bottom], [edge, bottom]], np.float32)
    matrix = np.asarray(cv2.getPerspectiveTransform(corners, target), dtype=np.float64)
    return matrix, (round(width + 2 * edge), round(height + 2 * edge))


def _disagreement(quads: Sequence[Floats]) -> float:
    """How far text lines are from parallel: the mean distance of their slopes from the median, degrees."""
    rows = geometry.slopes(quads)
    if len(rows) < 3:
        return 0.0
    apart = np.abs(rows[:, 0] - np.median(rows[:, 0]))
    return float(np.average(np.minimum(apart, 5.0), weights=rows[:, 1]))
