"""A page as pixels, and how they came from what was uploaded."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Glyph:
    """A character of a PDF's text layer. box: (x0, y0, x1, y1) in pixels of the raster."""

    text: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Raster:
    """bgr: (height, width, 3). to_raster: 3x3, uploaded pixels to pixels of `bgr`.

    glyphs: the lines of a born-digital PDF's text layer, empty otherwise. bare: the page without that text, for
    reading what else is on it; `bgr` itself when there is no text layer.
    """

    bgr: Image
    to_raster: Matrix
    bare: Image
    glyphs: tuple[tuple[Glyph, ...], ...] = field(default=())

    @classmethod
    def of_image(cls, bgr: Image, uploaded: tuple[int, int], working_side: int) -> "Raster":
        """A decoded image, possibly already reduced from `uploaded` (width, height), fitted into the working size."""
        height, width = bgr.shape[:2]
        ratio = min(1.0, working_side / max(height, width))
        if ratio < 1:
            size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
            bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        scale = np.diag([bgr.shape[1] / uploaded[0], bgr.shape[0] / uploaded[1], 1.0])
        return cls(bgr, scale, bgr)
