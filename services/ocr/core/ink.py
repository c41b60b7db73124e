"""Which colour the strokes are drawn in, measured against the paper around them."""

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.raster import Image

Colour = Literal["black", "blue", "red"]
Bytes = npt.NDArray[np.uint8]

WHITE = 235
"""Grey level that the paper is brought to."""
MIN_CONTRAST = 40
"""A pixel this much darker than the paper is ink."""
MIN_TINT = 18
"""Blue minus red of ink, relative to the paper's, from which it is called coloured."""
GREENER = 6
"""Blue ink is no more than this greener than blue."""


class Strokes:
    """Ink of a strip: how many pixels of it stand left of each column, of all, of blue and of red ink."""

    def __init__(self, ink: Bytes, blue: Bytes, red: Bytes) -> None:
        self._left_of = tuple(np.append(0, ink_of.sum(axis=0, dtype=np.int64)).cumsum() for ink_of in (ink, blue, red))

    def colour(self, x0: int, x1: int) -> Colour:
        """The colour that prevails between two columns."""
        last = len(self._left_of[0]) - 1
        total, blue, red = (int(sums[min(x1, last)] - sums[min(x0, last)]) for sums in self._left_of)
        if total and blue > 0.4 * total:
            return "blue"
        if total and red > 0.4 * total:
            return "red"
        return "black"


def strokes(strip: Image) -> Strokes:
    """Ink of a strip of text. The paper's own tint (lamp light, shadow) is taken off first."""
    papers = [max(percentile(strip, 85, channel), 30.0) for channel in range(3)]
    levels = np.arange(256)[:, None] * (WHITE / np.array(papers))
    table = np.minimum(np.rint(levels), 255).astype(np.uint8)[:, None]
    blue, green, red = cv2.split(cv2.LUT(cv2.blur(strip, (2, 2)), table))
    darkest = np.asarray(cv2.min(cv2.min(blue, green), red), np.uint8)
    ink = 1 - _above(darkest, WHITE - max(MIN_CONTRAST, 0.3 * (WHITE - percentile(darkest, 1))) - 1)
    is_blue = ink & _above(cv2.subtract(blue, red), MIN_TINT) & (1 - _above(cv2.subtract(green, blue), GREENER))
    is_red = ink & _above(cv2.subtract(red, blue), 2 * MIN_TINT) & _above(cv2.subtract(red, green), 2 * MIN_TINT)
    return Strokes(ink, is_blue, is_red)


def percentile(image: Bytes, share: float, channel: int = 0) -> float:
    """As numpy's, of one channel of bytes: counted, not sorted, which is twenty times as fast."""
    counts = np.cumsum(cv2.calcHist([image], [channel], None, [256], [0, 256]).ravel(), dtype=np.float64)
    at = share / 100 * (counts[-1] - 1)
    low, high = np.searchsorted(counts, (int(at), min(int(at) + 1, counts[-1] - 1)), side="right")
    return float(low + (high - low) * (at - int(at)))


def _above(values: cv2.typing.MatLike, level: float) -> Bytes:
    """1 where a value is above the level, else 0."""
    return np.asarray(cv2.threshold(values, int(level), 1, cv2.THRESH_BINARY)[1], np.uint8)
