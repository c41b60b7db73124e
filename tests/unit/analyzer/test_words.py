"""What knowing English words does for a reading, and what it must not do."""

import pytest
from analyzer_build import key, line, paper, question, reading, spot, submission

from contracts.artefacts.analysis import Answer
from contracts.artefacts.reading import Reading
from contracts.artefacts.submission import KeyItem
from services.analyzer.core import analyze
from services.analyzer.core.text import short_answer
from services.analyzer.core.words import closed_up, is_known, mended, nearest, without_struck
from services.analyzer.knowledge import english


def answer(r: Reading, *keys: KeyItem) -> Answer:
    return analyze(submission(*keys), r, paper(question("fill_blank", spots=[0])), english()).answers[0]


@pytest.mark.parametrize(
    ("read", "written"), [("hignly", "highly"), ("Unportunately", "Unfortunately"), ("loncern", "concern")]
)
def test_one_letter_that_hurried_writing_makes_alike_is_mended(read: str, written: str) -> None:
    assert mended(read, english()) == written


@pytest.mark.parametrize("misspelt", ["wich", "limitted", "opean", "strugglements", "tho", "applyed"])
def test_a_pupils_own_spelling_is_left_as_it_is(misspelt: str) -> None:
    assert mended(misspelt, english()) is None


def test_a_mended_word_goes_to_review_and_a_known_one_does_not() -> None:
    mended_one = answer(reading(spots=[spot("hignly", kind="rule")]))
    assert (mended_one.student_answer, mended_one.needs_review) == ("highly", True)
    clear = spot("highly", kind="rule").model_copy(update={"confidence": 0.99})
    known = answer(reading(spots=[clear], lines=[line("highly")]))
    assert (known.student_answer, known.needs_review) == ("highly", False)


def test_an_unknown_word_goes_to_review_however_clear_it_is() -> None:
    got = answer(reading(spots=[spot("strugglements", kind="rule")]))
    assert (got.student_answer, got.needs_review) == ("strugglements", True)


def test_of_two_views_of_one_word_the_english_one_is_believed() -> None:
    lines = [line("regularly", (102, 100, 198, 130))]
    assert answer(reading(lines=lines, spots=[spot("regularlv", kind="rule")])).student_answer == "regularly"


def test_words_are_known_in_any_case_and_not_without_letters() -> None:
    assert is_known("To treat", english())
    assert not is_known("3.5", english())
    assert not is_known("T", english())


def test_an_english_word_among_other_views_is_taken_for_one_that_is_none_and_goes_to_review() -> None:
    seen = {"grxdnatly": 0.75, "gradually": 0.25}
    got = answer(reading(spots=[spot("gradnatly", seen, kind="rule")]))
    assert (got.student_answer, got.needs_review) == ("gradually", True)


def test_what_is_stacked_is_believed_over_the_line_through_it() -> None:
    lines = [line("4", (102, 100, 198, 130))]
    assert answer(reading(lines=lines, spots=[spot("3/4", kind="rule")])).student_answer == "3/4"


@pytest.mark.parametrize(
    ("read", "said"), [("nature parks-—", "nature parks"), ("OH-", "OH-"), ("find out_", "find out")]
)
def test_the_end_of_a_rule_after_a_word_is_no_part_of_it(read: str, said: str) -> None:
    assert short_answer(read) == said


@pytest.mark.parametrize(
    ("views", "written"),
    [
        (["nviainal", "oviginal", "oviainal"], "original"),
        (["Gradnatty", "gradualy", "Gradnalty"], "Gradually"),
        (["Houever", "Houeier", "Hoveer", "Hovever"], "However"),
    ],
)
def test_what_all_views_misread_is_the_one_english_word_near_to_them(views: list[str], written: str) -> None:
    assert nearest(views, english()) == written


@pytest.mark.parametrize(
    "views", [["strugglements", "strugglements"], ["lghef", "kighef", "koge"], ["3.5", "35"], ["zzqx"]]
)
def test_no_word_is_guessed_where_views_agree_are_far_apart_or_hold_none(views: list[str]) -> None:
    assert nearest(views, english()) is None


def test_views_that_differ_in_case_or_in_a_printed_number_agree() -> None:
    sure = spot("Known", kind="rule").model_copy(update={"confidence": 0.99})
    got = answer(reading(spots=[sure], lines=[line("61. known")]))
    assert got.student_answer is not None
    assert (got.student_answer.lower(), got.needs_review) == ("known", False)


@pytest.mark.parametrize(("read", "misread", "review"), [("what", "wnat", True), ("practices", "Dractices", False)])
def test_a_short_word_that_its_other_view_misreads_goes_to_review_a_long_one_has_few_alike(
    read: str, misread: str, *, review: bool
) -> None:
    clear = spot(read, kind="rule").model_copy(update={"confidence": 0.99})
    got = answer(reading(spots=[clear], lines=[line(misread)]))
    assert (got.student_answer, got.needs_review) == (read, review)


def test_a_mended_word_goes_to_review_also_when_it_is_the_right_answer() -> None:
    right = answer(reading(spots=[spot("hignly", kind="rule")]), key("1", "highly"))
    assert (right.student_answer, right.verdict, right.needs_review) == ("highly", "correct", True)


def test_a_gap_inside_a_word_is_closed_and_words_stay_apart() -> None:
    assert closed_up("re quired", english()) == "required"
    assert closed_up("in to", english()) == "in to"
    assert closed_up("ovi gined", english()) == "ovi gined"


def test_what_views_read_differently_and_never_as_a_word_was_struck() -> None:
    words = frozenset({"and", "who", "is"})
    assert without_struck(["nd who", "GAd who"], words) == "who"
    assert without_struck(["and who", "GAd who"], words) is None
    assert without_struck(["nd who", "nd who"], words) is None
    assert without_struck(["nd who", "GAd whom"], words) is None
