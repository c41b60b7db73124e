"""What a teacher said outranks what was read and graded, in every later revision."""

import uuid
from datetime import UTC, datetime
from typing import Any

from contracts.artefacts.analysis import Analysis, Answer
from contracts.artefacts.correction import Correction, Judgement, Standing, standing
from contracts.artefacts.paper import KnowledgePoint, Paper
from contracts.artefacts.submission import KeyItem, Submission
from services.analyzer.core.corrections import corrected
from services.analyzer.core.totals import totals
from tests.unit.analyzer.analyzer_build import key, paper, question, submission

CHOICE = paper(question("single_choice", "1", max_score=4))
KEY = key("1", "B")


def said(number: str = "1", *, path: tuple[str, ...] | None = None, withdrawn: tuple[Any, ...] = (), **fields: Any) -> Correction:  # fmt: skip
    return Correction(
        id=uuid.uuid4(), number=number, path=path or (number,), said=Judgement(**fields), withdrawn=withdrawn,
        revision=2, at=datetime.now(UTC), by="key1",
    )  # fmt: skip


def accepted(number: str = "1", **before: Any) -> Correction:
    return said(number).model_copy(update={"kind": "accepted", "before": Judgement(**before)})


def read(number: str = "1", *, path: tuple[str, ...] | None = None, **fields: Any) -> Answer:
    known: dict[str, Any] = {
        "student_answer": "D", "answer_confidence": 0.4, "correct_answer": "B", "verdict": "wrong", "score": 0.0,
        "max_score": 4.0, "graded_by": "key", "needs_review": True,
    }  # fmt: skip
    return Answer(number=number, path=path or (number,), **{**known, **fields})


def after(*log: Correction, answers: tuple[Answer, ...] = (read(),), on: Paper = CHOICE, items: tuple[KeyItem, ...] = (KEY,)) -> Analysis:  # fmt: skip
    asked: Submission = submission(*items).model_copy(update={"corrections": log})
    return corrected(totals(answers, None), on, asked)


def test_without_corrections_nothing_changes() -> None:
    before = totals((read(),), 3.0)
    assert corrected(before, CHOICE, submission(KEY)) is before


def test_a_corrected_answer_is_graded_by_the_key_and_needs_no_review() -> None:
    analysis = after(said(student_answer="B"))
    [answer] = analysis.answers
    assert (answer.student_answer, answer.verdict, answer.score, answer.graded_by) == ("B", "correct", 4.0, "key")
    assert (answer.answer_confidence, answer.needs_review) == (1.0, False)
    assert (answer.corrected_by, answer.reviewed_by) == ("teacher", "teacher")
    assert (analysis.earned, analysis.needs_review) == (4.0, 0)


def test_a_corrected_key_grades_the_answer_anew() -> None:
    [answer] = after(said(correct_answer="D")).answers
    assert (answer.correct_answer, answer.verdict, answer.score) == ("D", "correct", 4.0)
    blanks = paper(question("fill_blank", "1", max_score=4))
    [answer] = after(said(correct_answer="3|5"), answers=(read(student_answer="3|4"),), on=blanks).answers
    assert (answer.verdict, answer.score) == ("partial", 2.0)


def test_a_corrected_answer_is_right_by_what_the_school_accepts_besides_but_not_besides_a_corrected_key() -> None:
    item = key("1", "B", accepted=("C",))
    [answer] = after(said(student_answer="C"), items=(item,)).answers
    assert (answer.verdict, answer.score) == ("correct", 4.0)
    [answer] = after(said(student_answer="C", correct_answer="A"), items=(item,)).answers
    assert (answer.verdict, answer.score) == ("wrong", 0.0)


def test_a_said_verdict_outranks_the_key_and_brings_its_points() -> None:
    [answer] = after(said(verdict="partial", score=1.5)).answers
    assert (answer.verdict, answer.score, answer.graded_by) == ("partial", 1.5, "teacher")
    [answer] = after(said(verdict="correct")).answers
    assert answer.score == 4.0
    [answer] = after(said(verdict="ungraded")).answers
    assert answer.score is None


def test_only_a_comment_leaves_the_grade_as_it_was() -> None:
    [answer] = after(said(comment="See me.")).answers
    assert (answer.feedback, answer.verdict, answer.graded_by) == ("See me.", "wrong", "key")


def test_knowledge_points_are_those_of_the_teacher() -> None:
    point = KnowledgePoint(code="k1", name="one", confidence=1.0)
    [answer] = after(said(knowledge_points=(point,))).answers
    assert answer.knowledge_points == (point,)


def test_what_was_accepted_stays_though_it_is_read_otherwise_later() -> None:
    [answer] = after(
        accepted(student_answer="D", verdict="wrong", score=0.0), answers=(read(student_answer="B"),)
    ).answers
    assert (answer.student_answer, answer.verdict, answer.score) == ("D", "wrong", 0.0)
    assert (answer.corrected_by, answer.reviewed_by, answer.needs_review) == (None, "teacher", False)


def test_a_new_key_after_an_acceptance_grades_anew() -> None:
    log = (accepted(student_answer="D", verdict="wrong", score=0.0), said(correct_answer="D"))
    [answer] = after(*log).answers
    assert (answer.student_answer, answer.verdict) == ("D", "correct")


def test_later_words_win_and_a_new_verdict_leaves_nothing_of_the_old_score() -> None:
    now = standing((said(verdict="partial", score=1.5, comment="a"), said(verdict="wrong")))
    assert now[("1",)] == Standing(said=Judgement(verdict="wrong", comment="a"))


def test_what_is_withdrawn_wholly_is_the_machines_again() -> None:
    log = (said(verdict="correct", score=4.0), said(withdrawn=("verdict", "score")))
    assert standing(log) == {}
    assert after(*log).answers == (read(),)


def test_a_composite_is_the_sum_of_its_corrected_parts() -> None:
    whole = paper(
        question("composite", "7", path=("7",)),
        question("single_choice", "7(1)", path=("7", "(1)"), max_score=4),
        question("single_choice", "7(2)", path=("7", "(2)"), max_score=4),
    )
    answers = (
        read("7", path=("7",), verdict="wrong", score=0.0, max_score=8.0),
        read("7(1)", path=("7", "(1)")),
        read("7(2)", path=("7", "(2)"), needs_review=False),
    )
    analysis = after(said("7(1)", path=("7", "(1)"), verdict="correct"), answers=answers, on=whole, items=())
    parent, first, second = analysis.answers
    assert (parent.verdict, parent.score, parent.needs_review) == ("partial", 4.0, False)
    assert (first.score, second) == (4.0, answers[2])
    assert analysis.earned == 4.0


def test_after_a_replay_that_found_other_sections_a_word_is_found_by_its_number() -> None:
    [answer] = after(said("1", path=("一", "1"), verdict="correct")).answers
    assert answer.verdict == "correct"


def test_a_word_that_fits_several_questions_is_not_guessed() -> None:
    twice = paper(question("single_choice", "1", path=("一", "1")), question("single_choice", "1", path=("二", "1")))
    answers = (read("1", path=("一", "1")), read("1", path=("二", "1")))
    assert after(said("1", path=("三", "1"), verdict="correct"), answers=answers, on=twice, items=()).answers == answers
