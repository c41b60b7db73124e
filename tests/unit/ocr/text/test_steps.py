import numpy as np
import pytest

from services.ocr.core.steps import Logits, Probabilities, Steps


def of_bits(values: np.ndarray) -> Steps:
    """Logits as the recogniser gives them: the upper half of each float."""
    return Logits((values.view(np.uint32) >> 16).astype(np.uint16).view(np.int16))


def brief(seed: int, shift: float = 0.0) -> np.ndarray:
    """Floats (6, 50) that sixteen bits hold exactly."""
    raw = (np.random.default_rng(seed).normal(shift, 6, (6, 50))).astype(np.float32)
    return (raw.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)


@pytest.mark.parametrize("shift", [0.0, 30.0, -60.0])
@pytest.mark.parametrize("make", [of_bits, Logits])
def test_logits_say_what_their_softmax_says(shift: float, make: type[Logits]) -> None:
    values = brief(1, shift)
    powers = np.exp(values.astype(np.float64) - values.max(axis=1, keepdims=True))
    expected = Probabilities((powers / powers.sum(axis=1, keepdims=True)).astype(np.float32))
    found, some = make(values), np.array([0, 3, 5])
    assert found.best().tolist() == expected.best().tolist() == values.argmax(axis=1).tolist()
    assert found.peaks(some) == pytest.approx(expected.peaks(some), rel=1e-5)
    assert found.shares(3) == pytest.approx(expected.shares(3), rel=1e-4, abs=1e-7)
    assert found.probabilities() == pytest.approx(expected.probabilities(), rel=1e-4, abs=1e-7)


def test_a_step_whose_logits_are_all_negative_has_the_one_nearest_to_zero_as_its_best() -> None:
    assert of_bits(np.array([[-4, -1, -2], [3, -8, 1]], np.float32)).best().tolist() == [1, 0]


def test_no_steps_have_no_peaks() -> None:
    none = np.array([], np.intp)
    assert Logits(brief(1)).peaks(none).shape == Probabilities(brief(1)).peaks(none).shape == (0,)
