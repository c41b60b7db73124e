import pytest

from contracts.artefacts import Question, Section
from services.parser.core.points import with_shares


def section(total, item=None):
    return Section(number="三", title="填空题", type="fill_blank", item_score=item, total_score=total)


def question(number, blanks=0, kind="fill_blank", points=None):
    return Question(number=number, path=("三", number), type=kind, blanks=blanks, max_score=points)


def points(questions, *sections):
    return [q.max_score for q in with_shares(questions, sections)]


def test_every_blank_of_a_section_has_the_same_points():
    assert points([question("12", 2), question("13", 1)], section(9.0)) == [6.0, 3.0]


def test_every_choice_of_a_section_has_the_same_points():
    questions = [question(str(n), kind="single_choice") for n in range(1, 5)]
    assert points(questions, section(10.0)) == [2.5] * 4


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([question("12", 2), question("13", 1)], section(10.0)),
        ([question("12", 2), question("13", 0)], section(9.0)),
        ([question("12", 2), question("13", 1, points=4.0)], section(9.0)),
        ([question("12", 2), question("13", 1, kind="calculation")], section(9.0)),
        ([question("12", 2), question("13", 1)], section(None)),
    ],
    ids=["a share is no half point", "a blank was missed", "points are printed", "kinds are mixed", "no total"],
)
def test_nothing_is_shared_out_where(questions, said):
    assert points(questions, said) == [q.max_score for q in questions]


def test_another_section_is_left_alone():
    other = Question(number="1", path=("一", "1"), type="fill_blank", blanks=1)
    assert points([other, question("12", 1)], section(3.0)) == [None, 3.0]


def test_a_section_of_one_question_is_worth_what_the_question_is():
    assert points([question("12", kind="calculation")], section(8.0)) == [8.0]
