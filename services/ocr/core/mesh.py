"""A page flattened by a mesh where a homography can't: an open book's leaves, lines that curl towards the spine."""

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from contracts.artefacts import reading
from services.ocr.core import bends
from services.ocr.core.bends import Slopes, Surface
from services.ocr.core.flat import unit
from services.ocr.core.raster import Image, Matrix

Floats = npt.NDArray[np.float64]

STEP = 64
"""Pixels of the flat page between points of its mesh."""
EM = 30.0
"""Height of body text, in units of the page."""
BENT = 0.6
"""In ems, how far lines lie off the straight before a page is flattened: less than that reads as well as it is."""
BETTER = 0.8
"""Share of what one surface leaves unexplained that two leaves must come under to be taken for an open book's; and of what
lines lie off the straight, that surfaces must come under to be believed."""
SPINE = np.linspace(0.35, 0.65, 13)
"""Where the spine is looked for, in widths of the picture."""
DOUBT = 0.05
"""Slope from which a slope is just wrong, not more so."""


class Mesh(NamedTuple):
    """points: (rows, columns, 2), where the points of a page of `size` (width, height), STEP pixels apart, come from."""

    points: Floats
    size: tuple[int, int]

    def behind(self, matrix: Matrix) -> "Mesh":
        """The mesh of a picture from which `matrix` led to the one that this mesh is of."""
        there = cv2.perspectiveTransform(self.points.reshape(-1, 1, 2), np.linalg.inv(matrix))
        return Mesh(np.asarray(there, np.float64).reshape(self.points.shape), self.size)

    def nearest(self) -> Matrix:
        """The homography from the picture to the flat page that is nearest to the mesh."""
        there = nodes(self.size).reshape(-1, 2)
        found, _ = cv2.findHomography(self.points.reshape(-1, 2), there)
        return np.asarray(found, np.float64)

    def told(self) -> reading.Mesh:
        """The mesh as a contract, to a tenth of a pixel."""
        return reading.Mesh(
            step=STEP, points=tuple(tuple((x, y) for x, y in row) for row in self.points.round(1).tolist())
        )

    def warped(self, bgr: Image) -> Image:
        """The flat page, from the picture that the mesh is of."""
        off = (self.points - nodes(self.size)).astype(np.float32)
        # Only what a point is off is interpolated: whole coordinates would be rounded to a thirty-second of a step.
        spread = np.diag([STEP, STEP, 1.0])[:2]
        way = cv2.warpAffine(off, spread, self.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        x, y = np.meshgrid(np.arange(self.size[0], dtype=np.float32), np.arange(self.size[1], dtype=np.float32))
        there = cv2.remap(bgr, x + way[..., 0], y + way[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(there, np.uint8)


def nodes(size: tuple[int, int]) -> Floats:
    """(rows, columns, 2): the points of a flat page's mesh, in its own pixels, past its right and lower edge."""
    columns, rows = (-(-side // STEP) + 1 for side in size)
    return np.stack(np.meshgrid(np.arange(columns) * STEP, np.arange(rows) * STEP), axis=-1).astype(np.float64)


def flattening(bgr: Image) -> Mesh | None:
    """The mesh that makes the lines of a picture straight; None where they are nearly so, or too few to tell."""
    size = (bgr.shape[1], bgr.shape[0])
    seen = bends.slopes(bgr)
    if len(seen.x) < bends.MIN_SLOPES:
        return None
    leaves = _leaves(seen, size)
    if _unexplained(leaves) > BETTER * float(np.minimum(np.abs(seen.fall), DOUBT).mean()):
        return None
    drops = np.concatenate([np.abs(laid.drop(part.x, part.y)) for part, laid in leaves])
    if np.quantile(drops, 0.95) < BENT * EM * unit(size):
        return None
    above, below = _room(leaves, size)
    size = (size[0], above + size[1] + below)
    points = nodes(size) - (0, above)
    x, y = points[..., 0], points[..., 1]
    drop = leaves[-1][1].drop(x, y)
    if len(leaves) == 2:
        drop = np.where(x < leaves[0][1].start, leaves[0][1].drop(x, y), drop)
    return Mesh(np.stack([x, y + drop], axis=-1), size)


def _room(leaves: list[tuple[Slopes, Surface]], size: tuple[int, int]) -> tuple[int, int]:
    """Pixels to be added above and below, so that no line leaves the page as it is made straight."""
    rows = np.concatenate([part.y - laid.drop(part.x, part.y) for part, laid in leaves])
    margin = 2 * EM * unit(size)
    return max(0, math.ceil(margin - rows.min())), max(0, math.ceil(rows.max() + margin - size[1]))


def _leaves(seen: Slopes, size: tuple[int, int]) -> list[tuple[Slopes, Surface]]:
    """The surface of a page, or those of an open book's two leaves, left one first."""
    width, height = size
    whole = [(seen, bends.surface(seen, width / 2, width))]
    if width <= height:
        return whole
    books = []
    for spine in SPINE * width:
        parts = [seen.where(seen.x < spine), seen.where(seen.x >= spine)]
        if min(len(part.x) for part in parts) >= bends.MIN_SLOPES / 3:
            books.append([(part, bends.surface(part, spine, width)) for part in parts])
    left = [_unexplained(book) for book in books]
    if not left or min(left) > BETTER * _unexplained(whole):
        return whole
    # Where there is no text about the spine, several places do as well: the one in their midst.
    best = [index for index, rest in enumerate(left) if rest <= 1.02 * min(left)]
    return books[best[len(best) // 2]]


def _unexplained(leaves: list[tuple[Slopes, Surface]]) -> float:
    """How far slopes are from those of the surfaces, in the mean."""
    apart = np.concatenate([np.abs(part.fall - laid.fall(part.x, part.y)) for part, laid in leaves])
    return float(np.minimum(apart, DOUBT).mean())
