"""Crops of text made into the recogniser's input: few widths, short ones several at a time."""

import itertools
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.raster import Image

Floats = npt.NDArray[np.float32]

REC_HEIGHT = 48
REC_MAX_WIDTH = 4096
"""A strip so long is a page border; it is squeezed rather than given the memory."""
REC_WIDTHS = tuple(dict.fromkeys(min(4096, -(-round(64 * 1.2**step) // 32) * 32) for step in range(24)))
"""Widths that crops are padded up to, each a fifth wider than the one before. The runtime prepares its kernels for every
other width (28 CPU ms a line with all multiples of 32, 15 with those of 64); with these few it keeps them (12.7)."""
REC_BATCHES, REC_BATCH_WIDTH = (1, 2, 4), 480
"""Short crops are recognised up to four at a time, for there the calls cost more than the sums (96 px: 9.4 to 3.2 CPU ms
each); from 700 px on it makes no difference but for the memory. Two by themselves: half-empty fours were 6 % of all that was recognised."""


def normalised(bgr: npt.NDArray[np.generic]) -> Floats:
    """(h, w, 3) bytes to (3, h, w) floats in -1..1."""
    scaled: Floats = np.ascontiguousarray(bgr.transpose(2, 0, 1), dtype=np.float32)
    scaled *= np.float32(2 / 255)
    scaled -= np.float32(1)
    return scaled


def resized(crop: Image) -> int:
    """Width of a crop at the recogniser's height."""
    height, width = (int(side) for side in crop.shape[:2])
    return min(REC_MAX_WIDTH, max(1, round(REC_HEIGHT * width / height)))


def padded(crop: Image) -> int:
    """Width at which a crop is recognised."""
    return next(width for width in REC_WIDTHS if width >= resized(crop))


def together(widths: Sequence[tuple[int, int]]) -> Iterator[tuple[int, list[int]]]:
    """Crops that are recognised together, of one width. widths: (width, index) of each crop."""
    for width, group in itertools.groupby(sorted(widths), key=lambda item: item[0]):
        indices = [index for _, index in group]
        size = REC_BATCHES[-1] if width <= REC_BATCH_WIDTH else 1
        yield from ((width, indices[start : start + size]) for start in range(0, len(indices), size))


def strips(crops: Sequence[Image], width: int) -> Floats:
    """The recogniser's input (n, 3, height, width), n at least the number of crops: its kernels are kept by shape."""
    count = next(size for size in REC_BATCHES if size >= len(crops))
    batch = np.zeros((count, 3, REC_HEIGHT, width), np.float32)
    for row, crop in zip(batch, crops, strict=False):
        own = resized(crop)
        row[:, :, :own] = normalised(cv2.resize(crop, (own, REC_HEIGHT)))
    return batch
