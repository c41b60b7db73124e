"""Items as files have them, and what is told of wrong ones."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.practice import reading
from services.gateway.practice.reading import Row, Unreadable

ITEM: dict[str, Any] = {
    "id": "q1", "subject": "math", "grade": 7, "points": ["一元一次方程"], "type": "single_choice", "stem": "$x$ 是（　　）",
    "options": {"A": "1", "B": "2"}, "answer": "B", "score": 3,
}  # fmt: skip


def one(**changes: Any) -> Row:
    (row,) = reading.of_json(json.dumps(ITEM | changes).encode())
    return row


def told(row: Row) -> list[tuple[str, str]]:
    return [("/".join(map(str, fault.place)), fault.detail) for fault in row.faults]


def test_json_may_be_one_item_a_list_or_an_object_with_items() -> None:
    for written in (ITEM, [ITEM], {"items": [ITEM]}):
        (row,) = reading.of_json(json.dumps(written).encode())
        assert row.item is not None
        assert (row.item.points, row.item.score, row.row) == (["math.07"], 3.0, 1)


def test_lines_are_read_one_by_one_and_a_damaged_one_spoils_no_other() -> None:
    lines = [json.dumps(ITEM), "", "{", json.dumps(ITEM | {"id": "q2"})]
    rows = reading.of_lines("\n".join(lines).encode())
    assert [(row.row, row.item is not None) for row in rows] == [(1, True), (3, False), (4, True)]


def test_a_line_goes_on_to_its_newline_whatever_signs_its_texts_hold() -> None:
    stems = ["a\u2028b", "a\u2029b", "a\u0085b"]
    lines = [json.dumps(ITEM | {"id": f"q{i}", "stem": stem}, ensure_ascii=False) for i, stem in enumerate(stems)]
    rows = reading.of_lines("\r\n".join(lines).encode())
    assert [(row.row, row.item and row.item.stem) for row in rows] == list(enumerate(stems, 1))


def test_a_grade_of_a_thousand_digits_is_told_by_its_row() -> None:
    head = "编号,学科,年级,知识点,题型,题干,选项A,选项B,答案,分值"
    (row,) = reading.of_csv(f"{head}\na,数学,{'9' * 5000},一元一次方程,选择题,$x$ 是（　　）,1,2,B,3\n".encode())
    assert told(row) == [("grade", "must be a whole number")]


def test_a_spreadsheet_has_columns_in_either_language_and_options_by_letter() -> None:
    head = "编号,学科,年级,知识点,题型,题干,选项A,选项B,答案,分值,难度系数,备注"
    body = "a,数学,7,一元一次方程；有理数的运算,选择题,$x$ 是（　　）,1,2,B,3分,0.7,x\nb,math,8年级,分式,填空题,得____和____,,,1|2,2,,\n,,,,,,,,,,,\n"
    good, bad = reading.of_csv(f"{head}\n{body}".encode("gb18030"))
    assert good.item is not None
    assert (good.item.points, good.item.options, good.item.facility) == (
        ["math.07", "math.01"],
        {"A": "1", "B": "2"},
        0.7,
    )
    assert (bad.row, told(bad)) == (3, [("grade", "must be a whole number")])
    with pytest.raises(Unreadable, match="题干"):
        reading.of_csv("编号,答案\n1,2\n".encode())


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"points": ["一元一次方程组"]}, "points", "near it are 一元一次方程"),
        ({"id": "starter.x"}, "id", "bank that ships"),
        ({"id": "../x"}, "id", "must"),
        ({"answer": "C"}, "", "letters of its options"),
        ({"answer": "AB"}, "", "one right letter"),
        ({"options": {"A": "1", "C": "2"}}, "", "in order"),
        ({"type": "fill_blank", "options": {}, "stem": "得____", "answer": ["1", "2"]}, "", "1 blanks"),
        ({"type": "calculation"}, "", "options belong to choices"),
        ({"stem": "得 $x"}, "", "dollar"),
        ({"score": 0}, "score", "greater than 0"),
        ({"facility": 1.5}, "facility", "less than or equal to 1"),
        ({"score": 10**400}, "score", "finite number"),
        ({"facility": -(10**400)}, "facility", "finite number"),
        ({"colour": "red"}, "colour", "not known"),
        ({"rubric": [{"criterion": "a", "points": 1.0}]}, "", "add up"),
    ],
)
def test_what_is_wrong_is_told_by_place_and_says_what_to_do(changes: dict[str, Any], place: str, words: str) -> None:
    ((at, detail),) = told(one(**changes))
    assert at == place
    assert words in detail


@pytest.mark.parametrize(("answer", "sign"), [("对", "√"), ("F", "×"), (True, "√"), ("×", "×")])
def test_judgements_may_be_written_in_many_ways(answer: Any, sign: str) -> None:
    row = one(type="判断题", options={}, answer=answer)
    assert row.item is not None
    assert (row.item.type, row.item.answer) == ("true_false", sign)


def test_an_id_that_comes_twice_is_wrong_the_second_time() -> None:
    first, second = reading.of_json(json.dumps([ITEM, ITEM]).encode())
    assert first.item is not None
    assert (second.item, told(second)) == (None, [("id", "is in row 1 already")])


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_a_reader(data: bytes) -> None:
    for read in (reading.of_json, reading.of_lines, reading.of_csv):
        with suppress(Unreadable):
            assert all((row.item is None) == bool(row.faults) for row in read(data))
