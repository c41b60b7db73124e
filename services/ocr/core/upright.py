"""Which way up a page is: the orientation model proposes, legible lines decide."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core import geometry
from services.ocr.core.engine import Engine, Turn
from services.ocr.core.raster import Image

Floats = npt.NDArray[np.float32]

SKETCH_SIDE = 640
"""Longer side at which text is looked for before the page is flat: which way it runs takes no fine boxes."""
SAMPLE = 40
TALL = 1.5
SURE = 0.8
"""Mean confidence of lines read upside down is about .5."""
MOST_LETTERS = 12
"""Letters that count of one line: a single long one may run along the sheet's edge, as a form's or a binding's print does."""
MIN_LETTERS = 6


def turn_of(bgr: Image, engine: Engine) -> tuple[Turn, list[Floats]]:
    """Degrees clockwise by which the content is turned, and the text boxes of the page turned upright."""
    small = reduced(bgr)
    proposed = engine.orientation(small)
    sketch = _enlarged(engine.detect(small), bgr, small)
    if proposed == 0 and not _is_doubtful(sketch):
        return 0, sketch
    as_is = engine.detect(bgr)  # small print may run together in a sketch
    if proposed == 0 and not _is_doubtful(as_is):
        return 0, as_is
    best: tuple[float, Turn, list[Floats]] = (legibility(bgr, as_is, engine), 0, as_is)
    others: tuple[Turn, ...] = (proposed,) if proposed else (90, 270)
    for turn in others:
        upright = geometry.turned(bgr, turn)
        quads = engine.detect(upright)
        best = max(best, (legibility(upright, quads, engine), turn, quads), key=lambda item: item[0])
    if best[0] < MIN_LETTERS and best[2]:
        # Nothing reads this way: the model may have taken a page for its upside-down self.
        turns: tuple[Turn, ...] = (0, 90, 180, 270)
        opposite = turns[(best[1] // 90 + 2) % 4]
        upright = geometry.turned(bgr, opposite)
        quads = engine.detect(upright)
        best = max(best, (legibility(upright, quads, engine), opposite, quads), key=lambda item: item[0])
    return best[1], best[2]


def sketched(bgr: Image, engine: Engine) -> list[Floats]:
    """Text boxes of a page as they show at a small size, in its own pixels."""
    small = reduced(bgr)
    return _enlarged(engine.detect(small), bgr, small)


def reduced(bgr: Image, side: float = SKETCH_SIDE) -> Image:
    """The page with its longer side so long, at the size for a sketch by itself; a smaller page as it is."""
    ratio = side / max(bgr.shape[:2])
    if ratio >= 1:
        return bgr
    return np.asarray(cv2.resize(bgr, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA), np.uint8)


def legibility(bgr: Image, quads: Sequence[Floats], engine: Engine) -> float:
    """Number of letters surely read in the longest boxes that lie flat.

    Letters only: rows of digits and bubbles read about as well in any direction.
    """
    flat = [quad for quad in quads if _sides(quad)[1] <= TALL * _sides(quad)[0]]
    sample = sorted(flat, key=lambda quad: -_sides(quad)[0])[:SAMPLE]
    texts = engine.recognise([geometry.crop(bgr, quad) for quad in sample])
    letters = [sum(map(str.isalpha, text.text)) for text in texts if text.confidence > SURE]
    return float(sum(min(MOST_LETTERS, count) for count in letters))


def _enlarged(quads: Sequence[Floats], bgr: Image, small: Image) -> list[Floats]:
    """Quads of `small` in pixels of `bgr`."""
    ratio = np.float32(max(small.shape[:2]) / max(bgr.shape[:2]))
    return [quad / ratio for quad in quads]


def _is_doubtful(quads: Sequence[Floats]) -> bool:
    """Most of the text stands on its side."""
    long = [(w, h) for w, h in map(_sides, quads) if max(w, h) > 2.5 * min(w, h)]
    return len(long) >= 4 and sum(h > w for w, h in long) > 0.6 * len(long)


def _sides(quad: Floats) -> tuple[float, float]:
    return float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))
