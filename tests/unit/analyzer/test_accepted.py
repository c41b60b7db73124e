"""A school's key says more than one answer: what else is right, and what half of it is worth."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.artefacts import SubjectRules
from services.analyzer.core.accepted import grade_under
from services.analyzer.core.grading import grade
from tests.unit.analyzer.analyzer_build import key

RULES = SubjectRules()
KINDS = ("single_choice", "multiple_choice", "true_false", "fill_blank", "short_answer", "calculation", "essay")


@settings(deadline=None)
@given(st.text(max_size=12), st.text(max_size=12), st.sampled_from(KINDS))
def test_a_key_of_one_answer_grades_as_ever(answer, wanted, kind):
    assert grade_under(key("1", wanted), answer, kind, RULES) == grade(answer, wanted, kind)


@settings(deadline=None)
@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12), st.sampled_from(KINDS))
def test_an_accepted_answer_never_makes_a_verdict_worse(answer, wanted, other, kind):
    order = ("ungraded", "blank", "wrong", "partial", "correct")
    alone = grade(answer, wanted, kind)
    more = grade_under(key("1", wanted, accepted=[other]), answer, kind, RULES)
    assert order.index(more.verdict) >= order.index(alone.verdict) or alone.verdict in ("ungraded", "blank")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("2", "correct"), ("x=2", "correct"), ("两个", "correct"), ("3", "wrong"), (None, "ungraded")],
)
def test_any_accepted_answer_is_right(answer, verdict):
    item = key("1", "x=2", accepted=["2", "两个"])
    assert grade_under(item, answer, "fill_blank", RULES).verdict == verdict


@pytest.mark.parametrize(
    ("answer", "accepted", "sure"),
    [("2,1", ["3,4"], False), ("2,1", [], False), ("8", ["3,4"], True), ("1,2", ["2,1"], True), ("2,1", ["2,1"], True)],
)
def test_a_doubt_about_one_accepted_answer_is_not_settled_by_another(answer, accepted, sure):
    assert grade_under(key("1", "1,2", accepted=accepted), answer, "fill_blank", RULES).sure == sure


def test_accepted_answers_of_several_blanks_are_whole_answers():
    item = key("1", ("3", "5"), accepted=["5|3"])
    assert grade_under(item, "5|3", "fill_blank", RULES).verdict == "correct"
    assert grade_under(item, "5|5", "fill_blank", RULES).verdict == "partial"


@pytest.mark.parametrize(
    ("item", "rules", "verdict", "share"),
    [
        (key("1", "ACD"), RULES, "partial", 0.5),
        (key("1", "ACD"), SubjectRules(partial_choice=0.25), "partial", 0.25),
        (key("1", "ACD"), SubjectRules(partial_choice=0), "wrong", 0.0),
        (key("1", "ACD", 6, partial_score=2), SubjectRules(partial_choice=0), "partial", 1 / 3),
        (key("1", "ACD", 6, partial_score=0), RULES, "wrong", 0.0),
        (key("1", "ACD", None, partial_score=2), RULES, "partial", 0.5),  # points of an unknown whole say no share
    ],
)
def test_some_of_the_right_letters_are_worth_what_the_school_says(item, rules, verdict, share):
    found = grade_under(item, "AC", "multiple_choice", rules)
    assert (found.verdict, found.share) == (verdict, share)
    assert grade_under(item, "AB", "multiple_choice", rules).verdict == "wrong"
    assert grade_under(item, "ACD", "multiple_choice", rules).share == 1.0


def test_partial_credit_of_choices_leaves_blanks_alone():
    assert grade_under(key("1", ("3", "5")), "3|4", "fill_blank", SubjectRules(partial_choice=0)).share == 0.5
