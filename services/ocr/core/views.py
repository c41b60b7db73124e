"""Several views of doubtful handwriting, which the recogniser reads differently: candidates for what a place says.

Taking what most views say instead of the first one was tried on 176 English blanks and changed as many for the worse as for
the better; a list of words or a key, which come later, can choose among them.
"""

from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np

from services.ocr.core.raster import Image
from services.ocr.core.said import Text

VIEWS = 3


def views_of(crop: Image) -> list[Image]:
    """The crop squeezed, softened, and with room around it."""
    height, width = crop.shape[:2]
    squeezed = cv2.resize(crop, (max(8, round(0.8 * width)), height), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(crop, (0, 0), max(0.6, height / 60))
    paper = tuple(int(v) for v in np.percentile(crop.reshape(-1, 3), 80, axis=0))
    room = round(0.12 * height)
    wide = cv2.copyMakeBorder(crop, room, room, room, room, cv2.BORDER_CONSTANT, value=paper)
    return [np.asarray(view, np.uint8) for view in (squeezed, soft, wide)]


def shares(readings: Sequence[Text]) -> dict[str, float]:
    """The share of readings, at least one, that say each text; what is no text counts for none."""
    counts = Counter(text for reading in readings if (text := reading.text.strip()))
    return {text: count / len(readings) for text, count in counts.items()}
