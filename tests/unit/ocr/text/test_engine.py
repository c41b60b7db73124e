import cv2
import numpy as np
import pytest

from services.ocr.core import engine as engines
from services.ocr.core import geometry
from services.ocr.core.engine import Engine, Image


@pytest.fixture(scope="module", params=["openvino", "onnxruntime"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return engines.load(request.param)


def page(*texts: str) -> Image:
    made = np.full((100 * len(texts) + 60, 800, 3), 255, np.uint8)
    for row, text in enumerate(texts):
        cv2.putText(made, text, (40, 80 + 100 * row), cv2.FONT_HERSHEY_DUPLEX, 1.3, (20, 20, 20), 2)
    return made


def test_lines_are_found_and_read_with_honest_confidence(engine: Engine) -> None:
    written = ("12. Which one is right", "Question 7 of 25")
    seen = page(*written)
    quads = sorted(engine.detect(seen), key=lambda quad: float(quad[0, 1]))
    texts = engine.recognise([geometry.crop(seen, quad) for quad in quads])
    assert [text.text.replace(" ", "") for text in texts] == [text.replace(" ", "") for text in written]
    assert all(0.8 < text.confidence <= 1 for text in texts)
    for text in texts:
        assert list(text.xs) == sorted(text.xs)
        assert len(text.xs) == len(text.confidences) == len(text.text)
        assert 0 <= text.xs[0] < text.xs[-1] <= 1


def test_a_written_letter_is_the_likeliest_of_the_candidates(engine: Engine) -> None:
    letter = page("B")[20:110, 20:110]
    told = engine.judge([letter], [["A", "B", "C", "D"]])[0].candidates
    assert max(told, key=lambda candidate: told[candidate]) == "B"
    assert sum(told.values()) <= 1.0001


def test_an_empty_strip_has_no_text(engine: Engine) -> None:
    (text,) = engine.recognise([np.full((40, 200, 3), 255, np.uint8)])
    assert text.text.strip() == ""
    assert engine.detect(np.full((400, 300, 3), 255, np.uint8)) == []
