"""Circled numbers, > and <, and frames that open with their number: drawn by the test."""

import cv2
import numpy as np
import pytest

from services.ocr.core import circled
from services.ocr.core.flat import Leaf
from services.ocr.core.marks import red_ink
from services.ocr.core.rules import find_rules
from services.ocr.core.said import Judged, Text
from services.ocr.core.spots import find_spots
from services.ocr.core.wedges import wedge_of
from tests.unit.ocr.ink.conftest import filler, line, write

EM = 30.0


def canvas(width=300, height=120):
    return np.zeros((height, width), np.uint8)


def ringed(page, digit, x, y, radius=22, arc=(0, 360)):
    cv2.ellipse(page, (x, y), (radius, radius), 0, *arc, 255, 3)
    cv2.putText(page, digit, (x - 8, y + 9), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)


def strokes(*lines):
    page = canvas()
    for points in lines:
        cv2.polylines(page, [np.array(points)], isClosed=False, color=255, thickness=3)
    return page > 0


def judged(**shares):
    return Judged(Text("", 0.0, (), ()), {digit[1:]: share for digit, share in shares.items()})


def test_digits_in_rings_are_found_one_by_one():
    page = canvas()
    for digit, x in (("1", 40), ("3", 110), ("4", 180)):
        ringed(page, digit, x, 60)
    found = circled.rings_of(page > 0, EM)
    assert [ring.box[0] < x < ring.box[2] for ring, x in zip(found, (40, 110, 180), strict=True)] == [True] * 3
    assert all(ring.inside.any() for ring in found)


def test_rings_that_touch_are_parted():
    page = canvas()
    ringed(page, "2", 60, 60)
    ringed(page, "4", 105, 60)
    assert len(circled.rings_of(page > 0, EM)) == 2


def test_a_ring_with_a_small_gap_is_one():
    page = canvas()
    ringed(page, "2", 60, 60, arc=(20, 350))
    assert len(circled.rings_of(page > 0, EM)) == 1


@pytest.mark.parametrize("text", ["0", "8", "6", "9", "Q", "20", "(3)", "B", "D"])
def test_round_characters_are_no_circled_ones(text):
    page = canvas()
    cv2.putText(page, text, (20, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 255, 3)
    assert circled.rings_of(page > 0, EM) == []


def test_writing_beside_a_ring_leaves_the_answer_to_the_recogniser():
    page = canvas()
    ringed(page, "2", 60, 60)
    cv2.putText(page, "xy", (120, 70), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    assert circled.rings_of(page > 0, EM) == []


def test_digits_that_were_read_are_told_as_circled_numbers():
    assert circled.told([judged(d1=0.9, d7=0.1), judged(d4=0.8)]) == ("①④", pytest.approx(0.9))


def test_a_digit_that_is_not_clear_makes_the_whole_unread():
    assert circled.told([judged(d1=0.9), judged(d3=0.3, d8=0.3, d5=0.2)]) is None


def test_a_letter_in_a_ring_is_no_number():
    assert circled.told([judged(d4=0.05, d1=0.01)]) is None


def test_arms_that_meet_at_the_right_are_greater_than():
    assert wedge_of(strokes([(20, 30), (60, 50), (20, 70)]), EM) == (">", True)


def test_arms_that_meet_at_the_left_are_less_than():
    assert wedge_of(strokes([(60, 30), (20, 50), (60, 70)]), EM) == ("<", True)


def test_a_full_stop_beside_the_sign_is_no_matter():
    assert wedge_of(strokes([(20, 30), (60, 50), (20, 70)], [(75, 70), (76, 71)]), EM) == (">", True)


def test_a_7_whose_top_falls_may_be_either():
    assert wedge_of(strokes([(20, 30), (60, 35), (30, 80)]), EM) == (">", False)


@pytest.mark.parametrize(
    "points",
    [
        [(20, 30), (60, 30), (35, 80)],  # 7
        [(20, 30), (60, 60), (20, 30), (20, 90), (60, 60)],  # D
        [(20, 50), (35, 80), (70, 20)],  # a tick
        [(20, 30), (60, 40), (30, 55), (60, 70), (20, 85)],  # 3
        [(20, 30), (55, 30), (20, 80), (60, 80)],  # Z
    ],
)
def test_other_strokes_are_no_such_sign(points):
    assert wedge_of(strokes(points), EM) == ("", False)


def framed(page, numbers=("11.", "13."), x0=100, x1=520):
    """Frames one under the other, each with a printed number and a blank along its foot; the lines of the numbers."""
    lines = []
    for row, number in enumerate(numbers):
        y0, y1 = 300 + 70 * row, 360 + 70 * row
        cv2.rectangle(page, (x0, y0), (x1, y1), (20, 20, 20), 2)
        cv2.line(page, (x0 + 52, y1 - 6), (x1 - 4, y1 - 6), (20, 20, 20), 2)
        if number:
            write(page, number, x0 + 6, y1 - 12, 0.7)
            lines.append(line(number, [x0 + 12 + 14 * i for i in range(len(number))], y1 - 20, 28))
    return lines


def rules_of(page, lines, engine):
    leaf = Leaf(page)
    found = find_spots(leaf, find_rules(leaf), [*lines, *filler()], red_ink(leaf), engine)
    return [spot for spot in found if spot.kind in {"rule", "cell"}]


def table(page):
    """The rules that make one table of the frames."""
    cv2.line(page, (100, 300), (100, 430), (20, 20, 20), 2)
    cv2.line(page, (520, 300), (520, 430), (20, 20, 20), 2)


def test_room_in_a_frame_begins_after_its_number(page, engine):
    lines = framed(page)
    table(page)
    write(page, "x", 300, 345)
    found = rules_of(page, lines, engine)
    assert [(spot.kind, spot.ink > 0) for spot in found] == [("rule", True), ("rule", False)]
    assert all(spot.box[0] > lines[0].xs[-1] for spot in found)


def test_a_frame_whose_number_was_not_read_has_room_where_the_others_of_its_column_have(page, engine):
    lines = framed(page, ("11.", "", "15."))
    cv2.line(page, (100, 300), (100, 500), (20, 20, 20), 2)
    cv2.line(page, (520, 300), (520, 500), (20, 20, 20), 2)
    write(page, "x", 300, 415)
    found = rules_of(page, lines, engine)
    assert [spot.ink > 0 for spot in found] == [False, True, False]


def test_cells_of_a_table_with_numbered_statements_are_left_alone(page, engine):
    lines = framed(page)
    table(page)
    statement = "下列说法正确的是"
    lines = [
        line(li.text + statement, [*li.xs, *(170 + 26 * i for i in range(8))], 340 + 70 * n)
        for n, li in enumerate(lines)
    ]
    assert {spot.kind for spot in rules_of(page, lines, engine)} == {"cell"}
