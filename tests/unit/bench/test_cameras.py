"""Pages photographed once more: the truth's boxes must go where the pixels go."""

import cv2
import numpy as np
import pytest

from bench.again import moved
from bench.cameras import CAMERAS, camera, is_sheet

DOTS = np.array([[60.0, 80.0], [700.0, 90.0], [400.0, 560.0], [90.0, 1000.0], [720.0, 1040.0]])


def dotted(paper: int = 245) -> np.ndarray:
    page = np.full((1120, 800, 3), paper, np.uint8)
    for x, y in DOTS:
        cv2.circle(page, (round(x), round(y)), 9, (0, 0, 0), -1)
    return page


@pytest.mark.parametrize("name", CAMERAS)
def test_a_points_way_is_that_of_its_pixels(name: str) -> None:
    page = dotted()
    taken = camera(name, page, "page")
    seen = cv2.cvtColor(taken.photograph(page), cv2.COLOR_BGR2GRAY)
    assert seen.shape == (taken.size[1], taken.size[0])
    for x, y in taken.points(DOTS):
        left, top = round(x) - 16, round(y) - 16
        patch = 255.0 - seen[top : top + 33, left : left + 33]
        ink = np.where(patch > (patch.min() + patch.max()) / 2, patch, 0)
        down, across = np.mgrid[top : top + 33, left : left + 33]
        centre = (ink * across).sum() / ink.sum(), (ink * down).sum() / ink.sum()
        assert np.hypot(centre[0] - x, centre[1] - y) < 1.5


def test_the_same_photograph_is_taken_again() -> None:
    page = dotted()
    first, second = (camera("by a phone", page, "paper/1").file(page) for _ in range(2))
    assert first == second
    assert camera("by a phone", page, "paper/2").file(page) != first


def test_boxes_of_the_truth_move_and_all_else_stays() -> None:
    taken = camera("smaller", dotted(), "page")
    truth = {"questions": [{"number": "1", "regions": [{"page": 1, "box": [100, 200, 300, 240]}]}], "lines": None}
    found = moved(truth, taken)
    region = found["questions"][0]["regions"][0]
    assert region["box"] == [75, 150, 225, 180]
    assert region["quad"] == [[75, 150], [225, 150], [225, 180], [75, 180]]
    assert found["lines"] is None
    assert found["questions"][0]["number"] == "1"


def test_a_desk_lies_only_around_a_whole_sheet() -> None:
    assert is_sheet(dotted())
    assert not is_sheet(dotted(paper=90))
