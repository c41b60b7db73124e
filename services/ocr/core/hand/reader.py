"""A second reader, of short handwriting alone: letters, digits and signs, told apart from everything else.

It is small, was trained on other writing than the page's recogniser, and looks at ink alone, so the two seldom make
the same mistake: where they agree they are right.
"""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from services.ocr.core import ctc
from services.ocr.core.hand.alphabet import ALPHABET
from services.ocr.core.hand.pictures import LEAST, batch_of, inked
from services.ocr.core.raster import Image
from services.ocr.core.said import NOTHING, Judged, Text
from services.ocr.core.sessions import Backend, Session, hand_session
from services.ocr.core.steps import Floats, Probabilities

MODEL = Path(__file__).with_name("hand.onnx")
WIDTHS = (LEAST, 48, 64, 96, 128, 192, 256, 384, 512, 640)
"""Widths that pictures are padded to, few for the runtime to keep its kernels."""
BATCHES = (1, 2, 4, 8)
_CLASSES = ctc.classes_of(ALPHABET, str.upper)
"""A letter of choice may be written small."""


class HandReader:
    """Reads crops of short handwriting. Not thread-safe: one per process."""

    def __init__(self, run: Session) -> None:
        self._run = run

    def judge(self, crops: Sequence[Image], candidates: Sequence[Sequence[str]]) -> list[Judged]:
        """As `Engine.judge`, but for spaces, which it doesn't read, characters outside the alphabet, which it reads as
        `alphabet.OTHER`, and candidates with such characters, of which it says nothing.
        """
        judged = [Judged(NOTHING, {}) for _ in crops]
        inks = {index: inked(crop) for index, crop in enumerate(crops) if min(crop.shape[:2]) >= 2}
        for width, indices in _together({index: ink.shape[1] for index, ink in inks.items()}):
            rows = self._run(batch_of([inks[i] for i in indices], width, _count(len(indices))))
            for index, row in zip(indices, rows, strict=False):
                steps = Probabilities(row)
                free = _free(steps, inks[index].shape[1] / width)
                judged[index] = Judged(free, _shares(row, candidates[index]))
        return judged


def load(backend: Backend = "openvino", threads: int = 1, precision: str | None = None) -> HandReader:
    """The reader on a backend (a quarter of a second where nothing of the backend was loaded before)."""
    return HandReader(hand_session(MODEL, backend, threads, precision))


def _shares(row: Floats, wanted: Sequence[str]) -> dict[str, float]:
    """Share of each text; one with a character that the reader doesn't know has none."""
    if not wanted:
        return {}
    scored = ctc.posterior(row, list(dict.fromkeys(text.upper() for text in wanted)), _CLASSES)
    return {text: scored[text.upper()] for text in wanted if set(text.upper()) <= _CLASSES.keys()}


def _free(steps: Probabilities, share: float) -> Text:
    found = ctc.greedy(steps, ALPHABET)
    if not found:
        return NOTHING
    text, xs, confidences = zip(*found, strict=True)
    return Text("".join(text), float(np.mean(confidences)), tuple(min(1.0, x / share) for x in xs), confidences)


def _together(widths: dict[int, int]) -> Iterator[tuple[int, list[int]]]:
    """Pictures read together, of one padded width: (width, their indices)."""
    padded = sorted((next(w for w in WIDTHS if w >= width), index) for index, width in widths.items())
    for width, group in itertools.groupby(padded, key=lambda item: item[0]):
        indices = [index for _, index in group]
        yield from ((width, indices[at : at + BATCHES[-1]]) for at in range(0, len(indices), BATCHES[-1]))


def _count(number: int) -> int:
    return next(size for size in BATCHES if size >= number)
