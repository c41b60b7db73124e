import numpy as np
import openvino
import pytest

from services.ocr.core import sessions


def stored(model: tuple[str, str]) -> openvino.CompiledModel:
    """A model as its wheel has it, in 32 bits."""
    path = sessions.model_path(*model)
    return openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).uniform(-1, 1, shape).astype(np.float32)


@pytest.fixture(scope="module")
def opened() -> sessions.Sessions:
    return sessions.opened("openvino", 1, "f32")


def test_the_detectors_heat_is_that_of_the_stored_model_with_its_sigmoid(opened: sessions.Sessions) -> None:
    picture = noise(1, 3, 96, 160)
    picture[:, :, 30:60, 20:140] = np.sign(picture[:, :, 30:60, 20:140])
    assert opened.detector(picture) == pytest.approx(stored(sessions.DETECTOR)([picture])[0][0, 0], abs=1e-4)


def test_the_recognisers_steps_are_those_of_the_stored_model_with_its_softmax(opened: sessions.Sessions) -> None:
    crops = noise(2, 3, 48, 96)
    expected = stored(sessions.RECOGNISER)([crops])[0]
    found = [steps.probabilities().copy() for steps in opened.recogniser(crops)]
    assert np.array(found) == pytest.approx(expected, abs=1e-4)


def test_a_model_that_ends_otherwise_is_refused_when_it_is_loaded() -> None:
    detector = openvino.Core().read_model(sessions.model_path(*sessions.DETECTOR))
    with pytest.raises(ValueError, match="the model ends with Sigmoid, not with Softmax"):
        sessions.without_last(detector, "Softmax", openvino.Type.f32)
