import cv2
import numpy as np
import pytest

from services.ocr.core.flat import Leaf
from services.ocr.core.marks import find_marks, red_ink
from tests.unit.ocr.ink.conftest import ScriptedEngine, write

RED = (50, 40, 215)


def tick(page, x, y, u=40):
    points = np.array([(x - u, y), (x - u // 4, y + 3 * u // 4), (x + 5 * u // 4, y - u)])
    cv2.polylines(page, [points], isClosed=False, color=RED, thickness=4, lineType=cv2.LINE_AA)


def cross(page, x, y, u=35):
    cv2.line(page, (x - u, y - u), (x + u, y + u), RED, 4, cv2.LINE_AA)
    cv2.line(page, (x + u, y - u), (x - u, y + u), RED, 4, cv2.LINE_AA)


def marks_of(page, text=""):
    leaf = Leaf(page)
    return find_marks(leaf, red_ink(leaf), ScriptedEngine(text))


def kinds(page, text=""):
    return [m.kind for m in marks_of(page, text)]


def test_a_tick_is_a_tick(page):
    tick(page, 400, 400)
    assert kinds(page) == ["tick"]


def test_a_tick_with_a_stroke_through_its_arm_is_half(page):
    tick(page, 400, 400)
    cv2.line(page, (405, 375), (440, 405), RED, 4, cv2.LINE_AA)
    assert kinds(page) == ["half_tick"]


def test_a_cross_is_a_cross(page):
    cross(page, 400, 400)
    assert kinds(page) == ["cross"]


def test_a_ring_is_a_circle(page):
    cv2.ellipse(page, (400, 400), (60, 40), 0, 0, 360, RED, 4, cv2.LINE_AA)
    assert kinds(page) == ["circle"]


@pytest.mark.parametrize("read", ["-2", "15"])
def test_a_red_number_is_a_score_with_its_text(page, read):
    write(page, read, 400, 400, 1.2, RED)
    assert [(m.kind, m.text) for m in marks_of(page, read)] == [("score", read)]


def test_black_and_blue_ink_is_no_mark(page):
    write(page, "A student's answer", 200, 300)
    write(page, "in blue ink", 200, 400, 1.0, (170, 60, 20))
    assert marks_of(page, "x") == []
    assert not red_ink(Leaf(page)).any()


def test_warm_lamp_light_is_no_red(page):
    write(page, "Printed text under a lamp", 200, 300)
    warm = (page * np.array([0.62, 0.8, 1.0])).astype(np.uint8)
    assert not red_ink(Leaf(warm)).any()


def test_the_mask_covers_the_strokes(page):
    tick(page, 400, 400)
    drawn = page[:, :, 1] < 100
    mask = red_ink(Leaf(page)) > 0
    assert mask[drawn].mean() > 0.95
    assert mask.mean() < 2 * drawn.mean()
