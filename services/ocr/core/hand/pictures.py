"""Pictures of short handwriting as the reader's network takes them."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

HEIGHT = 40
STEP = 4
"""Pixels of width that the network tells one step from."""
LEAST, MOST = 32, 640
"""Widths in pixels; longer writing is squeezed."""


def inked(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(HEIGHT, w) of ink, 0 for paper and 1 for the darkest stroke. picture: (h, w) grey or (h, w, 3)."""
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    size = (int(np.clip(round(HEIGHT * width / height), 8, MOST)), HEIGHT)
    shrinks = height > HEIGHT
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR).astype(np.float32)
    paper, dark = float(np.percentile(small, 85)), float(np.percentile(small, 1))
    return np.asarray(np.clip((paper - small) / max(24.0, paper - dark), 0, 1), np.float32)


def batch_of(inks: Sequence[npt.NDArray[np.float32]], width: int, count: int = 0) -> npt.NDArray[np.float32]:
    """(n, 1, HEIGHT, width), paper behind the writing; n is `count` where there are fewer pictures."""
    out = np.zeros((max(count, len(inks)), 1, HEIGHT, width), np.float32)
    for row, ink in zip(out, inks, strict=False):
        row[0, :, : ink.shape[1]] = ink
    return out
