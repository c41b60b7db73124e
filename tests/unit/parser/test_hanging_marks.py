"""Which question a teacher's mark belongs to."""

from contracts.artefacts import Mark
from services.parser.core import parse
from tests.unit.parser.readings import cell, column, reading, submission

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


def tick_at(x, y):
    return Mark(kind="tick", box=(x - 20, y - 20, x + 20, y + 20), confidence=0.9)


def test_a_tick_on_a_letter_in_a_table_is_of_its_question_and_not_of_the_one_it_stands_in():
    """The table lies beside the second question's text here, in the room of its region; its letters are of all three."""
    table = [cell(t, 0, c, 500 + 80 * c, 430) for c, t in enumerate(["题号", "1", "2", "3"])]
    table += [cell(t, 1, c, 500 + 80 * c, 470) for c, t in enumerate(["答案", "B", "A", ""])]
    texts = ["一、选择题（每小题5分）"]
    for n in (1, 2, 3):
        texts += [f"{n}. 以下说法正确的是（ ）", "A. 1   B. 2", "C. 3   D. 4"]
    on_letters = [tick_at(500 + 80 * c + 40, 490) for c in (1, 2, 3)]
    marks = (*on_letters, tick_at(200, 490))
    paper = parse(submission(), reading(column(texts, step=45), spots=tuple(table), marks=marks))
    assert [(q.number, [i for _, i in q.marks]) for q in paper.questions] == [("1", [0]), ("2", [1, 3]), ("3", [])]
