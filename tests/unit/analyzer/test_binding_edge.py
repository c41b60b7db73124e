"""The warning along the binding edge, one character a line, is nobody's answer; the same characters elsewhere are."""

import pytest
from analyzer_build import key, line, paper, question, reading, spot, submission

from services.analyzer.core import analyze

WARNING = [line(sign, (5, 200 + 90 * i, 30, 230 + 90 * i)) for i, sign in enumerate("密封线内不要答题")]


@pytest.mark.parametrize("answer", ["得", "不", "内"])
def test_an_answer_of_one_character_is_not_lost(answer):
    written = line(answer, (120, 100, 150, 130))
    r = reading(lines=[written], spots=[spot(kind="rule")])
    got = analyze(submission(key("1", answer)), r, paper(question("fill_blank", lines=[0], spots=[0]))).answers[0]
    assert (got.student_answer, got.verdict) == (answer, "correct")


def test_the_warning_is_no_answer():
    written = line("因为水会蒸发", (100, 100, 300, 130))
    r = reading(lines=[written, *WARNING])
    ours = question("short_answer", lines=range(len(WARNING) + 1))
    got = analyze(submission(key("1", "因为水会蒸发")), r, paper(ours)).answers[0]
    assert got.student_answer == "因为水会蒸发"
