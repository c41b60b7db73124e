"""How the rows of a card run: straight, sloping, or bent where the sheet was not flat."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from services.ocr.core.lattice import Shape

REACH = 3.3
"""Pitches between two shapes of one row whose slope counts."""
LEAST = 12
"""Pairs from which a bend is believed."""
DEGREE = 2
"""Of the polynomial that the slope follows along a row."""
BENT = 0.25
"""Of a shape's height: rows that leave a straight line by less are straight."""


class Level(NamedTuple):
    """How far rows lie below where they would be on a level card, pixels: a polynomial of (x - origin) / reach."""

    terms: tuple[float, ...] = (0.0,)
    """Constant first."""
    origin: float = 0.0
    reach: float = 1.0

    def at(self, x: float) -> float:
        """The drop at x."""
        return float(np.polynomial.polynomial.polyval((x - self.origin) / self.reach, self.terms))


FLAT = Level()


def level_of(seeds: Sequence[Shape], pitch: float, height: float) -> Level:
    """Rows from the slopes between neighbours: one slope for all, or one that changes along the rows when it does."""
    usual = _slope(seeds, pitch, height)
    straight = Level((0.0, usual))
    middles, across, down = _pairs(seeds, pitch, height, usual)
    if len(middles) < LEAST or np.ptp(middles) < REACH * pitch:
        return straight
    origin, reach = float(middles.mean()), float(np.ptp(middles))
    where = (middles - origin) / reach
    # dy = dx * slope(x), each pair the surer the longer it is.
    powers = np.stack([across * where**power for power in range(DEGREE + 1)], axis=1)
    slopes, *_ = np.linalg.lstsq(powers, down, rcond=None)
    drop = np.polynomial.polynomial.polyint(slopes * reach)
    away = np.polynomial.polynomial.polyval(where, drop) - usual * (middles - origin)
    if np.abs(away).max() < BENT * height:
        return straight
    return Level(tuple(map(float, drop)), origin, reach)


def _slope(seeds: Sequence[Shape], pitch: float, height: float) -> float:
    """Slope (dy/dx) of the rows: median over neighbours."""
    slopes = [
        (o.y - seed.y) / (o.x - seed.x)
        for seed in seeds
        for o in seeds
        if 0.8 * pitch < o.x - seed.x < 1.2 * pitch and abs(o.y - seed.y) < 0.4 * height
    ]
    return float(np.median(slopes)) if slopes else 0.0


def _pairs(
    seeds: Sequence[Shape], pitch: float, height: float, usual: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Middles (x), left to right, and distances (dx, dy) of shapes that stand near each other in a row."""
    points = np.array([(s.x, s.y) for s in seeds], np.float64).reshape(-1, 2)
    across = points[None, :, 0] - points[:, None, 0]
    down = points[None, :, 1] - points[:, None, 1]
    near = (across > 0.8 * pitch) & (across < REACH * pitch) & (np.abs(down - usual * across) < 0.4 * height)
    first, second = np.nonzero(near)
    middles = (points[first, 0] + points[second, 0]) / 2
    order = middles.argsort()
    return middles[order], across[near][order], down[near][order]
