"""A page drawn by the test, and an engine that reads what it is told."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from contracts.artefacts.reading import Line
from services.ocr.core.said import Judged, Text

WIDTH, HEIGHT = 1200, 1600


class ScriptedEngine:
    """Reads every crop as `text`; each crop it was given is kept."""

    version = "scripted"

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.sure = 0.9
        self.crops: list[np.ndarray] = []

    def detect(self, bgr):
        return []

    def recognise(self, crops):
        self.crops += list(crops)
        return [Text(self.text, self.sure, (0.5,) * len(self.text), (self.sure,) * len(self.text)) for _ in crops]

    def judge(self, crops, candidates: Sequence[Sequence[str]]):
        told = [{c: min(0.95, self.sure + 0.05) if c == self.text else 0.0 for c in wanted} for wanted in candidates]
        return [Judged(free, scored) for free, scored in zip(self.recognise(crops), told, strict=True)]

    def orientation(self, bgr):
        return 0


@pytest.fixture
def page() -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), 245, np.uint8)


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine("B")


def write(page: np.ndarray, text: str, x: int, y: int, size: float = 1.0, colour=(30, 30, 30)) -> None:
    cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 2, cv2.LINE_AA)


def line(text: str, xs: Sequence[float], y: float, height: float = 36.0) -> Line:
    """A recognised line with its characters centred on `xs`."""
    left, right = xs[0] - 14, xs[-1] + 14
    top, bottom = y - height / 2, y + height / 2
    box = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Line(text=text, confidence=0.98, box=box, xs=tuple(xs), confidences=(0.98,) * len(text))


def filler() -> list[Line]:
    """Chinese body text far from what a test looks at: it tells the size of type (26 px)."""
    return [line("这是一行用来确定字号的正文文字内容", [100 + 26 * i for i in range(17)], 1500.0)]
