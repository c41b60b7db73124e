"""First attempts struck out beside the answer that counts: drawn by the test."""

import cv2
import numpy as np
import pytest

from services.ocr.core.contents import margin_of
from services.ocr.core.said import Text
from services.ocr.core.struck import _is_struck_twin, begun_twice, is_struck, without_struck

EM = 30.0


def written(text, x=20, size=1.2):
    page = np.zeros((120, 460), np.uint8)
    cv2.putText(page, text, (x, 80), cv2.FONT_HERSHEY_SIMPLEX, size, 255, 3)
    return page


def struck(page, start, end, y=62):
    cv2.line(page, (start, y), (end, y + 3), 255, 3)
    return page


def test_a_line_through_writing_strikes_it():
    assert is_struck(struck(written("3413"), 10, 130) > 0, EM)


@pytest.mark.parametrize("text", ["3413", "E+F=H", "HHH", "little", "44", "1+1=2"])
def test_writing_as_it_is_is_not_struck(text):
    assert not is_struck(written(text) > 0, EM)


def test_the_bar_of_a_fraction_strikes_nothing():
    page = np.zeros((160, 300), np.uint8)
    cv2.putText(page, "3+14", (40, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    cv2.line(page, (30, 66), (170, 66), 255, 3)
    cv2.putText(page, "216", (60, 110), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    assert not is_struck(page > 0, EM)


def test_a_line_under_writing_strikes_nothing():
    assert not is_struck(struck(written("3413"), 10, 130, y=92) > 0, EM)


def test_what_stands_beside_a_struck_attempt_stays():
    page = struck(written("3413"), 10, 125)
    cv2.putText(page, "27", (260, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    left = without_struck(page > 0, EM)
    assert left is not None
    assert not left[:, :200].any()
    assert left[:, 250:].sum() == (page[:, 250:] > 0).sum()


def test_an_attempt_without_another_is_not_taken_away():
    assert without_struck(struck(written("3413"), 10, 125) > 0, EM) is None


def test_two_answers_that_nobody_struck_are_left_alone():
    page = written("34")
    cv2.putText(page, "27", (260, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    assert without_struck(page > 0, EM) is None


def read_of(mask, text, centres):
    """What the recogniser says of the picture of a mask, characters at `centres` of the page."""
    columns = np.flatnonzero(mask.any(axis=0))
    margin = margin_of(len(np.flatnonzero(mask.any(axis=1))), EM)
    width = columns[-1] - columns[0] + 1 + 2 * margin
    return Text(text, 0.9, tuple((x - columns[0] + margin) / width for x in centres), (0.9,) * len(text))


def test_a_first_character_that_was_struck_and_written_again_is_known_by_its_ink():
    page = written("8")
    cv2.line(page, (12, 62), (52, 68), 255, 3)
    cv2.line(page, (12, 70), (52, 66), 255, 3)
    for i, digit in enumerate("86400"):
        cv2.putText(page, digit, (60 + 30 * i, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    centres = (32, *(72 + 30 * i for i in range(5)))
    assert begun_twice(page > 0, EM, read_of(page > 0, "886400", centres))
    assert not begun_twice(page > 0, EM, read_of(page > 0, "986400", centres))


def test_a_character_that_stands_twice_was_not_struck():
    page = written("886400") > 0
    assert not begun_twice(page, EM, read_of(page, "886400", tuple(32 + 24 * i for i in range(6))))


def begun(first, rest, read, *, bar):
    """A first character, perhaps with a level stroke through it, the rest of the writing, and what was read of them."""
    page = written(first, size=1.2)
    if bar:
        cv2.line(page, (12, 68), (56, 70), 255, 3)
    for i, char in enumerate(rest):
        cv2.putText(page, char, (72 + 34 * i, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    sure = (0.6, *(0.99,) * (len(read) - 1))
    centres = (32, *(84 + 34 * i for i in range(len(read) - 1)))
    return page > 0, read_of(page > 0, read, centres)._replace(confidences=sure)


@pytest.mark.parametrize(("first", "rest", "read"), [("0", "0", "00"), ("6", "6cm", "66cm"), ("9", "95", "#95")])
def test_a_start_with_a_level_stroke_through_it_was_struck_when_the_same_follows(first, rest, read):
    mask, seen = begun(first, rest, read, bar=True)
    assert begun_twice(mask, EM, seen)


@pytest.mark.parametrize(("first", "rest", "read"), [("0", "0", "00"), ("3", "3", "33"), ("6", "6cm", "66cm")])
def test_two_characters_without_a_stroke_through_the_first_were_meant(first, rest, read):
    mask, seen = begun(first, rest, read, bar=False)
    assert not begun_twice(mask, EM, seen)


def test_a_stroke_through_a_start_that_another_character_follows_strikes_nothing():
    mask, seen = begun("6", "75", "675", bar=True)
    assert not begun_twice(mask, EM, seen)


def test_a_well_read_character_that_holds_the_next_is_no_struck_form_of_it():
    mask, seen = begun("9", "95", "#95", bar=True)
    assert begun_twice(mask, EM, seen)
    assert not begun_twice(mask, EM, seen._replace(confidences=(0.98, 0.99, 0.99)))


def test_strokes_above_and_below_a_shape_but_none_through_it_strike_nothing():
    twin = np.zeros((30, 40), bool)
    twin[5:25, 10:30] = True
    own = twin.copy()
    own[0:2, 4:36] = True
    own[28:30, 4:36] = True
    assert not _is_struck_twin(own, twin, em=30.0, level=0.6)
