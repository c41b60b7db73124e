"""Questions that weren't found on the pages are told of, by the answer key or by the numbers around them."""

import pytest

from contracts.artefacts import KeyItem, Question
from services.parser.core import parse
from tests.unit.parser.readings import column, reading, submission

TEXTS = ["一、填空题（每小题4分）", *(f"{n}. 若 x={n}，则 x+1=____。" for n in range(1, 9))]


def key(*numbers: str, **more: object) -> list[KeyItem]:
    return [KeyItem.model_validate({"number": n, "type": "fill_blank", "max_score": 4.0} | more) for n in numbers]


def parsed(texts: list[str], items: list[KeyItem] | None = None) -> list[Question]:
    return list(parse(submission(items=items), reading(column(texts))).questions)


def told(questions: list[Question]) -> list[tuple[str, bool]]:
    return [(q.number, q.missing) for q in questions]


def test_a_question_of_the_key_that_is_not_on_the_pages_is_told_of_in_its_place() -> None:
    questions = parsed([TEXTS[0], *TEXTS[2:4], *TEXTS[6:]], key("1", "2", "3", "4", "5", "6", "7", "8", "9"))
    lost = {"1", "4", "5", "9"}
    assert told(questions) == [(str(n), str(n) in lost) for n in range(1, 10)]
    absent = questions[3]
    assert (absent.type, absent.max_score, absent.regions, absent.lines) == ("fill_blank", 4.0, (), ())


def test_a_part_of_a_question_that_was_not_found_stands_below_its_number() -> None:
    questions = parsed(TEXTS[:3], key("1", "2", "3(1)", "3(2)"))
    assert [(q.number, q.path, q.missing) for q in questions[2:]] == [
        ("3(1)", ("3", "(1)"), True),
        ("3(2)", ("3", "(2)"), True),
    ]


def test_a_part_of_a_question_that_was_found_is_not_missing() -> None:
    assert told(parsed(TEXTS[:3], key("1", "2(1)")))[:3] == [("1", False), ("2", False), ("2(1)", False)]


def test_a_key_that_names_sections_puts_its_questions_into_them() -> None:
    texts = ["一、选择题", "1. 甲（ ）", "2. 乙（ ）", "二、判断题", "1. 丁（ ）", "2. 戊（ ）"]
    paths = [("一", "1"), ("一", "2"), ("一", "3"), ("二", "1"), ("二", "2"), ("二", "3")]
    items = [KeyItem(number=path[1], path=path) for path in paths]
    questions = parsed(texts, items)
    assert [q.path for q in questions] == paths
    assert [q.path for q in questions if q.missing] == [("一", "3"), ("二", "3")]


def test_a_number_that_lacks_between_two_others_is_told_of() -> None:
    questions = parsed([*TEXTS[:4], *TEXTS[5:]])
    assert told(questions) == [(str(n), n == 4) for n in range(1, 9)]
    assert (questions[3].path, questions[3].type, questions[3].max_score) == (("一", "4"), "fill_blank", 4.0)


def test_homework_that_leaves_questions_out_lacks_none() -> None:
    questions = parsed([TEXTS[0], TEXTS[1], TEXTS[3], TEXTS[5], TEXTS[8]])
    assert told(questions) == [("1", False), ("3", False), ("5", False), ("8", False)]


def test_questions_before_the_first_and_behind_the_last_lack_only_by_the_key() -> None:
    assert told(parsed([TEXTS[0], *TEXTS[4:7]])) == [("4", False), ("5", False), ("6", False)]


TWICE = ["一、选择题", "1. 甲（ ）", "2. 乙（ ）", "二、判断题", "1. 丁（ ）", "2. 戊（ ）"]


@pytest.mark.parametrize("lost", [1, 2, 4, 5])
def test_a_lost_question_whose_number_recurs_is_told_of_in_its_section(lost: int) -> None:
    questions = parsed([text for at, text in enumerate(TWICE) if at != lost], key("1", "2", "1", "2"))
    assert [q.path for q in questions] == [("一", "1"), ("一", "2"), ("二", "1"), ("二", "2")]
    place = {1: 0, 2: 1, 4: 2, 5: 3}[lost]
    assert questions[place].missing
    assert not any(q.missing for q in questions[:2] if lost > 2)


def test_a_question_takes_type_and_points_of_its_own_section_where_another_of_its_number_is_lost() -> None:
    items = [
        *(KeyItem(number=n, type="single_choice", max_score=3.0) for n in "12"),
        *(KeyItem(number=n, type="true_false", max_score=1.0) for n in "12"),
    ]
    questions = parsed([TWICE[0], *TWICE[2:]], items)
    told_of = {q.path: (q.type, q.max_score) for q in questions}
    assert told_of["二", "1"] == ("true_false", 1.0)
    assert told_of["一", "1"] == ("single_choice", 3.0)
