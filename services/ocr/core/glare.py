"""Glare: a lamp or a window mirrored on the paper, and the writing in it gone."""

import cv2
import numpy as np

from services.ocr.core.raster import Image

SIDE = 500
"""Longer side that is looked at, pixels: glare is large."""
STROKES = 9
"""A square of this side holds some bare paper, pixels of the reduced picture."""
BLOWN = 252
"""Grey level from which nothing brighter can be told."""
PLAIN = 240
"""Paper that is elsewhere as bright as this may be as bright as a blown-out spot: a scan, or a good lamp."""
INK = 0.8
"""Of the paper's own brightness around it; a dark desk is dark all over."""
SMALLEST, LARGEST = 0.015, 0.4
"""Shares of the page that glare covers."""
WRITTEN, WASHED = 0.03, 0.45
"""Share of ink around a spot from which it lies on writing, and what of that share is left inside it at most."""
AROUND = 51


def has_glare(grey: Image) -> bool:
    """Whether a spot without structure, brighter than the rest of the paper, lies where writing stands around it.

    Bright margins have no writing around them, and a bright part of evenly lit paper keeps the writing on it.
    """
    scale = SIDE / max(grey.shape)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    paper = cv2.dilate(small, np.ones((STROKES, STROKES), np.uint8))
    blown = paper >= BLOWN
    if not SMALLEST <= float(blown.mean()) <= LARGEST or float(np.percentile(paper[~blown], 60)) > PLAIN:
        return False
    count, labels, stats, _ = cv2.connectedComponentsWithStats(blown.astype(np.uint8))
    spots = (
        (labels == i).astype(np.uint8) for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= SMALLEST * small.size
    )
    ink = (small < INK * paper.astype(np.float32)).astype(np.uint8)
    return any(_washed(ink, spot) for spot in spots)


def _washed(ink: Image, spot: Image) -> bool:
    ring = cv2.dilate(spot, np.ones((AROUND, AROUND), np.uint8)) > spot
    around = float(ink[ring].mean()) if ring.any() else 0.0
    return around >= WRITTEN and float(ink[spot > 0].mean()) <= WASHED * around
