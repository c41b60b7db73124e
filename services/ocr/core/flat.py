"""A page divided by its own background, so that shadows and paper colour do not count as ink."""

from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.raster import Image

Mask = npt.NDArray[np.uint8]
"""(h, w), 255 where set, else 0; also a page in grey."""

INK_BELOW = 196
"""Share of the background's brightness (of 255) below which a pixel is ink: keeps pencil, drops print-through."""


BLUENESS = 25
"""Blue minus red, of 255, from which ink is blue."""


def unit(size: tuple[int, int]) -> float:
    """Scale of a page of (width, height): 1.0 at A4, 200 dpi (1654 x 2339), where body text is about 30 px tall."""
    width, height = size
    return max(0.25, float(np.sqrt(width * height)) / 1967.0)


def flattened(bgr: Image) -> Image:
    """(h, w, 3) -> (h, w, 3), each channel divided by its local background: paper becomes about 255."""
    height, width = bgr.shape[:2]
    step = max(1, round(8 * unit((width, height))))
    small = cv2.resize(bgr, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    side = min(31, 2 * (min(small.shape[:2]) // 2) - 1)
    if side >= 3:
        small = cv2.dilate(small, np.ones((9, 9), np.uint8))
        small = cv2.medianBlur(small, side)
    background = cv2.resize(np.maximum(small, 40), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(bgr, background, scale=255), dtype=np.uint8)


class Leaf:
    """A rectified page, (h, w, 3), and what several passes need of it, each worked out once. Its arrays are not written to."""

    def __init__(self, bgr: Image) -> None:
        self.bgr = bgr
        self.size = (bgr.shape[1], bgr.shape[0])
        self.unit = unit(self.size)

    @cached_property
    def even(self) -> Image:
        """The page divided by its background."""
        return flattened(self.bgr)

    @cached_property
    def grey(self) -> Mask:
        """`even` in grey."""
        return np.asarray(cv2.cvtColor(self.even, cv2.COLOR_BGR2GRAY), np.uint8)

    @cached_property
    def darkest(self) -> Mask:
        """The darkest channel of `even`: ink of any colour is dark in one of them."""
        blue, green, red = cv2.split(self.even)
        return np.asarray(cv2.min(cv2.min(blue, green), red), np.uint8)

    @cached_property
    def ink(self) -> Mask:
        """Mask of dark pixels of any colour, relative to the paper around them."""
        return np.asarray(cv2.threshold(self.darkest, INK_BELOW, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)

    @cached_property
    def blue(self) -> Mask:
        """Mask of ink that is blue."""
        blue, green, red = cv2.split(self.even)
        tinted = (cv2.subtract(blue, red) > BLUENESS) & (cv2.subtract(green, blue) <= 6)
        return np.asarray(np.where(tinted, self.ink, 0), np.uint8)

    @cached_property
    def redness(self) -> Mask:
        """Red minus the stronger of green and blue, on paper made white."""
        blue, green, red = cv2.split(self.even)
        return np.asarray(cv2.subtract(red, cv2.max(blue, green)), np.uint8)
