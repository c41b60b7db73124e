"""Room for answers that print does not show whole: lost brackets, words that overrun their blank."""

import cv2
import pytest

from services.ocr.core.flat import Leaf
from services.ocr.core.marks import red_ink
from services.ocr.core.rules import find_rules
from services.ocr.core.spots import find_spots
from tests.unit.ocr.ink.conftest import filler, line, write

INK = (20, 20, 20)


def spots(page, lines, engine, kind):
    leaf = Leaf(page)
    found = find_spots(leaf, find_rules(leaf), [*lines, *filler()], red_ink(leaf), engine)
    return [s for s in found if s.kind == kind]


def bow(page, x, y, side):
    """A printed bracket, drawn: its middle lies 6 px to the left (side -1) or right (1) of its ends."""
    cv2.ellipse(page, (x - side * 8, y), (14, 20), 0, -55 if side > 0 else 125, 55 if side > 0 else 235, INK, 2)


def stem(text, end, y):
    return line(text, [end - 26 * (len(text) - 1 - i) for i in range(len(text))], y)


def test_a_bracket_that_lost_its_opening_under_a_struck_letter_is_a_place(page, engine):
    lost = stem("下列说法正确的是", 500, 400)
    lost = line(lost.text + "BA)", [*lost.xs, 540, 570, 600], 400)
    write(page, "A", 560, 411)
    (spot,) = spots(page, [lost], engine, "bracket")
    assert spot.box[0] > 510
    assert spot.ink > 0


def test_a_formula_that_lost_a_bracket_is_no_place(page, engine):
    formula = line("求函数y=2x+1)的值", [300 + 26 * i for i in range(11)], 400)
    assert spots(page, [formula], engine, "bracket") == []


def test_brackets_that_no_line_holds_are_known_by_their_shape(page, engine):
    bow(page, 560, 400, -1)
    bow(page, 640, 400, 1)
    write(page, "B", 590, 411)
    (spot,) = spots(page, [stem("下列说法正确的是", 500, 400)], engine, "bracket")
    assert spot.text == "B"
    assert 550 < spot.box[0] < spot.box[2] < 650


def test_dashes_under_a_blank_leave_it_a_blank(page, engine):
    cv2.line(page, (300, 420), (480, 420), INK, 2)
    for x in range(200, 600, 26):
        cv2.line(page, (x, 430), (x + 12, 430), INK, 3)
    assert len(spots(page, [stem("答案是", 272, 405)], engine, "rule")) == 1


@pytest.mark.parametrize(("start", "end"), [(330, 520), (260, 470)])
def test_a_word_that_runs_over_an_end_of_its_blank_is_read_whole(page, engine, start, end):
    cv2.line(page, (300, 420), (480, 420), INK, 2)
    count = (end - start) // 10
    for i in range(count):
        cv2.ellipse(page, (start + 5 + 10 * i, 408), (5, 8), 0, 0, 360, INK, 2)
    word = line("o" * count, [start + 5 + 10 * i for i in range(count)], 408)
    (spot,) = spots(page, [word], engine, "rule")
    assert spot.box[0] <= start
    assert spot.box[2] >= end
    assert engine.crops[0].shape[1] >= end - start


def test_print_beside_a_blank_stays_outside_it(page, engine):
    cv2.line(page, (300, 420), (480, 420), INK, 2)
    write(page, "km", 490, 418)
    (spot,) = spots(page, [line("km", [500, 525], 408)], engine, "rule")
    assert spot.box[2] < 490
