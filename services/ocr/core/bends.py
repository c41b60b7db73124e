"""How the text lines of a photographed page bend: an open book has two leaves, each tilted and lifted near the spine.

No line is traced. Neighbouring upright strips of a page show the same rows of ink, shifted by what the lines climb between
them; a smooth surface is laid through these slopes, on either side of the spine one of its own.
"""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.raster import Image

Floats = npt.NDArray[np.float64]

SIDE = 900
"""Longer side at which slopes are measured: a line of text is still some ten pixels high."""
STRIP = 24
"""Distance of strips, which are twice as wide, in pixels at that side."""
WINDOW, REACH = 72, 9
"""Height of the rows that are compared, a few lines of text, and how far these are looked for: 20 degrees."""
ALIKE = 0.6
"""Correlation from which two strips show the same lines."""
FAINT = 0.08
"""Share of the paper's brightness by which ink is darker."""
MIN_SLOPES = 60
ACROSS, DOWN = 4, 2
"""Degrees of the surface: along a line, and from line to line."""
SCALE = 0.012
"""Slope (pixels a pixel) from which an observation is doubted: half a degree or so."""
ROUNDS = 6


class Slopes(NamedTuple):
    """Where lines were compared, in pixels of the page, and by how much they fall there, pixels a pixel. Arrays of one length."""

    x: Floats
    y: Floats
    fall: Floats
    weight: Floats

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Slopes":
        return Slopes(*(column[chosen] for column in self))


class Surface(NamedTuple):
    """How far lines lie below where they would be straight, 0 at x = `start`: a polynomial, level beyond what was seen."""

    start: float
    unit: float
    low: Floats
    high: Floats
    terms: Floats

    def drop(self, x: Floats, y: Floats) -> Floats:
        """Pixels down at x of the line that stands at y where x is `start`."""
        u = (np.clip(x, self.low[0], self.high[0]) - self.start) / self.unit
        powers = np.stack([u**i for i in range(1, ACROSS + 1)], axis=-1) * self.unit
        return np.asarray(np.einsum("...i,ij,...j->...", powers, self.terms, self.down(y)), np.float64)

    def fall(self, x: Floats, y: Floats) -> Floats:
        """Slope of the lines at places of the picture, pixels a pixel."""
        rows = y - self.drop(x, y)
        return np.asarray((self.drop(x + 0.5, rows) - self.drop(x - 0.5, rows)), np.float64)

    def down(self, y: Floats) -> Floats:
        """(..., DOWN + 1): powers of where rows stand between the highest (-1) and the lowest (1) that was seen."""
        v = (np.clip(y, self.low[1], self.high[1]) - self.low[1]) / max(1.0, self.high[1] - self.low[1])
        return np.stack([(2 * v - 1) ** j for j in range(DOWN + 1)], axis=-1)


def slopes(bgr: Image) -> Slopes:
    """The slopes of a page's lines, wherever neighbouring strips show the same ones."""
    ratio = min(1.0, SIDE / max(bgr.shape[:2]))
    ink = _ink(np.asarray(cv2.resize(bgr, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA), np.uint8))
    middles = np.arange(STRIP, ink.shape[1] - STRIP + 1, STRIP)
    tops = np.arange(REACH, ink.shape[0] - WINDOW - REACH, WINDOW // 2)
    if len(middles) < 2 or not len(tops):
        return Slopes(*np.zeros((4, 0)))
    strips = np.stack([ink[:, x - STRIP : x + STRIP].mean(axis=1) for x in middles])
    shifts = np.arange(-REACH, REACH + 1)
    here = _normed(strips[:-1, tops[:, None] + np.arange(WINDOW)])
    there = _normed(strips[1:, (tops[:, None] + shifts)[:, :, None] + np.arange(WINDOW)])
    likeness = np.einsum("srw,srdw->srd", here, there)
    best = np.clip(likeness.argmax(axis=2), 1, 2 * REACH - 1)
    before, at, after = (np.take_along_axis(likeness, (best + k)[..., None], 2)[..., 0] for k in (-1, 0, 1))
    sure = (at > ALIKE) & (at >= before) & (at >= after)
    curve = np.where(sure, before - 2 * at + after, -1.0)
    fall = (best - REACH + np.where(curve < 0, (before - after) / (2 * np.minimum(curve, -1e-9)), 0.0)) / STRIP
    x = np.broadcast_to((middles[:-1] + STRIP / 2)[:, None], sure.shape) / ratio
    y = np.broadcast_to((tops + WINDOW / 2)[None, :], sure.shape) / ratio
    return Slopes(x[sure], y[sure], fall[sure], at[sure])


def surface(seen: Slopes, start: float, width: float) -> Surface:
    """The smooth surface through the slopes of one leaf. Slopes that stand apart from it count for less (Cauchy's weights)."""
    low, high = np.array([seen.x.min(), seen.y.min()]), np.array([seen.x.max(), seen.y.max()])
    laid = Surface(start, width, low, high, np.zeros((ACROSS, DOWN + 1)))
    u = (seen.x - start) / width
    along = np.stack([i * u ** (i - 1) for i in range(1, ACROSS + 1)], axis=-1)
    weight = seen.weight
    for _ in range(ROUNDS):
        # The line that is at y here stood higher or lower at the start: the surface is over lines, not over the picture.
        rows = seen.y - laid.drop(seen.x, seen.y)
        design = np.einsum("ni,nj->nij", along, laid.down(rows)).reshape(len(u), -1)
        weighted = design * weight[:, None]
        square = weighted.T @ design + 1e-3 * len(u) * np.diag(np.repeat(np.arange(ACROSS), DOWN + 1) / ACROSS)
        terms = np.linalg.lstsq(square, weighted.T @ seen.fall, rcond=None)[0]
        laid = laid._replace(terms=terms.reshape(ACROSS, DOWN + 1))
        weight = seen.weight / (1 + ((seen.fall - design @ terms) / SCALE) ** 2)
    return laid


def _ink(bgr: Image) -> npt.NDArray[np.float32]:
    """(h, w), 0 where there is paper, else by how much it is darker; no more for black than for writing, or rules would decide."""
    grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)
    paper = cv2.medianBlur(cv2.dilate(grey, np.ones((9, 9), np.uint8)), 31)
    darker = np.clip(1 - grey / np.maximum(paper, 40).astype(np.float32), 0, 0.6)
    return np.asarray(np.where(darker < FAINT, 0, darker), np.float32)


def _normed(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Rows without their mean and of length 1; all 0 where there is next to nothing."""
    rows = rows - rows.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.where(length > 0.15, rows / np.maximum(length, 1e-6), 0)
