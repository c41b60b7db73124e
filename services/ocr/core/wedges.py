"""Signs of one stroke that the recogniser takes for digits: > and <, by where the stroke turns."""

import cv2
import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]

SMALLEST, LARGEST = 0.3, 2.2
"""In ems, the sides of such a sign."""
TURNS, SURELY = (0.1, 0.75), 0.17
"""Shares of the height between which it turns: a 7 turns at its top, a hasty one not quite."""
OPEN = 0.25
"""Share of the width, from the open side, within which both arms end and nothing stands between them."""
CRUMBS = 0.06
"""In square ems, ink beside the sign that is none: a full stop."""
FRAYED = 0.1
"""Share of its columns that may have a third piece of ink, where a stroke's end is frayed."""
ARMS = 0.5
"""Share of its width along which the two arms are apart."""
APART = 0.5
"""Share of the height that the arms' ends are apart at least."""


def wedge_of(mask: Bools, em: float) -> tuple[str, bool]:
    """'>' or '<' where all ink is one such sign, and whether it can be nothing else; else ''."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if len(stats) < 2:
        return "", False
    label = 1 + int(stats[1:, 4].argmax())
    x, y, width, height, area = (int(v) for v in stats[label])
    if mask.sum() - area > CRUMBS * em * em:
        return "", False
    own = labels[y : y + height, x : x + width] == label
    if not (SMALLEST * em < min(own.shape) and max(own.shape) < LARGEST * em and 0.4 < width / height < 2.5):
        return "", False
    for sign, way in ((">", own), ("<", own[:, ::-1])):
        if (turn := _turn(way)) is not None:
            return sign, turn > SURELY
    return "", False


def _turn(own: Bools) -> float | None:
    """Where, of its height, a stroke turns at the right that comes from the upper left and goes back to the lower left."""
    height, width = own.shape
    tip = np.flatnonzero(own[:, -max(1, width // 12) :].any(axis=1)) / height
    if not TURNS[0] < tip.mean() < TURNS[1]:
        return None
    arms = _arms(own)
    gaps = [lower - upper for upper, lower in arms]
    opened = gaps[: max(1, round(OPEN * width))]
    if len(arms) < ARMS * width or not opened or max(opened) < APART * height:
        return None
    upper, lower = np.array([a for a, _ in arms]), np.array([b for _, b in arms])
    falls, rises = np.diff(upper) >= -1, np.diff(lower) <= 1
    straight = falls.mean() > 0.9 and rises.mean() > 0.9 and gaps[0] > 2 * gaps[-1]
    return float(tip.mean()) if straight else None


def _arms(own: Bools) -> list[tuple[float, float]]:
    """Of each column, from the open side to where the arms meet, the middles of its two strokes; none with many of more."""
    found, frayed = [], 0
    for column in own.T:
        edges = np.flatnonzero(np.diff(np.pad(column.astype(np.int8), 1)))
        if len(edges) >= 4:
            found.append(((edges[0] + edges[1]) / 2, (edges[-2] + edges[-1]) / 2))
            frayed += len(edges) > 4
        elif found or (len(edges) == 2 and edges[1] - edges[0] > APART * len(column)):
            break  # where the arms meet, or at the stem of a D
    return found if frayed <= FRAYED * own.shape[1] else []
