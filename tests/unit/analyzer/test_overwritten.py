"""English that stands over or under its place: a second attempt, or what found no room."""

from analyzer_build import line, paper, question, reading, spot, submission

from contracts.artefacts.analysis import Answer
from contracts.artefacts.reading import Line, Spot
from services.analyzer.core import analyze

WORDS = frozenset({"is", "directly", "cases", "has", "been", "found", "that", "adjustment"})
PLACE = (100.0, 200.0, 240.0, 250.0)


def answered(text: str, *lines: Line, struck: bool = False, others: tuple[Spot, ...] = ()) -> Answer:
    """The answer of a blank in which `text` was read, on a page with `lines` and other places."""
    place = spot(text, kind="rule", at=PLACE).model_copy(update={"struck": struck})
    r = reading(lines=lines, spots=[place, *others])
    return analyze(submission(), r, paper(question("fill_blank", spots=[0])), WORDS).answers[0]


def test_what_stands_over_a_struck_word_is_the_answer_and_a_teacher_looks() -> None:
    got = answered("4", line("is directly", (110, 172, 250, 212)), struck=True)
    assert (got.student_answer, got.needs_review) == ("is directly", True)


def test_a_line_that_read_the_struck_word_and_the_one_over_it_as_one_is_not_the_answer() -> None:
    got = answered("cases is directly", line("is directly", (110, 172, 250, 212)))
    assert got.student_answer == "is directly"


def test_what_found_no_room_goes_on_under_its_place() -> None:
    got = answered("has been", line("found", (120, 245, 200, 290)))
    assert (got.student_answer, got.needs_review) == ("has been found", True)


def test_a_clear_word_stays_whatever_stands_over_it_but_a_teacher_looks() -> None:
    got = answered("that", line("cases", (110, 172, 200, 212)))
    assert (got.student_answer, got.needs_review) == ("that", True)


def test_a_word_of_another_place_or_of_running_text_replaces_nothing() -> None:
    other = spot("that", kind="rule", at=(100, 140, 240, 190))
    assert answered("4", line("that", (110, 145, 200, 185)), struck=True, others=(other,)).student_answer == "4"
    text = [line("has been", (110, 165, 190, 200)), line("found that", (195, 165, 300, 200))]
    assert answered("4", *text, struck=True).student_answer == "4"
    assert answered("4", line("62. that", (110, 172, 250, 212)), struck=True).student_answer == "4"


def test_a_digit_that_touches_a_long_word_is_a_blot() -> None:
    assert answered("0adjustment").student_answer == "adjustment"
    assert answered("5min").student_answer == "5min"
