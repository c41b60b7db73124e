"""Which colour the strokes are drawn in, measured against the paper around them."""

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.raster import Image

Colour = Literal["black", "blue", "red"]
Bytes = npt.NDArray[np.uint8]
Levels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

FINE = 8
"""Steps in a grey level: pale ink is told from black by less than a whole one."""
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

    def blueness(self, x0: int, x1: int) -> tuple[int, float]:
        """Pixels of ink between two columns, and the share of them that is blue."""
        total, blue, _ = self._between(x0, x1)
        return total, blue / total if total else 0.0

    def _between(self, x0: int, x1: int) -> tuple[int, int, int]:
        last = len(self._left_of[0]) - 1
        total, blue, red = (int(sums[min(x1, last)] - sums[min(x0, last)]) for sums in self._left_of)
        return total, blue, red

    def colour(self, x0: int, x1: int) -> Colour:
        """The colour that prevails between two columns."""
        total, blue, red = self._between(x0, x1)
        if total and blue > 0.4 * total:
            return "blue"
        if total and red > 0.4 * total:
            return "red"
        return "black"


def strokes(strip: Image) -> Strokes:
    """Ink of a strip of text. The paper's own tint (lamp light, shadow) is taken off first."""
    papers = [max(percentile(strip, 85, channel), 30.0) for channel in range(3)]
    levels = np.arange(256)[:, None] * (WHITE / np.array(papers))
    table = np.rint(np.minimum(levels, 255) * FINE).astype(np.uint16)[:, None]
    blue, green, red = cv2.split(cv2.LUT(cv2.blur(strip, (2, 2)), table))
    darkest = np.asarray(cv2.min(cv2.min(blue, green), red), np.uint16)
    contrast = max(MIN_CONTRAST, 0.3 * (WHITE - percentile(darkest, 1, depth=256 * FINE) / FINE))
    ink = 1 - _above(darkest, WHITE - contrast - 1 / FINE)
    is_blue = ink & _above(cv2.subtract(blue, red), MIN_TINT) & (1 - _above(cv2.subtract(green, blue), GREENER))
    is_red = ink & _above(cv2.subtract(red, blue), 2 * MIN_TINT) & _above(cv2.subtract(red, green), 2 * MIN_TINT)
    return Strokes(ink, is_blue, is_red)


def percentile(image: Levels, share: float, channel: int = 0, depth: int = 256) -> float:
    """As numpy's, of one channel of values below `depth`: counted, not sorted, which is twenty times as fast."""
    counts = np.cumsum(cv2.calcHist([image], [channel], None, [depth], [0, depth]).ravel(), dtype=np.float64)
    at = share / 100 * (counts[-1] - 1)
    low, high = np.searchsorted(counts, (int(at), min(int(at) + 1, counts[-1] - 1)), side="right")
    return float(low + (high - low) * (at - int(at)))


def _above(values: cv2.typing.MatLike, level: float) -> Bytes:
    """1 where a value in steps of 1 / FINE is above the grey level, else 0."""
    return np.asarray(cv2.threshold(values, int(level * FINE), 1, cv2.THRESH_BINARY)[1], np.uint8)
