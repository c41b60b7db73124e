import cv2
import numpy as np
import pytest

from services.ocr.core.flat import Leaf
from services.ocr.core.grey_marks import find_grey_marks
from tests.unit.ocr.ink.conftest import write

PALE, BLACK = 100, 25
HEIGHT = 31
"""Of a text box around the page's type."""
ROWS = range(200, 1400, 100)


def pen(page, points, level, thick=4):
    cv2.polylines(page, [np.array(points)], False, (level,) * 3, thick, cv2.LINE_AA)


def tick(page, x, y, level=PALE, u=26):
    pen(page, [(x - u, y), (x - u // 4, y + 3 * u // 4), (x + 5 * u // 4, y - u)], level)


def cross(page, x, y, level=PALE, u=24):
    pen(page, [(x - u, y - u), (x + u, y + u)], level)
    pen(page, [(x + u, y - u), (x - u, y + u)], level)


def slash(page, x, y, level=PALE, u=26):
    pen(page, [(x + u, y - u), (x - u, y + u)], level)


@pytest.fixture
def printed(page):
    """A page of type 22 pixels tall."""
    for y in ROWS:
        write(page, "WAX KNAVE MAXIMAL VIEW XYLEM", 120, y, 0.75)
    return page


def quads():
    return [np.array([(120, y - 26), (620, y - 26), (620, y + 5), (120, y + 5)], np.float32) for y in ROWS]


def kinds(page):
    found = find_grey_marks(Leaf(page), quads())
    return None if found is None else sorted(mark.kind for mark in found.marks)


def test_paler_ticks_crosses_and_slashes_of_one_pen_are_marks(printed):
    tick(printed, 800, 300)
    cross(printed, 800, 500)
    slash(printed, 800, 700)
    assert kinds(printed) == ["cross", "cross", "tick"]


def test_a_mark_over_print_is_a_mark(printed):
    tick(printed, 800, 300)
    cross(printed, 800, 500)
    tick(printed, 300, 690)
    assert kinds(printed) == ["cross", "tick", "tick"]


def test_a_tick_with_a_stroke_through_its_arm_is_half(printed):
    tick(printed, 800, 300)
    tick(printed, 800, 500, u=40)
    pen(printed, [(806, 478), (838, 506)], PALE)
    assert kinds(printed) == ["half_tick", "tick"]


def test_a_slash_with_print_at_its_foot_is_no_tick(printed):
    tick(printed, 800, 300)
    cross(printed, 800, 500)
    slash(printed, 800, 700, u=30)
    pen(printed, [(745, 700), (770, 730)], BLACK)
    assert kinds(printed) == ["cross", "cross", "tick"]


def test_type_alone_is_no_mark(printed):
    assert kinds(printed) is None


def test_strokes_as_dark_as_the_print_are_the_pupils(printed):
    for y in (300, 500, 700):
        tick(printed, 800, y, BLACK)
        cross(printed, 900, y, BLACK)
    assert kinds(printed) is None


def test_one_stroke_does_not_show_that_a_teacher_was_here(printed):
    tick(printed, 800, 300)
    assert kinds(printed) is None


def test_long_lines_of_a_drawing_are_no_marks(printed):
    for x in (700, 800, 900):
        pen(printed, [(x, 500), (x + 150, 300)], PALE)
        pen(printed, [(x, 300), (x + 150, 500)], PALE)
    assert kinds(printed) is None


def test_a_page_with_colour_is_left_to_the_search_for_red(printed):
    tick(printed, 800, 300)
    cross(printed, 800, 500)
    cv2.circle(printed, (900, 900), 30, (200, 60, 60), 4)
    assert kinds(printed) is None


def test_the_marks_are_wiped_and_darker_ink_under_them_stays(printed):
    tick(printed, 800, 300)
    tick(printed, 800, 700)
    tick(printed, 800, 500)
    cv2.line(printed, (770, 492), (850, 492), (BLACK,) * 3, 5)
    found = find_grey_marks(Leaf(printed), quads())
    assert found is not None
    assert pale_in(found.clean) < 0.2 * pale_in(printed)
    assert found.clean[492, 775:845].max() < 60
    assert np.array_equal(found.clean[900:], printed[900:])


def pale_in(picture):
    """Pixels of the teacher's pen around (800, 500)."""
    return int((np.abs(picture[450:540, 760:850, 0].astype(int) - PALE) < 20).sum())


def test_roots_in_pencil_are_no_ticks(printed):
    for y in (300, 500, 700):
        tick(printed, 800, y)
        pen(printed, [(800 + 5 * 26 // 4, y - 26), (900, y - 26)], PALE)
    assert kinds(printed) is None


def test_a_page_without_text_has_no_marks(page):
    assert find_grey_marks(Leaf(page), []) is None
