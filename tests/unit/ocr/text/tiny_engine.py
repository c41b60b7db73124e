"""A third engine, as a stranger would write it: dark rows of a page are its lines, and each says so."""

from collections.abc import Sequence

import numpy as np

from services.ocr.core.engine import Floats, Image, Turn
from services.ocr.core.said import Judged, Text


class TinyEngine:
    """Reads every line that has ink as `tiny`."""

    version = "tiny/1.0"

    def detect(self, bgr: Image) -> list[Floats]:
        dark = np.flatnonzero((bgr.min(axis=2) < 128).any(axis=1))
        if not dark.size:
            return []
        groups = np.split(dark, np.flatnonzero(np.diff(dark) > 10) + 1)
        width = bgr.shape[1] - 1
        return [
            np.array([[0, group[0]], [width, group[0]], [width, group[-1]], [0, group[-1]]], np.float32)
            for group in groups
        ]

    def recognise(self, crops: Sequence[Image]) -> list[Text]:
        return [one.free for one in self.judge(crops, [()] * len(crops))]

    def judge(self, crops: Sequence[Image], candidates: Sequence[Sequence[str]]) -> list[Judged]:
        read = [Text("tiny", 0.9, (0.1, 0.3, 0.5, 0.7), (0.9,) * 4) if crop.min() < 128 else NOTHING for crop in crops]
        return [Judged(text, dict.fromkeys(wanted, 0.0)) for text, wanted in zip(read, candidates, strict=True)]

    def orientation(self, bgr: Image) -> Turn:
        return 0


NOTHING = Text("", 0.0, (), ())


def engine(*, threads: int, detector_side: int) -> TinyEngine:
    assert threads
    assert detector_side
    return TinyEngine()


def broken(*, threads: int, detector_side: int) -> TinyEngine:
    raise FileNotFoundError("weights.bin")


def mute(*, threads: int, detector_side: int) -> object:
    return object()


class Unfair(TinyEngine):
    """Forgets the candidates."""

    def judge(self, crops: Sequence[Image], candidates: Sequence[Sequence[str]]) -> list[Judged]:
        return [Judged(NOTHING, {}) for _ in crops]


def unfair(*, threads: int, detector_side: int) -> TinyEngine:
    return Unfair()


def ending(*, threads: int, detector_side: int) -> TinyEngine:
    raise SystemExit(9)


def leaving(*, threads: int, detector_side: int) -> TinyEngine:
    raise SystemExit(0)


NUMBER = 7
