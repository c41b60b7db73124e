"""First attempts struck out beside the answer that counts: drawn by the test."""

import cv2
import numpy as np
import pytest

from services.ocr.core.struck import is_struck, without_struck

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
