"""A question tagged with a topic and a part of it speaks for both, and no less for the topic."""

import pytest

from contracts.artefacts import Diagnosis, KnowledgePoint, Paper
from contracts.artefacts.diagnosis import Background, PastAnswers
from contracts.taxonomy import taxonomy
from services.diagnostic.core import diagnose
from services.diagnostic.core.evidence import items_of
from tests.unit.diagnostic.test_diagnose import SUBMISSION, exam

KNOWN = taxonomy("physics")
TOPIC = next(point for point in KNOWN.points if point.name == "机械运动")
PARTS = [point for point in KNOWN.points if point.parent == TOPIC.code][:4]
PHYSICS = SUBMISSION.model_copy(update={"subject": "physics"})
ROWS = [(str(n), "wrong" if n < 3 else "correct", "x") for n in range(4)]


def tagged(*rows: tuple[object, ...], parts: bool, one_part: bool = False) -> tuple[Paper, object]:
    paper, analysis = exam(*(rows or ROWS))
    topic = KnowledgePoint(code=TOPIC.code, name=TOPIC.name, confidence=0.6)
    questions = tuple(
        question.model_copy(
            update={
                "knowledge_points": (topic, KnowledgePoint(code=part.code, name=part.name, confidence=0.5))
                if parts
                else (topic,)
            }
        )
        for question, part in zip(paper.questions, PARTS[:1] * 4 if one_part else PARTS, strict=True)
    )
    return paper.model_copy(update={"questions": questions}), analysis


def topic_of(found: Diagnosis) -> object:
    return next(row for row in found.mastery if row.code == TOPIC.code)


def test_a_part_takes_nothing_from_its_topics_weight() -> None:
    ((_, alone),) = items_of(*tagged(parts=False), KNOWN)[0].points
    (_, beside), (_, part) = items_of(*tagged(parts=True), KNOWN)[0].points
    assert beside == alone
    assert 0 < part < alone


def test_a_topics_mastery_is_the_same_with_and_without_its_parts_named() -> None:
    coarse, fine = (diagnose(PHYSICS, *tagged(parts=parts)) for parts in (False, True))
    assert topic_of(fine) == topic_of(coarse)
    assert {row.code for row in fine.mastery} == {TOPIC.code, *(part.code for part in PARTS)}


def test_what_earlier_exams_said_of_a_topic_counts_where_its_parts_are_named() -> None:
    past = Background(history=(PastAnswers(code=TOPIC.code, share=1.0, questions=4, exams_ago=1),))
    alone, remembered = (topic_of(diagnose(PHYSICS, *tagged(parts=True), each)) for each in (Background(), past))
    assert remembered.mastery > alone.mastery
    assert remembered.earlier == 1.0


def test_advice_on_a_topic_says_which_of_its_parts_lost_points() -> None:
    first, second = PARTS[:2]
    (advice, *_) = diagnose(PHYSICS, *tagged(parts=True)).suggestions
    assert advice.text.startswith(f"「{TOPIC.name}」")
    assert f"；其中「{first.name}」" in advice.text or f"，「{first.name}」" in advice.text
    assert f"「{second.name}」" in advice.text
    assert PARTS[3].name not in advice.text
    english = diagnose(PHYSICS.model_copy(update={"locale": "en"}), *tagged(parts=True)).suggestions[0].text
    assert "of these " in english
    assert str(first.name_en) in english


def test_points_of_two_topics_share_a_questions_weight() -> None:
    other = next(point for point in KNOWN.points if point.parent is None and point.code != TOPIC.code)
    both = KNOWN.parts_of([(TOPIC.code, 0.8), (other.code, 0.8)])
    assert both[0] == both[1] < KNOWN.parts_of([(TOPIC.code, 0.8)])[0] < sum(both)


@pytest.mark.parametrize("verdict", ["correct", "wrong"])
@pytest.mark.parametrize("alike", [True, False])
def test_questions_on_other_parts_of_a_topic_are_not_called_like_the_one_that_failed(verdict: str, alike: bool) -> None:
    """Neither a slip beside right ones nor a gap beside wrong ones: the pupil is told of like questions."""
    said = {"type": "fill_blank", "student_answer": "甲", "correct_answer": "乙"}
    rows = [("0", "wrong", "x", said), *((str(n), verdict, "x", said) for n in range(1, 4))]
    paper, analysis = tagged(*rows, parts=True, one_part=alike)
    causes = diagnose(PHYSICS, paper, analysis).causes
    expected = {"correct": "careless", "wrong": "concept"}[verdict]
    assert [cause.kind for cause in causes if cause.number == "0"] == ([expected] if alike else [])
