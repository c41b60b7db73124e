"""Earlier exams, classmates and the taxonomy are heard, and never louder than the paper."""

import numpy as np
import pytest
from pydantic import ValidationError

from contracts.artefacts.diagnosis import Background, ClassRecord, PastAnswers
from contracts.artefacts.paper import KnowledgePoint, Question
from contracts.taxonomy import Taxonomy, taxonomy
from services.diagnostic.core import diagnose
from services.diagnostic.core.calibration import LEAST_STUDENTS, calibrate
from services.diagnostic.core.curves import curve_of
from tests.unit.diagnostic.test_diagnose import SUBMISSION, exam

ROWS = [(str(n), "correct" if n % 2 else "wrong", "数轴") for n in range(1, 5)]


def mastery(background=None, rows=ROWS):
    found = diagnose(SUBMISSION, *exam(*rows), background or Background())
    return next(row for row in found.mastery if row.code == "k.数轴")


def past(share, questions=4, exams_ago=1):
    return Background(history=(PastAnswers(code="k.数轴", share=share, questions=questions, exams_ago=exams_ago),))


def test_earlier_exams_move_the_estimate_narrow_it_and_count_less_the_older():
    alone, good, long_ago = mastery(), mastery(past(1.0)), mastery(past(1.0, exams_ago=6))
    assert alone.mastery < long_ago.mastery < good.mastery
    assert good.high - good.low < alone.high - alone.low
    assert (alone.earlier, good.earlier) == (None, 1.0)


def test_points_lost_on_hard_questions_before_say_less_than_on_easy_ones():
    def after(difficulty):
        (before,) = past(0.3).history
        return mastery(Background(history=(before.model_copy(update={"difficulty": difficulty}),))).mastery

    assert after(0.1) < after(0.35) < after(0.8)
    assert after(None) == after(0.35)


def test_a_point_asked_once_is_enough_with_earlier_answers_behind_it():
    once = [("1", "wrong", "数轴"), ("2", "correct", "同类项")]
    assert not mastery(rows=once).sufficient
    assert mastery(past(0.2), rows=once).sufficient


def test_a_point_that_earlier_exams_make_a_strength_is_not_also_called_weak_for_want_of_evidence():
    once = [("1", "partial", "数轴", {"score": 2.9}), *[(str(n), "correct", "同类项") for n in range(2, 8)]]
    found = diagnose(SUBMISSION, *exam(*once), past(1.0, questions=50))
    assert [text.partition("（")[0] for text in found.strengths].count("数轴") == 1
    assert found.weak_points == ()


def test_however_long_the_history_it_weighs_no_more_than_six_answers():
    assert mastery(past(1.0, questions=50)) == mastery(past(1.0, questions=5000))


def test_a_wrong_answer_where_the_class_failed_too_says_less_than_where_it_did_not():
    def of(wrong_at):
        made = [(str(n), "wrong" if n == wrong_at else "correct", "数轴") for n in range(1, 5)]
        rng = np.random.default_rng(1)
        shares = (rng.random((40, 4)) < [0.95, 0.2, 0.6, 0.6]).astype(float)
        record = ClassRecord(paths=tuple((str(n),) for n in range(1, 5)), shares=tuple(map(tuple, shares.tolist())))
        return mastery(Background(classmates=record), made).mastery

    assert of(1) < of(2)


def test_too_few_classmates_are_not_heard():
    record = ClassRecord(paths=(("1",),), shares=((1.0,),) * (LEAST_STUDENTS - 1))
    assert mastery(Background(classmates=record)) == mastery()


def test_a_class_record_with_a_short_row_is_refused():
    with pytest.raises(ValidationError):
        ClassRecord(paths=(("1",), ("2",)), shares=((1.0,),))


def test_the_curve_of_a_class_follows_how_hard_a_question_was_and_gaps_are_no_zeros():
    rng = np.random.default_rng(3)
    ability = rng.normal(size=(200, 1))
    ease = np.array([1.5, 0.0, -1.5, 0.5, -0.5, 1.0])
    shares = (rng.random((200, 6)) < 1 / (1 + np.exp(-(ability + ease)))).astype(float)
    shares[rng.random((200, 6)) < 0.2] = np.nan
    found = calibrate(shares, np.ones((6, 1)), np.zeros(6))
    assert np.abs(found.ease - ease).max() < 0.5
    assert np.all((found.slope > 0.5) & (found.slope < 2))


def test_chance_alone_is_expected_of_choices():
    choice = Question(number="1", path=("1",), type="single_choice", options={"A": "", "B": "", "C": "", "D": ""})
    assert curve_of(choice).guess == 0.25
    assert curve_of(choice.model_copy(update={"type": "true_false"})).guess == 0.5
    assert curve_of(choice.model_copy(update={"type": "calculation"})).guess == 0.0
    assert curve_of(choice.model_copy(update={"difficulty": 0.8})).ease < curve_of(choice).ease


def test_what_is_usually_earned_tells_how_easy_a_question_is_with_the_points_of_chance_in_it():
    known = Question(number="1", path=("1",), type="calculation", facility=0.9, difficulty=0.1)
    assert curve_of(known).ease > curve_of(known.model_copy(update={"facility": 0.3})).ease
    choice = known.model_copy(update={"type": "single_choice", "facility": 0.25})  # no better than by chance
    assert curve_of(choice).ease < curve_of(known.model_copy(update={"facility": 0.25})).ease
    assert curve_of(choice).chance(np.zeros(1))[0] == pytest.approx(0.25, abs=0.05)
    for facility in (0.0, 1.0):
        assert np.isfinite(curve_of(choice.model_copy(update={"facility": facility})).ease)


def test_a_class_moves_what_is_usually_earned_and_few_answers_move_it_less():
    rng = np.random.default_rng(7)
    shares = (rng.random((200, 5)) < 0.5).astype(float)
    usual = np.array([0.9, np.nan, np.nan, np.nan, np.nan])
    few, many, without = (
        calibrate(shares[:n], np.ones((5, 1)), np.zeros(5), facility)
        for n, facility in ((20, usual), (200, usual), (200, None))
    )
    assert few.ease[0] > many.ease[0] > without.ease[0]
    assert np.abs(many.ease[1:] - without.ease[1:]).max() < 0.3


def test_an_easy_question_failed_says_more_than_a_hard_one():
    paper, analysis = exam(("1", "wrong", "a"), ("2", "wrong", "a"), ("3", "wrong", "a"))

    def after(facility: float) -> float:
        asked = tuple(q.model_copy(update={"facility": facility}) for q in paper.questions)
        return diagnose(SUBMISSION, paper.model_copy(update={"questions": asked}), analysis).mastery[0].mastery

    assert after(0.95) < after(0.5) < after(0.1)


def test_a_gap_that_others_build_on_is_to_be_practised_first():
    root, built = (
        next(p for p in taxonomy("math").points if p.name == name) for name in ("一元一次方程", "一元二次方程")
    )
    assert root.code in taxonomy("math").roots_of(built.code)
    paper, analysis = exam(("1", "wrong", "a"), ("2", "wrong", "b"))
    tags = [KnowledgePoint(code=p.code, name=p.name, confidence=0.9) for p in (built, root)]
    questions = [q.model_copy(update={"knowledge_points": (t,)}) for q, t in zip(paper.questions, tags, strict=True)]
    found = diagnose(SUBMISSION, paper.model_copy(update={"questions": tuple(questions)}), analysis)
    assert (
        found.suggestions[0].text
        == "先练「一元一次方程」（第2题）：它是「一元二次方程」（第1题）的基础，补上后再练后者。"
    )
    assert found.suggestions[0].evidence == ("2", "1")


def test_a_gap_under_two_others_is_one_suggestion():
    known = taxonomy("math")
    root = next(p for p in known.points if p.name == "一元一次方程")
    above = [p for p in known.points if root.code in known.roots_of(p.code)]
    one = above[0]
    two = next(
        p for p in above[1:] if one.code not in known.roots_of(p.code) and p.code not in known.roots_of(one.code)
    )
    paper, analysis = exam(("1", "wrong", "a"), ("2", "wrong", "b"), ("3", "wrong", "c"))
    tags = [KnowledgePoint(code=p.code, name=p.name, confidence=0.9) for p in (one, two, root)]
    questions = [q.model_copy(update={"knowledge_points": (t,)}) for q, t in zip(paper.questions, tags, strict=True)]
    found = diagnose(SUBMISSION, paper.model_copy(update={"questions": tuple(questions)}), analysis)
    first = [said for said in found.suggestions if "基础" in said.text]
    assert [(said.evidence, one.name in said.text, two.name in said.text) for said in first] == [
        (("3", "1", "2"), True, True)
    ]


def test_points_asked_once_each_are_judged_together_as_their_topic():
    topic = next(p for p in taxonomy("math").points if p.name == "平面图形")
    below = [p for p in taxonomy("math").points if p.parent == topic.code][:5]
    paper, analysis = exam(*((str(n), "wrong", "x") for n in range(1, 6)))
    tags = [KnowledgePoint(code=p.code, name=p.name, confidence=0.9) for p in below]
    questions = [q.model_copy(update={"knowledge_points": (t,)}) for q, t in zip(paper.questions, tags, strict=True)]
    found = diagnose(SUBMISSION, paper.model_copy(update={"questions": tuple(questions)}), analysis)
    assert [row.code for row in found.mastery if row.sufficient] == [topic.code]
    assert found.weak_points[0].startswith("平面图形（第1–5题")


def test_what_is_known_beside_a_paper_travels_in_its_submission():
    made = SUBMISSION.model_copy(update={"background": past(1.0)})
    assert type(made).model_validate_json(made.model_dump_json()).background == past(1.0)


def test_a_taxonomy_of_a_school_is_refused_when_it_is_broken():
    def made(*points):
        return Taxonomy.model_validate({"subject": "math", "points": points})

    assert made({"code": "a", "name": "A"}, {"code": "b", "name": "B", "requires": ["a"]}).roots_of("b") == ("a",)
    for broken in (
        [{"code": "a", "name": "A"}, {"code": "a", "name": "B"}],
        [{"code": "a", "name": "A", "requires": ["z"]}],
        [{"code": "a", "name": "A", "requires": ["b"]}, {"code": "b", "name": "B", "requires": ["a"]}],
        [{"code": "a", "name": "A", "parent": "a"}],
    ):
        with pytest.raises(ValidationError):
            made(*broken)


def test_a_point_known_well_enough_by_earlier_exams_is_not_said_to_have_too_little_evidence():
    paper, analysis = exam(("1", "wrong", "数轴"))
    history = (PastAnswers(code="k.数轴", share=0.2, questions=6, exams_ago=1),)
    alone, known = (diagnose(SUBMISSION, paper, analysis, Background(history=each)) for each in ((), history))
    assert "证据不足" in alone.suggestions[0].text
    assert "证据不足" not in known.suggestions[0].text


@pytest.mark.parametrize("always", [True, False])
def test_a_topic_that_asks_what_its_only_point_asks_is_not_said_twice(always):
    known = taxonomy("math")
    topic = next(p for p in known.points if p.name == "有理数与实数")
    point = next(p for p in known.points if p.parent == topic.code)
    tags = [KnowledgePoint(code=p.code, name=p.name, confidence=0.8) for p in (point, topic)]
    paper, analysis = exam(*((str(n), "wrong", "x") for n in range(1, 5)))
    both = [
        q.model_copy(update={"knowledge_points": tuple(tags[: 1 + (always or n % 2)])})
        for n, q in enumerate(paper.questions)
    ]
    found = diagnose(SUBMISSION, paper.model_copy(update={"questions": tuple(both)}), analysis)
    assert [row.code for row in found.mastery] == [point.code]
    assert len(found.weak_points) == 1


def test_a_topic_of_two_points_stays_beside_a_point_of_another_topic_in_the_same_questions():
    known = taxonomy("math")
    topic = next(p for p in known.points if p.name == "平面图形")
    one, two = [p for p in known.points if p.parent == topic.code][:2]
    other = next(p for p in known.points if p.parent not in {None, topic.code})
    paper, analysis = exam(*((str(n), "wrong", "x") for n in range(1, 5)))
    pairs = [((one if n < 2 else two), other) for n in range(4)]
    tags = [tuple(KnowledgePoint(code=p.code, name=p.name, confidence=0.8) for p in pair) for pair in pairs]
    asked = [q.model_copy(update={"knowledge_points": t}) for q, t in zip(paper.questions, tags, strict=True)]
    found = diagnose(SUBMISSION, paper.model_copy(update={"questions": tuple(asked)}), analysis)
    assert {row.code for row in found.mastery} == {one.code, two.code, other.code, topic.code}
