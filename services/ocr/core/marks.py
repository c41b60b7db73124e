"""A teacher's red marks: where red ink is, and what its strokes look like."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from contracts.artefacts.reading import Mark
from contracts.base import Box
from services.ocr.core.engine import Engine
from services.ocr.core.flat import Leaf, Mask
from services.ocr.core.outlines import outlined
from services.ocr.core.raster import Image
from services.ocr.core.said import Judged

REDNESS = 38
"""Red minus the stronger of green and blue, on paper made white: the paper's and lamp's tint is below."""
FAINT = 22
"""Redness that continues a stroke: the borders of JPEG's chroma blocks."""
MAX_COVER = 0.06
"""A page with more red than this is printed in red."""
MIN_SIDE = 15
MIN_DOT = 6
"""Pixels (at unit 1): a minus sign is short; what is shorter than MIN_SIDE counts only beside other strokes."""
MAX_READINGS = 24
"""Recogniser calls per page for scores."""
RED_FLOOR = 150
"""Inside a red stroke, only pixels with more red than this are whitened: black ink under the stroke stays."""


class _Blob(NamedTuple):
    """One connected red stroke or group of strokes; mask: its pixels inside the box."""

    box: tuple[int, int, int, int]
    mask: npt.NDArray[np.bool_]


def red_ink(leaf: Leaf) -> Mask:
    """(h, w) mask of red ink: faint red that touches sure red."""
    return _hysteresis(leaf.redness)


def find_marks(leaf: Leaf, red: Mask, engine: Engine) -> list[Mark]:
    """Marks of a page, top to bottom. red: its mask of red ink."""
    scale = leaf.unit
    if np.count_nonzero(red) > MAX_COVER * red.size:
        return []
    strokes = [(blob, *_shape(blob, scale)) for blob in _blobs(red, scale)]
    written = [b for b, kind, _ in strokes if kind == "other" and b.box[3] < 75 * scale]
    rings = [b for b, kind, _ in strokes if kind == "circle"]
    scores = _scores(written, rings, leaf.redness, scale, engine)
    marks = [Mark(kind=kind, box=_box(b), confidence=sure) for b, kind, sure in strokes if kind in KINDS]
    taken = [s.box for s in scores]
    marks = [m for m in marks if not any(_inside(m.box, box) for box in taken)]
    others = [
        Mark(kind="other", box=_box(b), confidence=0.5)
        for b, kind, _ in strokes
        if kind == "other" and max(b.box[2:]) >= MIN_SIDE * scale and not any(_inside(_box(b), box) for box in taken)
    ]
    return sorted([*marks, *scores, *others], key=lambda m: (m.box[1], m.box[0]))


def without_red(bgr: Image, red: Mask) -> Image:
    """The page with the teacher's strokes whitened. red: their mask, of any size in the page's proportions."""
    if not red.any():
        return bgr
    height, width = bgr.shape[:2]
    if red.shape != (height, width):
        red = np.asarray(cv2.resize(red, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    light = cv2.threshold(cv2.extractChannel(bgr, 2), RED_FLOOR, 255, cv2.THRESH_BINARY)[1]
    whitened = cv2.cvtColor(cv2.bitwise_and(red, light), cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.bitwise_or(bgr, whitened), np.uint8)


KINDS = ("tick", "half_tick", "cross", "circle")


def _hysteresis(redness: Mask) -> Mask:
    faint = cv2.threshold(redness, FAINT, 255, cv2.THRESH_BINARY)[1]
    sure = cv2.threshold(redness, REDNESS, 255, cv2.THRESH_BINARY)[1]
    sure = cv2.morphologyEx(sure, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    if not sure.any():
        return np.zeros_like(redness)
    count, labels = cv2.connectedComponents(faint, connectivity=8)
    keep = np.zeros(count, np.uint8)
    keep[labels[sure > 0]] = 255
    keep[0] = 0
    return np.asarray(keep[labels], dtype=np.uint8)


def _blobs(mask: Mask, scale: float) -> list[_Blob]:
    joined = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)
    found = []
    for stroke in outlined(joined):
        if max(stroke.box[2:]) < MIN_DOT * scale:
            continue
        own = stroke.own(joined) & (mask[stroke.window] > 0)
        if own.any():
            found.append(_Blob(stroke.box, own))
    return found


def _shape(blob: _Blob, scale: float) -> tuple[str, float]:
    """(kind, confidence) of one blob by where its strokes reach."""
    _, _, w, h = blob.box
    if max(w, h) < 26 * scale or not 0.35 < w / h < 4:
        return "other", 0.5
    small = cv2.resize(blob.mask.astype(np.uint8), (40, 40), interpolation=cv2.INTER_AREA) > 0
    if _is_ring(blob.mask) or _is_round(small):
        return "circle", 0.9
    corners = {name for name, (rows, columns) in CORNERS.items() if small[rows, columns].any()}
    sides = sum(bool(small[rows, columns].any()) for rows, columns in SIDES)
    if len(corners) == len(CORNERS) and small[14:26, 10:30].any() and sides <= 1:
        return "cross", 0.85
    if "tr" in corners and not corners & {"br", "tl"}:
        return _rising(small)
    return "other", 0.4


def _rising(small: npt.NDArray[np.bool_]) -> tuple[str, float]:
    """A stroke that ends top right, with nothing top left and bottom right: a tick, a half tick or a slash."""
    low = _lowest(small)
    if small[4:30, :9].any() and low > 5 and _falls_left(small, low):
        return ("half_tick", 0.75) if _crossed_arm(small, low) else ("tick", 0.9)
    return ("cross", 0.55) if low <= 9 and _straightness(small) > 0.9 else ("other", 0.4)


def _is_round(small: npt.NDArray[np.bool_]) -> bool:
    """Whether ink is at the middle of all four sides and at none of the corners: a ring that its content touches."""
    ends = (slice(0, 5), slice(35, 40))
    if any(small[rows, columns].any() for rows in ends for columns in ends):
        return False
    middle = slice(13, 27)
    return all(
        bool(small[side].any()) for side in ((ends[0], middle), (ends[1], middle), (middle, ends[0]), (middle, ends[1]))
    )


CORNERS = {
    "tl": (slice(0, 12), slice(0, 12)),
    "tr": (slice(0, 12), slice(28, 40)),
    "bl": (slice(28, 40), slice(0, 12)),
    "br": (slice(28, 40), slice(28, 40)),
}


SIDES = (
    (slice(0, 7), slice(16, 24)),
    (slice(33, 40), slice(16, 24)),
    (slice(16, 24), slice(0, 7)),
    (slice(16, 24), slice(33, 40)),
)
"""The middles of the four sides: a cross leaves them empty, digits do not."""


def _is_ring(mask: npt.NDArray[np.bool_]) -> bool:
    """Whether the stroke goes around most of its box and leaves the middle empty or closed."""
    h, w = mask.shape
    if not 0.4 < w / h < 2.6:
        return False
    thick = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
    contours, hierarchy = cv2.findContours(thick, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    holes = [] if hierarchy is None else [c for c, links in zip(contours, hierarchy[0], strict=True) if links[3] >= 0]
    return bool(sum(cv2.contourArea(c) for c in holes) > 0.38 * w * h)


def _lowest(small: npt.NDArray[np.bool_]) -> float:
    """Mean column of the lowest strokes."""
    return float(np.nonzero(small[-4:])[1].mean()) if small[-4:].any() else 0.0


def _falls_left(small: npt.NDArray[np.bool_], low: float) -> bool:
    """Whether left of the lowest point the stroke comes down from above: a tick's short arm."""
    left = small[:, : max(3, int(low * 0.5))]
    return bool(left.any()) and float(np.nonzero(left)[0].mean()) < 33


def _straightness(small: npt.NDArray[np.bool_]) -> float:
    ys, xs = np.nonzero(small)
    return abs(float(np.corrcoef(xs, ys)[0, 1])) if len(xs) > 8 and xs.std() > 0 and ys.std() > 0 else 0.0


def _crossed_arm(small: npt.NDArray[np.bool_], low: float) -> bool:
    """Whether a short stroke crosses the long arm: in many rows right of the corner there are two strokes, not one."""
    right = small[:, int(low) :]
    starts = np.diff(np.pad(right.astype(np.int8), ((0, 0), (1, 0))), axis=1) == 1
    return int((starts[3:34].sum(axis=1) >= 2).sum()) >= 5


def _scores(
    written: Sequence[_Blob], rings: Sequence[_Blob], redness: Mask, scale: float, engine: Engine
) -> list[Mark]:
    """Red digits, grouped into numbers, and numbers inside red circles, read with digits as the only candidates."""
    places = []
    for group in _neighbours([b.box for b in written], scale)[:MAX_READINGS]:
        x0, y0, x1, y1 = group
        if 14 * scale < y1 - y0 < 130 * scale and x1 - x0 <= 6 * (y1 - y0):
            places.append(((float(x0), float(y0), float(x1), float(y1)), _crop(redness, group)))
    for ring in rings:
        x, y, w, h = ring.box
        inner = (x + w // 6, y + h // 7, x + w - w // 6, y + h - h // 7)
        if redness[inner[1] : inner[3], inner[0] : inner[2]].max(initial=0) >= REDNESS:
            places.append((_box(ring), _crop(redness, inner)))
    judged = engine.judge([crop for _, crop in places], [NUMBERS] * len(places))
    numbers = [(box, *_number(reading)) for (box, _), reading in zip(places, judged, strict=True)]
    return [Mark(kind="score", box=box, text=text, confidence=sure) for box, text, sure in numbers if text]


def _neighbours(boxes: list[tuple[int, int, int, int]], scale: float) -> list[tuple[int, int, int, int]]:
    """Boxes (x0, y0, x1, y1) of blobs that stand side by side like the characters of a number."""
    groups: list[tuple[int, int, int, int]] = []
    for x, y, w, h in sorted(boxes):
        for index, (gx0, gy0, gx1, gy1) in enumerate(groups):
            height = max(h, gy1 - gy0)
            level = min(gy1, y + h) - max(gy0, y) > 0.5 * min(h, gy1 - gy0)
            if level and -0.3 * height < x - gx1 < 0.55 * height + 2 * scale:
                groups[index] = (gx0, min(gy0, y), max(gx1, x + w), max(gy1, y + h))
                break
        else:
            groups.append((x, y, x + w, y + h))
    return groups


def _crop(redness: Mask, box: tuple[int, int, int, int]) -> Image:
    """Red as black on white, with a margin: black print under the stroke vanishes."""
    x0, y0, x1, y1 = box
    margin = max(4, (y1 - y0) // 4)
    patch = redness[max(0, y0 - margin) : y1 + margin, max(0, x0 - margin) : x1 + margin].astype(np.float32)
    strong = max(60.0, float(np.percentile(patch, 98)))
    grey = np.asarray(np.clip(255 - 255 * patch / strong, 0, 255), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), dtype=np.uint8)


NUMBERS = (*map(str, range(11)), *(f"-{n}" for n in range(1, 13)))


def _number(judged: Judged) -> tuple[str, float]:
    """The number on a crop, "" when it is none."""
    plain = judged.free.text.replace(" ", "").translate(_DIGITS).strip(".,")
    if re.fullmatch(r"[-+]?\d{1,3}(\.5)?", plain):
        return plain, float(np.clip(judged.free.confidence, 0, 1))
    best = max(judged.candidates, key=lambda c: judged.candidates[c])
    return (best, judged.candidates[best]) if judged.candidates[best] > 0.4 else ("", 0.0)


_DIGITS = str.maketrans(
    {
        "o": "0",
        "O": "0",
        "Q": "0",
        "l": "1",
        "I": "1",
        "|": "1",
        "Z": "2",
        "z": "2",
        "S": "5",
        "—": "-",
        "一": "-",
        "–": "-",
        "－": "-",
        "_": "-",
        "−": "-",
    }
)


def _box(blob: _Blob) -> Box:
    x, y, w, h = blob.box
    return float(x), float(y), float(x + w), float(y + h)


def _inside(box: Box, outer: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]
