"""Rings that a student draws around an option's letter."""

import pytest
from analyzer_build import key, paper, question, reading, spot, submission

from contracts.artefacts.analysis import Answer
from services.analyzer.core import analyze


def only(answers: tuple[Answer, ...]) -> Answer:
    (answer,) = answers
    return answer


def test_a_ringed_option_is_the_answer_and_four_rings_are_printed_ones() -> None:
    ring = [spot(at=(300, 100, 340, 130)), spot("C", {"C": 1.0}, kind="option")]
    got = only(
        analyze(
            submission(), reading(spots=ring), paper(question("single_choice", spots=[0, 1], options="ABD"))
        ).answers
    )
    assert got.student_answer == "C"
    rings = [spot(o, {o: 1.0}, kind="option") for o in "ABCD"]
    got = only(analyze(submission(), reading(spots=rings), paper(question("single_choice", spots=range(4)))).answers)
    assert got.student_answer is None


@pytest.mark.parametrize(("sure", "review"), [(0.9, False), (0.26, True)])
def test_a_ring_whose_letter_was_hardly_read_goes_to_review_though_it_is_the_keys(sure: float, review: bool) -> None:
    ring = spot("C", {"C": sure}, kind="option").model_copy(update={"confidence": sure})
    for kind in ("single_choice", "multiple_choice"):
        r, asked = reading(spots=[ring]), question(kind, spots=[0], options="ABCD")
        got = only(analyze(submission(key("1", "C")), r, paper(asked)).answers)
        assert (got.student_answer, got.verdict, got.needs_review) == ("C", "correct", review)
