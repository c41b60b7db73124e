import cv2
import numpy as np

from contracts.artefacts.reading import Line
from services.ocr.core import quality


def line(x0: float, x1: float, y: float, confidence: float = 0.98) -> Line:
    box = ((x0, y), (x1, y), (x1, y + 30), (x0, y + 30))
    return Line(text="some words", confidence=confidence, box=box)


def page(light: int = 245) -> np.ndarray:
    made = np.full((600, 800, 3), light, np.uint8)
    for row in range(6):
        cv2.putText(made, "Words upon words", (60, 80 + 80 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (10, 10, 10), 2)
    return made


LINES = [line(60, 500, 80 * row) for row in range(1, 7)]


def test_a_good_page_gets_no_advice() -> None:
    found = quality.assess(page(), LINES, 0.3, 0)
    assert found.advice == ()
    assert found.mean_confidence == 0.98


def test_blur_grows_with_the_lens_out_of_focus_and_is_said_only_when_reading_suffers() -> None:
    soft = np.asarray(cv2.GaussianBlur(page(), (0, 0), 4), np.uint8)
    assert quality.assess(soft, LINES, 0, 0).blur > quality.assess(page(), LINES, 0, 0).blur + 0.3
    unsure = [line(60, 500, 80 * row, confidence=0.7) for row in range(1, 7)]
    assert "blurred" in quality.assess(soft, unsure, 0, 0).advice
    assert "blurred" not in quality.assess(soft, LINES, 0, 0).advice


def test_text_that_runs_into_the_edge_was_cut_off() -> None:
    assert "cut_off" in quality.assess(page(), [*LINES, line(0, 400, 20), line(1, 300, 500)], 0, 0).advice


def test_a_page_in_the_dark_and_a_page_upside_down_are_named() -> None:
    assert "dark" in quality.assess(page(light=60), LINES, 0, 0).advice
    assert "upside_down" in quality.assess(page(), LINES, 0, 180).advice
