"""Printed lines under the room before question numbers: too short for a rule, and no part of the letter on them."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core.flat import Mask
from services.ocr.core.places import Place

RUN = 0.2
"""In ems, the level run of thin ink of which such a line is made at least."""
LENGTH = 0.85
"""Share of the room's width that the line takes up with what stands on it: a letter's foot is narrower."""
LOWER = 0.55
"""Share of the room's height under which the line runs."""
THICK = 0.2
"""In ems, the height of ink up to which it is the line alone; where it is more, a letter stands on the line."""
LEVEL = 0.25
"""In ems, how far above its lowest piece other pieces of the line lie at most."""


def footings(places: Sequence[Place], ink: Mask) -> Mask:
    """The lines under rooms before question numbers, without what is written across them: 255 there (h, w).

    Ink goes where its upright run is no higher than a line is, as staff lines are taken from music (Dalitz et al.,
    A comparative study of staff removal algorithms, 2008).
    """
    found = np.zeros_like(ink)
    for place in places:
        if place.kind != "beside":
            continue
        x0, y0, x1, y1 = place.box
        top, left = max(0, round(y0)), max(0, round(x0 - 0.3 * place.em))
        window = np.s_[top : round(y1 + 0.2 * place.em), left : round(x1 + 0.3 * place.em)]
        if ink[window].size:
            found[window] |= _line(ink[window] > 0, place.em, x1 - x0)
    return found


def _line(ink: npt.NDArray[np.bool_], em: float, room: float) -> Mask:
    """The lowest level line as wide as the room, where nothing stands on it; nothing where there is none."""
    higher = np.ones((int(max(3.0, THICK * em)) + 1, 1), np.uint8)
    high = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_OPEN, higher, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    thin = (ink & (high == 0)).astype(np.uint8)
    thin[: round(LOWER * len(ink))] = 0
    level = cv2.morphologyEx(thin, cv2.MORPH_OPEN, np.ones((1, max(3, round(RUN * em))), np.uint8))
    _, labels, stats, centres = cv2.connectedComponentsWithStats(level, connectivity=8)
    lowest = max(centres[1:, 1].tolist(), default=0.0)
    own = [i for i in range(1, len(stats)) if lowest - centres[i, 1] < LEVEL * em]
    start = min((int(stats[i, 0]) for i in own), default=0)
    end = max((int(stats[i, 0] + stats[i, 2]) for i in own), default=0)
    return np.asarray(np.where(np.isin(labels, own) & (end - start > LENGTH * room), 255, 0), np.uint8)
