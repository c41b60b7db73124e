"""What the shapes seen on a page look like in the mean, and whether another place looks like that."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.flat import Mask
from services.ocr.core.lattice import Shape

MOST = 60
"""Shapes of which the mean is taken."""
LEAST = 3
AROUND = 0.15
"""Of a shape's height: what is compared around it, so that its outline stands out against paper."""
SHIFT = 2
"""Pixels by which a place may be off."""


class Likeness:
    """The mean of shapes of size (width, height) on a page in grey, (h, w)."""

    def __init__(self, grey: Mask, shapes: Sequence[Shape], size: tuple[float, float]) -> None:
        self._grey = grey
        margin = max(2, round(AROUND * size[1])) + 1
        self._half = (round(size[0] / 2) + margin, round(size[1] / 2) + margin)
        step = max(1, len(shapes) // MOST)
        cut = [patch for shape in shapes[::step] if (patch := self._patch(shape.x, shape.y, 0)) is not None]
        mean = np.mean(cut, axis=0).astype(np.float32) if len(cut) >= LEAST else None
        self._mean = None if mean is None or mean.std() < 1 else mean  # everything is like what is flat

    def at(self, x: float, y: float) -> float:
        """Correlation (-1..1) of the place around (x, y) with the mean; 0 at the page's edge or when there is no mean."""
        window = self._patch(x, y, SHIFT)
        if self._mean is None or window is None or window.std() < 1:
            return 0.0
        return float(cv2.matchTemplate(window, self._mean, cv2.TM_CCOEFF_NORMED).max())

    def _patch(self, x: float, y: float, shift: int) -> npt.NDArray[np.float32] | None:
        half_width, half_height = self._half[0] + shift, self._half[1] + shift
        left, top = round(x) - half_width, round(y) - half_height
        right, bottom = round(x) + half_width + 1, round(y) + half_height + 1
        if left < 0 or top < 0 or bottom > self._grey.shape[0] or right > self._grey.shape[1]:
            return None
        return self._grey[top:bottom, left:right].astype(np.float32)
