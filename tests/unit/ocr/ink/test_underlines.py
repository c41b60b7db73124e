"""Blanks' rules that bold writing hides in part."""

import numpy as np
import pytest

from contracts.artefacts.reading import Rule
from services.ocr.core.underlines import lengthened

EM = 30.0
Y = 100


def page(*strips: tuple[int, int], height: int = 2) -> np.ndarray:
    """Ink of a page with level lines between the given columns, at row Y."""
    ink = np.zeros((200, 1200), np.uint8)
    for start, end in strips:
        ink[Y : Y + height, start:end] = 255
    return ink


def rule(start: float, end: float) -> Rule:
    return Rule(start=(start, Y), end=(end, Y))


def test_a_rule_is_followed_under_bold_writing_to_its_end() -> None:
    ink = page((100, 400))
    ink[60:Y, 105:260] = 255  # writing that stands on the rule
    (found,) = lengthened([rule(265, 400)], ink, EM)
    assert found.start[0] == pytest.approx(100, abs=2)
    assert found.end[0] == pytest.approx(400, abs=2)


def test_pieces_on_both_sides_of_bold_writing_are_one_rule() -> None:
    (found,) = lengthened([rule(300, 400), rule(100, 180)], page((100, 400)), EM)
    assert (found.start[0], found.end[0]) == (pytest.approx(100, abs=2), pytest.approx(400, abs=2))


def test_print_beside_a_rule_is_not_taken_into_it() -> None:
    ink = page((100, 195), (200, 400))  # the foot of a character, a white gap, the blank
    assert lengthened([rule(200, 399)], ink, EM) == [rule(200, 399)]


def test_a_line_that_goes_on_for_longer_than_answers_do_is_left_as_it_was_found() -> None:
    assert lengthened([rule(100, 400)], page((100, 1200)), EM) == [rule(100, 400)]


def test_a_slanting_rule_is_followed_along_its_slant() -> None:
    ink = np.zeros((200, 1200), np.uint8)
    for x in range(100, 400):
        ink[round(Y + (x - 250) * 0.03) : round(Y + (x - 250) * 0.03) + 2, x] = 255
    (found,) = lengthened([Rule(start=(250, Y), end=(399, Y + 4.5))], ink, EM)
    assert found.start == (pytest.approx(100, abs=3), pytest.approx(Y - 4.5, abs=2))


def test_short_and_upright_lines_stay_as_they_are() -> None:
    others = [rule(100, 140), Rule(start=(50, 20), end=(50, 180))]
    assert lengthened(others, page((60, 400)), EM) == others


def test_the_thin_foot_of_print_that_touches_a_rule_is_not_taken_into_it() -> None:
    ink = page((200, 400))
    ink[Y - 1, 170:200] = 255  # runs into the rule, but is no thicker than the end of a stroke
    assert lengthened([rule(200, 399)], ink, EM) == [rule(200, 399)]
