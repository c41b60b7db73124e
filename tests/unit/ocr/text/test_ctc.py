import itertools

import numpy as np
import pytest

from services.ocr.core import ctc
from services.ocr.core.steps import Probabilities

ALPHABET = ("", "A", "B", "C")
CLASSES = {"A": (1,), "B": (2,), "C": (3,)}


def random_steps(seed: int, steps: int = 5) -> np.ndarray:
    raw = np.random.default_rng(seed).random((steps, len(ALPHABET))).astype(np.float32)
    return raw / raw.sum(axis=1, keepdims=True)


def collapsed(path: tuple[int, ...]) -> str:
    return "".join(ALPHABET[c] for c, _ in itertools.groupby(path))


@pytest.mark.parametrize("text", ["", "A", "AB", "AA", "ABA", "BBC"])
@pytest.mark.parametrize("seed", range(4))
def test_forward_is_the_sum_over_all_paths(text: str, seed: int) -> None:
    steps = random_steps(seed)
    paths = itertools.product(range(len(ALPHABET)), repeat=len(steps))
    expected = sum(
        float(np.prod([steps[t, c] for t, c in enumerate(path)])) for path in paths if collapsed(path) == text
    )
    columns = np.array([steps[:, CLASSES[c][0]] for c in text], float).reshape(len(text), len(steps)).T
    assert np.exp(ctc.forward(columns[None], steps[:, 0].astype(float))[0]) == pytest.approx(expected, rel=1e-4)


def test_greedy_collapses_repeats_and_keeps_doubles_apart_by_blanks() -> None:
    best = [1, 1, 0, 1, 2, 0]
    steps = np.full((6, 4), 0.05, np.float32)
    steps[np.arange(6), best] = 0.85
    found = ctc.greedy(Probabilities(steps), ALPHABET)
    assert [character for character, _, _ in found] == ["A", "A", "B"]
    assert [x for _, x, _ in found] == sorted(x for _, x, _ in found)


def test_posterior_ranks_the_written_candidate_first_and_knows_none_of_them_when_another_text_is_read() -> None:
    steps = np.full((4, 4), 0.01, np.float32)
    steps[[0, 1, 2, 3], [0, 2, 2, 0]] = 0.97
    told = ctc.posterior(steps, ["A", "B", "Z"], CLASSES)
    assert told["B"] > 0.95
    assert told["Z"] == 0
    assert ctc.posterior(steps, ["A"], CLASSES)["A"] < 0.05


def test_look_alike_classes_count_for_the_same_character() -> None:
    classes = ctc.classes_of(("", "B", "Β", "x"), lambda c: "B" if c == "Β" else c)
    assert classes["B"] == (1, 2)
