"""Signs that are read as their look-alikes, and what stands around them."""

import pytest
from analyzer_build import key, line, mark, paper, question, reading, spot, submission

from services.analyzer.core import analyze
from services.analyzer.core.text import short_answer, units


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("12k9", "12kg"),
        ("2.8×10³k9/m³", "2.8×10³kg/m³"),
        ("1.269/cm³", "1.26g/cm³"),
        ("omm", "0mm"),
        ("19", "19"),
        ("k9x", "k9x"),
        ("om", "0m"),
        ("off", "off"),
    ],
)
def test_units_stand_for_what_was_read_in_their_place(read: str, expected: str) -> None:
    assert units(read) == expected
    assert short_answer(read) == expected


def test_a_ring_among_the_letters_of_a_multiple_choice_is_a_d_and_a_teacher_looks() -> None:
    place = spot("CO", {"CD": 0.002}).model_copy(update={"confidence": 0.99})
    options = question("multiple_choice", spots=[0], options="ABCD")
    (got,) = analyze(submission(key("1", "CD")), reading(spots=[place]), paper(options)).answers
    assert (got.student_answer, got.needs_review) == ("CD", True)


def test_blank_choices_that_a_teacher_crossed_all_are_blank_though_the_student_wrote_elsewhere() -> None:
    places = [spot(at=(100, 100 * n, 200, 100 * n + 30)) for n in range(1, 5)]
    written = spot("B", {"B": 0.99}, at=(100, 500, 200, 530))
    crossed = [question("single_choice", str(n + 1), spots=[n], marks=[n], max_score=2) for n in range(4)]
    asked = paper(*crossed, question("single_choice", "5", spots=[4]))
    keys = [key(str(n), "B", 2) for n in range(1, 6)]
    marked = reading(spots=[*places, written], marks=[mark("cross")] * 4)
    got = analyze(submission(*keys), marked, asked).answers
    assert [(a.student_answer, a.verdict) for a in got[:4]] == [("", "blank")] * 4
    unmarked = reading(spots=[*places, written])
    plain = paper(*[q.model_copy(update={"marks": ()}) for q in asked.questions])
    assert [a.student_answer for a in analyze(submission(*keys), unmarked, plain).answers[:4]] == [None] * 4


def test_beside_an_answer_in_blue_the_black_stem_is_no_answer() -> None:
    stem = [
        line("1.求铜雕塑的体积", (100, 100, 400, 130), script="printed", ink="black"),
        line("(1) 体 积 是 多 少", (100, 140, 700, 170), script="printed", ink="black"),
        line("约: (1)10.2m³", (100, 300, 400, 340)),
    ]
    parent = question("composite", "1")
    part = question("short_answer", "1(1)", path=("1", "(1)"), lines=[2])
    got = analyze(
        submission(key("1(1)", "10.2m³", path=("1", "(1)"))), reading(lines=stem), paper(parent, part)
    ).answers
    assert [a.student_answer for a in got if a.number == "1(1)"] == ["10.2m³"]
