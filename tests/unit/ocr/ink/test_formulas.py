"""Formulas from strokes: drawn by the test, their leaves told."""

import cv2
import numpy as np
import pytest

from contracts.artefacts.reading import Spot
from services.ocr.core import formulas
from services.ocr.core.asked import Asked, formula, signed
from services.ocr.core.contents import Content, content_of
from services.ocr.core.formulas import Fraction, Leaf, Raised, Row
from services.ocr.core.places import Place
from services.ocr.core.said import Judged, Text
from services.ocr.core.stacked import Inks, stacked
from services.ocr.core.strokes import formula_of, opens_with_minus

EM = 34.0


def drawn(*strokes, size=(140, 260)):
    """A mask with polylines and texts: ("text", x, y) or lists of points."""
    canvas = np.zeros(size, np.uint8)
    for stroke in strokes:
        if isinstance(stroke, tuple):
            text, x, y = stroke
            cv2.putText(canvas, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 3)
        else:
            cv2.polylines(canvas, [np.array(stroke)], isClosed=False, color=255, thickness=3)
    return canvas > 0


def told(mask, *texts):
    found = formula_of(mask, EM)
    assert found is not None
    return formulas.told(found[0], iter(texts))


ROOT = [(60, 70), (66, 66), (76, 90), (86, 50), (120, 50)]


def test_a_bar_with_digits_over_and_under_it_is_a_fraction():
    assert told(drawn(("3", 60, 40), [(50, 55), (95, 52)], ("4", 60, 90)), "3", "4") == "3/4"


def test_a_bar_that_touches_its_numerator_is_still_one():
    assert told(drawn(("3", 60, 48), [(50, 50), (95, 50)], ("4", 60, 90)), "3", "4") == "3/4"


def test_a_sum_over_a_bar_is_put_in_brackets():
    strokes = (("2", 40, 40), ("1", 80, 40), [(70, 28), (82, 28)], [(30, 55), (110, 55)], ("6", 60, 95))
    found = formula_of(drawn(*strokes), EM)
    assert found is not None
    texts = iter(["2+1", "6"])
    assert formulas.told(found[0], texts) == "(2+1)/6"


def test_a_sign_over_a_digit_is_a_root_and_what_stands_before_it_its_factor():
    assert told(drawn(("2", 30, 90), ROOT, ("3", 92, 88)), "2", "3") == "2√3"


def test_a_low_digit_before_a_tall_root_is_its_factor_and_no_hook_of_it():
    sign = [(46, 66), (52, 62), (62, 92), (72, 34), (112, 30)]
    assert told(drawn(("2", 24, 90), sign, ("3", 82, 88)), "2", "3") == "2√3"


def test_a_root_whose_roof_covers_a_third_of_its_digit():
    sign = [(56, 66), (62, 62), (70, 92), (80, 34), (92, 30)]
    assert told(drawn(sign, ("3", 88, 90)), "3") == "√3"


def test_a_root_whose_roof_is_a_stroke_of_its_own():
    tick = [(60, 66), (70, 92), (80, 54)]
    assert told(drawn(tick, [(88, 50), (120, 50)], ("3", 92, 88)), "3") == "√3"


def test_a_root_whose_slanting_roof_reaches_over_its_tick():
    tick, roof = [(76, 54), (74, 76), (60, 88)], [(66, 50), (92, 47), (104, 40)]
    assert told(drawn(tick, roof, ("3", 82, 86)), "3") == "√3"


def test_a_small_digit_at_the_upper_right_is_a_power():
    canvas = drawn(("x", 40, 90)).astype(np.uint8)
    cv2.putText(canvas, "2", (62, 66), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1, 2)
    assert told(canvas > 0, "x", "2") == "x^2"


def test_a_raised_ring_is_a_degree_sign():
    row = formulas.Row((formulas.Leaf((1,)), formulas.Raised(formulas.Row((formulas.Leaf((2,)),)))))
    assert formulas.told(row, iter(["60", "0"])) == "60°"


@pytest.mark.parametrize("text", ["34", "B", "x=1", "2+7"])
def test_what_stands_on_one_row_is_no_formula(text):
    assert formula_of(drawn((text, 40, 90)), EM) is None


def test_an_equals_sign_is_no_fraction():
    assert formula_of(drawn(("x", 30, 90), [(70, 72), (95, 72)], [(70, 84), (95, 84)], ("5", 110, 90)), EM) is None


def test_a_whole_number_before_a_fraction_stays_apart_from_it():
    assert told(drawn(("1", 20, 70), ("3", 70, 40), [(60, 55), (105, 55)], ("4", 70, 90)), "1", "3", "4") == "1 3/4"


@pytest.mark.parametrize(("x", "expected"), [(30, True), (49, True), (2, False)])
def test_a_level_stroke_before_a_number_is_its_minus_even_when_it_touches(x, expected):
    mask = drawn([(x, 78), (x + 16, 78)], ("6", 60, 90))
    assert opens_with_minus(mask, EM, 1) is expected


def test_a_number_without_a_sign_has_none():
    assert not any(opens_with_minus(drawn((digit, 60, 90)), EM, 1) for digit in "0123456789")


def test_a_line_through_struck_writing_is_no_minus():
    assert not opens_with_minus(drawn([(20, 78), (40, 78)], ("5", 44, 90), ("2", 90, 90)), EM, 1)


def judged(text, signs):
    return Judged(Text(text, 0.9, (0.5,) * len(text), (0.9,) * len(text)), signs)


def test_a_leaf_that_reads_as_no_part_of_a_formula_is_its_likeliest_sign():
    assert formulas.text_of(judged("了", {"3": 0.2, "7": 0.01})) == ("3", formulas.GUESSED)
    assert formulas.text_of(judged("了", {"3": 0.1, "7": 0.1})) is None


def test_a_lone_capital_is_taken_for_a_digit():
    assert formulas.text_of(judged("S", {"5": 0.3})) == ("5", formulas.GUESSED)


def test_words_are_no_formulas():
    assert formulas.is_wordy(["WIIC", "4"])
    assert not formulas.is_wordy(["2x", "sin", "3"])


def asked(mask, row=None):
    place = Place("rule", (0.0, 0.0, 260.0, 140.0), EM)
    empty = Spot(kind="rule", box=place.box, ink=0.1)
    content = Content(mask, (0, 0), 0.1, struck=False)
    return Asked(place, content, empty, np.zeros((9, 9, 3), np.uint8), (), row)


@pytest.mark.parametrize(("free", "expected"), [("60~90°", "60°~90°"), ("60~90", "60°~90°"), ("6090°", None)])
def test_small_rings_that_the_free_reading_lacks_are_degrees(free, expected):
    ring = Raised(Row((Leaf((2,)),)))
    row = Row((Leaf((1,)), ring, Leaf((3,)), ring))
    parts = [judged(text, {}) for text in ("60", "0", "~90", "o")]
    found = formula(asked(drawn(), row), {"text": free, "candidates": {}}, parts)
    assert (found and found["text"]) == expected


def test_a_minus_before_degrees_is_seen_though_their_ring_and_letter_are_one_sign():
    strokes = drawn([(30, 78), (46, 78)], ("2", 60, 90), ("C", 96, 90))
    assert signed(asked(strokes), {"text": "2℃", "confidence": 0.9, "candidates": {}})["text"] == "-2℃"
    assert signed(asked(strokes), {"text": "2", "confidence": 0.9, "candidates": {}})["text"] == "2"


def test_a_sign_of_a_formula_is_as_sure_as_both_readers_are_of_it():
    unsure = Judged(Text("2", 0.4, (0.5,), (0.4,)), {"2": 0.83, "7": 0.02})
    assert formulas.text_of(unsure) == ("2", 0.83)


def of_rule(mask):
    """A mask's ink as a page's, and its place: the rule at y 120 of which only what is near is the place's own."""
    page = mask.astype(np.uint8) * 255
    place = Place("rule", (10.0, 78.0, 250.0, 125.0), EM)
    none = np.zeros_like(page)
    return content_of(place, page), place, Inks(page, none, none)


def test_a_numerator_that_touches_its_bar_belongs_to_what_stands_under_it():
    mask = drawn(("3", 62, 60), [(48, 66), (100, 64)], [(72, 58), (72, 66)], ("4", 62, 96))
    content, place, inks = of_rule(mask)
    assert content.mask.sum() < 0.7 * mask.sum()
    assert told(stacked(content, place, inks, np.zeros((0, 2))).mask, "3", "4") == "3/4"


def test_a_printed_word_with_a_level_foot_over_an_answer_is_no_numerator():
    mask = drawn(("3", 62, 60), [(48, 66), (100, 64)], [(72, 58), (72, 66)], ("4", 62, 96))
    content, place, inks = of_rule(mask)
    words = np.array([(75.0, 50.0)])
    assert stacked(content, place, inks, words).mask.sum() == content.mask.sum()


def test_writing_over_a_blank_without_a_bar_stays_out_of_it():
    mask = drawn(("3", 62, 60), ("4", 62, 104))
    content, place, inks = of_rule(mask)
    assert stacked(content, place, inks, np.zeros((0, 2))).mask.sum() == content.mask.sum()


def test_what_stands_on_a_bar_beside_a_digit_that_touches_it_belongs_to_it():
    mask = drawn(ROOT, ("6", 88, 88), ("5", 112, 88), [(50, 100), (136, 92)], [(120, 84), (120, 94)], ("2", 84, 130))
    content, place, inks = of_rule(mask)
    whole = stacked(content, place, inks, np.zeros((0, 2)))
    assert whole.mask.sum() > 0.95 * mask.sum()


@pytest.mark.parametrize(
    ("free", "confidence", "below", "sure", "is_formula"),
    [
        ("233", 0.99, "233", 0.59, False),  # a blot over a number, of whose parts one is hardly read
        ("2:33", 0.99, "233", 0.95, False),  # all on one row, read surely
        ("233", 0.99, "233", 0.95, True),  # the recogniser chose the lower row
        ("23", 0.6, "233", 0.59, True),
        ("4", 0.99, "4", 0.59, True),  # it often sees but one character of a fraction
    ],
)
def test_a_row_that_was_read_surely_is_no_fraction(free, confidence, below, sure, is_formula):
    row = Row((Fraction(Row((Leaf((1,)),)), Row((Leaf((2,)),))),))
    parts = [Judged(Text(text, s, (0.5,) * len(text), (s,) * len(text)), {}) for text, s in (("1", 1.0), (below, sure))]
    found = formula(asked(drawn(), row), {"text": free, "confidence": confidence, "candidates": {}}, parts)
    assert (found is not None) == is_formula
