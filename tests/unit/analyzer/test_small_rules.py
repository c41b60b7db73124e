"""Rules of reading and grading that a common answer must not fall foul of."""

import pytest

from services.analyzer.core.grading import grade
from services.analyzer.core.text import powers


@pytest.mark.parametrize("text", ["9×100", "1.2×1000", "3/5×100%", "5×100=500", "2×105=210", "1.5 × 102 = 153"])
def test_a_hundred_is_no_power_of_ten_with_nought(text):
    assert powers(text) == text


def test_an_exponent_that_was_read_on_the_line_is_raised():
    assert powers("1.2×109") == "1.2×10⁹"
    assert powers("2×105=200000") == "2×10⁵=200000"


@pytest.mark.parametrize("key", ["×", "不正确", "错误"])
@pytest.mark.parametrize("answer", ["×", "不对", "不正确", "F"])
def test_no_is_no_however_it_is_said(answer, key):
    assert grade(answer, key, "true_false").verdict == "correct"
    assert grade("√", key, "true_false").verdict == "wrong"


@pytest.mark.parametrize(
    ("answer", "key", "verdict"),
    [("0.5|2", "1/2|2", "correct"), ("1|3", "1|2", "partial"), ("3|1", "1|2", "wrong"), ("|x|", "|x|", "correct"), ("x", "|x|", "wrong")],
)  # fmt: skip
def test_blanks_of_a_key_on_one_line_are_graded_one_by_one(answer, key, verdict):
    assert grade(answer, key, "fill_blank").verdict == verdict


@pytest.mark.parametrize(("answer", "verdict"), [("A", "correct"), ("B", "correct"), ("AB", "wrong"), ("C", "wrong")])
def test_of_a_choice_that_has_two_right_letters_one_is_given(answer, verdict):
    assert grade(answer, "A/B", "single_choice").verdict == verdict
