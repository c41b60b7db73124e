"""Characters that reading guessed, since they are usual: the writer may have meant another, so no key confirms them."""

import pytest
from analyzer_build import key, line, paper, question, reading, spot, submission

from contracts.artefacts.analysis import Answer
from contracts.artefacts.reading import Line, Spot
from services.analyzer.core import analyze
from services.analyzer.core.confidence import REVIEW_BELOW, calibrated

AT = (100, 100, 200, 130)


def written(text: str, *guessed: int) -> Line:
    xs = tuple(110.0 + 20 * i for i in range(len(text)))
    update = {"xs": xs, "confidences": (0.99,) * len(text), "confidence": 0.99, "guessed": guessed}
    return line(text, AT).model_copy(update=update)


def place(text: str, *, guessed: bool) -> Spot:
    return spot(text, at=AT, kind="rule").model_copy(update={"confidence": 0.99, "guessed": guessed})


def answered(lines: list[Line], *spots: Spot) -> Answer:
    asked = question("fill_blank", spots=range(len(spots)), lines=range(len(lines)))
    return analyze(submission(key("1", "长征")), reading(lines, spots), paper(asked)).answers[0]


def test_the_key_confirms_no_blank_with_a_guessed_character() -> None:
    for guessed, review in ((False, False), (True, True)):
        got = answered([], place("长征", guessed=guessed))
        assert (got.student_answer, got.verdict, got.needs_review) == ("长征", "correct", review)


def test_the_key_confirms_no_line_with_a_guessed_character() -> None:
    for guessed, review in (((), False), ((1,), True)):
        got = answered([written("长征", *guessed)])
        assert (got.student_answer, got.verdict, got.needs_review) == ("长征", "correct", review)


def test_what_one_view_guesses_and_the_other_sees_is_seen() -> None:
    assert not answered([written("长征")], place("长征", guessed=True)).needs_review
    assert not answered([written("长征", 1)], place("长征", guessed=False)).needs_review
    assert answered([written("长征", 1)], place("长征", guessed=True)).needs_review


def test_a_lines_guess_elsewhere_is_none_of_its_blanks() -> None:
    whole = written("分子长征", 0)
    xs = (20.0, 40.0, 120.0, 160.0)
    stem = whole.model_copy(update={"xs": xs, "box": ((10, 100), (200, 100), (200, 130), (10, 130))})
    printed = stem.model_copy(update={"script": "printed", "ink": "black"})
    assert not answered([printed], place("长征", guessed=False)).needs_review


def test_a_part_of_a_worked_answer_with_a_guessed_character_is_a_teachers() -> None:
    asked = (question("composite", "1", lines=[0]), question("short_answer", "1(1)", path=("1", "(1)")))
    for guessed, review in (((), False), ((4,), True)):
        item = key("1(1)", "长征", path=("1", "(1)"))
        got = analyze(submission(item), reading([written("(1)长征", *guessed)]), paper(*asked)).answers[-1]
        assert (got.student_answer, got.verdict, got.needs_review) == ("长征", "correct", review)


def test_a_written_answer_with_a_guessed_character_is_a_teachers() -> None:
    for guessed, review in (((), False), ((1,), True)):
        asked = question("short_answer", lines=[0])
        got = analyze(submission(key("1", "长征")), reading([written("长征", *guessed)]), paper(asked)).answers[0]
        assert (got.student_answer, got.verdict, got.needs_review) == ("长征", "correct", review)


@pytest.mark.parametrize(
    "evidence", ["fill_mended", "fill_mended:han", "fill_mended:long", "sub_mended", "written_mended"]
)
def test_no_guess_is_sure_however_clearly_it_was_read(evidence: str) -> None:
    assert calibrated(evidence, 1.0, doubt=False) < REVIEW_BELOW
