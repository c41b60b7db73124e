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
    paper = np.percentile(strip.reshape(-1, 3), 85, axis=0).astype(np.float32)
    relative = np.asarray(cv2.blur(strip, (2, 2)), dtype=np.float32) * (235 / np.maximum(paper, 30))
    blue, green, red = relative[:, :, 0], relative[:, :, 1], relative[:, :, 2]
    darkest = relative.min(axis=2)
    ink = darkest < 235 - max(MIN_CONTRAST, 0.3 * (235 - float(np.percentile(darkest, 1))))
    tint = blue - red
    is_blue = ink & (tint > MIN_TINT) & (blue >= green - 6)
    is_red = ink & (tint < -2 * MIN_TINT) & (red > green + 2 * MIN_TINT)
    return Strokes(ink, is_blue, is_red)
