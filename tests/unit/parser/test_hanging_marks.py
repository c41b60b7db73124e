"""Which question a teacher's mark belongs to."""

from contracts.artefacts import Mark
from services.parser.core import parse
from tests.unit.parser.readings import column, reading, submission

QUESTIONS = ["1. 求 2+3 的值。", "2. 求 4+5 的值。", "3. 求 6+7 的值。"]


def owners(*marks):
    """Numbers of the questions that have each mark. The last question ends near y = 410."""
    paper = parse(submission(), reading(column(QUESTIONS), marks=marks))
    return [[q.number for q in paper.questions if (1, i) in q.marks] for i in range(len(marks))]


def tick(top, bottom):
    return Mark(kind="tick", box=(150, top, 200, bottom))


def test_a_mark_belongs_to_the_question_its_middle_is_in():
    assert owners(tick(300, 330), tick(325, 375)) == [["1"], ["2"]]


def test_a_mark_that_hangs_down_from_the_last_question_is_its():
    assert owners(tick(400, 470)) == [["3"]]


def test_a_mark_below_all_questions_is_of_none():
    assert owners(tick(600, 650)) == [[]]
