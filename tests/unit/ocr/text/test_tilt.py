"""Pages are straightened by what is printed on them: lines that a hand wrote may climb."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from contracts.artefacts.reading import Rule
from services.ocr.core import geometry
from services.ocr.core.page import rectified
from services.ocr.core.raster import Image, Raster
from services.ocr.core.tilt import tilt, tilt_of
from tests.unit.ocr.ink.conftest import ScriptedEngine

WIDTH, HEIGHT = 826, 1169


def sheet(degrees: float, levels: Sequence[int] = (300, 600, 900)) -> Image:
    """A page with rules across it, turned clockwise."""
    page = np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
    for y in levels:
        cv2.line(page, (100, y), (720, y), (20, 20, 20), 2)
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), -degrees, 1)
    return np.asarray(cv2.warpAffine(page, turn, (WIDTH, HEIGHT), borderValue=(250, 250, 250)), np.uint8)


def rule(degrees: float, y: float, length: float = 500) -> Rule:
    return Rule(start=(100, y), end=(100 + length, y + length * float(np.tan(np.radians(degrees)))))


class Climbing(ScriptedEngine):
    """An engine that sees lines of text which climb by so many degrees."""

    def __init__(self, degrees: float) -> None:
        super().__init__()
        self.degrees = degrees

    def detect(self, bgr: Image) -> list[np.ndarray]:
        size = max(bgr.shape[:2]) / HEIGHT
        rise = 500 * float(np.tan(np.radians(self.degrees)))
        line = np.array([[120, 0], [620, -rise], [620, 24 - rise], [120, 24]])
        return [((line + np.array([0, y])) * size).astype(np.float32) for y in range(320, 900, 60)]


@pytest.mark.parametrize("degrees", [-2.5, -0.4, 0.0, 1.0])
def test_the_slope_of_printed_rules_is_told(degrees: float) -> None:
    assert tilt_of(sheet(degrees), np.eye(3), (WIDTH, HEIGHT)) == pytest.approx(degrees, abs=0.1)


def test_a_page_of_climbing_writing_between_level_rules_stays_as_it_is() -> None:
    page = sheet(0)
    flat = rectified(Raster(page, np.eye(3), page), Climbing(1.2))
    assert flat.skew == pytest.approx(0, abs=0.1)
    assert np.allclose(flat.matrix, np.eye(3))


def test_without_rules_the_writing_tells() -> None:
    page = sheet(0, levels=())
    flat = rectified(Raster(page, np.eye(3), page), Climbing(1.2))
    assert flat.skew == pytest.approx(-1.2, abs=0.1)
    up, right = geometry.moved(np.array([[120, 500], [620, 500 - 500 * np.tan(np.radians(1.2))]]), flat.matrix)
    assert up[1] == pytest.approx(right[1], abs=1)


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param([rule(1, 300)], id="one alone"),
        pytest.param([rule(1, 300, length=150), rule(1, 400, length=150)], id="bars of fractions"),
        pytest.param([rule(0.5, 300), rule(1.5, 600), rule(-0.7, 900)], id="they disagree"),
    ],
)
def test_few_short_or_contrary_rules_tell_nothing(rules: list[Rule]) -> None:
    assert tilt(rules, WIDTH) == 0


def test_one_stray_rule_among_many_is_outvoted() -> None:
    assert tilt([rule(0.3, 300), rule(0.35, 500), rule(0.3, 700), rule(2.5, 900, length=250)], WIDTH) == pytest.approx(
        0.3, abs=0.06
    )
