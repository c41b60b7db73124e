"""Batches of pictures and texts, drawn for ever."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

from scripts.train_hand.hands import Hand
from scripts.train_hand.texts import drawn
from scripts.train_hand.writing import picture
from services.ocr.core.hand.alphabet import ALPHABET
from services.ocr.core.hand.pictures import LEAST, STEP, batch_of, inked

NUMBERS = {sign: number for number, sign in enumerate(ALPHABET)}
_ROUND = 8
"""Batches drawn at once, so that those of like width go together."""


def hands_of(folder: Path) -> tuple[list[Hand], list[Hand]]:
    """(Latin hands, pieces of Chinese and Japanese hands) of a folder of unpacked font packages."""
    latin = [Hand(path) for path in sorted(folder.glob("*/package/files/*-latin-400-normal.woff2"))]
    pieces = [Hand(path) for path in sorted(folder.glob("*/package/files/*-[0-9]*-400-normal.woff2"))]
    return [h for h in latin if all(map(h.draws, "ABCabc123"))], [h for h in pieces if len(others_of(h)) > 20]


def others_of(hand: Hand) -> list[str]:
    """The Chinese characters that a hand has."""
    return sorted(sign for sign in hand.covers if "一" <= sign <= "鿿")


def sample(rng: Random, latin: Sequence[Hand], chinese: Sequence[Hand]) -> tuple[npt.NDArray[np.float32], str]:
    """One picture with its text."""
    hand, other = rng.choice(latin), rng.choice(chinese)
    text, told = drawn(rng, others_of(other)[:400])
    kept = [(w, t) for w, t in zip(text, told, strict=True) if w == " " or hand.draws(w) or other.draws(w)]
    written = "".join(w for w, _ in kept)
    return inked(picture(written or "A", hand, other, rng)), "".join(t for _, t in kept if t != " ") or "A"


Batch = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]


def batches(seed: int, size: int, latin: Sequence[Hand], chinese: Sequence[Hand]) -> Iterator[Batch]:
    """(pictures, steps of each, classes of all texts one after the other, length of each)."""
    rng = Random(seed)
    while True:
        drawn_now = sorted((sample(rng, latin, chinese) for _ in range(_ROUND * size)), key=lambda s: s[0].shape[1])
        starts = list(range(0, len(drawn_now), size))
        rng.shuffle(starts)
        for start in starts:
            yield _batch(drawn_now[start : start + size])


def _batch(samples: Sequence[tuple[npt.NDArray[np.float32], str]]) -> Batch:
    # CTC needs a step for each sign and one between equal ones.
    samples = [(ink, text) for ink, text in samples if 2 * len(text) <= max(LEAST, ink.shape[1]) // STEP] or list(
        samples[:1]
    )
    width = -(-max(LEAST, *(ink.shape[1] for ink, _ in samples)) // STEP) * STEP
    steps = np.array([width // STEP for _ in samples])
    texts = np.array([NUMBERS[sign] for _, text in samples for sign in text])
    return batch_of([ink for ink, _ in samples], width), steps, texts, np.array([len(text) for _, text in samples])
