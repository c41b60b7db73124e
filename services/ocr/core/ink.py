"""Which colour the strokes are drawn in, measured against the paper around them."""

from typing import Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.raster import Image

Colour = Literal["black", "blue", "red"]
Mask = npt.NDArray[np.bool_]

MIN_CONTRAST = 40
"""A pixel this much darker than the paper is ink."""
MIN_TINT = 18
"""Blue minus red of ink, relative to the paper's, from which it is called coloured."""


class Strokes(NamedTuple):
    """Boolean masks of a strip: all ink, its blue pixels and its red pixels."""

    any: Mask
    blue: Mask
    red: Mask

    def colour(self, x0: int, x1: int) -> Colour:
        """The colour that prevails between two columns."""
        total = int(self.any[:, x0:x1].sum())
        if total and self.blue[:, x0:x1].sum() > 0.4 * total:
            return "blue"
        if total and self.red[:, x0:x1].sum() > 0.4 * total:
            return "red"
        return "black"


def strokes(strip: Image) -> Strokes:
    """Ink of a strip of text. The paper's own tint (lamp light, shadow) is taken off first."""
    whitening = np.array([235 / max(_percentile(strip[:, :, channel], 85), 30) for channel in range(3)], np.float32)
    table = np.arange(256, dtype=np.float32)[:, None, None] * whitening
    blue, green, red = cv2.split(np.asarray(cv2.LUT(cv2.blur(strip, (2, 2)), table), dtype=np.float32))
    darkest = np.asarray(cv2.min(cv2.min(blue, green), red), dtype=np.float32)
    ink = darkest < 235 - max(MIN_CONTRAST, 0.3 * (235 - float(np.percentile(darkest, 1))))
    tint = blue - red
    is_blue = ink & (tint > MIN_TINT) & (blue >= green - 6)
    is_red = ink & (tint < -2 * MIN_TINT) & (red > green + 2 * MIN_TINT)
    return Strokes(ink, is_blue, is_red)


def _percentile(channel: Image, share: float) -> float:
    """As numpy's, of bytes: counted, not sorted."""
    counts = np.cumsum(np.bincount(channel.ravel(), minlength=256))
    at = share / 100 * (channel.size - 1)
    first = int(at)
    low, high = np.searchsorted(counts, (first, min(first + 1, channel.size - 1)), side="right")
    return float(low + (high - low) * (at - first))
