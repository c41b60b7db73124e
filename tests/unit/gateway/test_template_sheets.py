"""Spreadsheets of teachers, as templates."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.templates.document import Document, answer_key
from services.gateway.templates.errors import Wrong, checked
from services.gateway.templates.lenient import tidied
from services.gateway.templates.sheet import SheetFault, WrongSheet, read
from services.gateway.templates.store import text_of

ABOUT = {"name": "n", "subject": "math"}
PLAIN = '题号,题型,答案,分值,知识点\n1,单选题,B,3,有理数；绝对值\n2,多选题,"A, C",4分,\n3,填空题,3|5,6,\n3(1),解答题,x=2,,\n'
PARSED = [
    {"number": "1", "type": "single_choice", "answer": "B", "max_score": 3.0, "knowledge_points": ["有理数", "绝对值"]},
    {"number": "2", "type": "multiple_choice", "answer": "AC", "max_score": 4.0},
    {"number": "3", "type": "fill_blank", "answer": ["3", "5"], "max_score": 6.0},
    {"number": "3(1)", "type": "calculation", "answer": "x=2"},
]


def items(data: bytes) -> list[dict[str, Any]]:
    return [item.model_dump(exclude_defaults=True) for item in read(data, ABOUT).document.items]


def faults(text: str) -> list[SheetFault]:
    with pytest.raises(WrongSheet) as refused:
        read(text.encode(), ABOUT)
    return refused.value.faults


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_what_excel_saves_in_china_is_read(encoding: str) -> None:
    assert items(PLAIN.encode(encoding)) == PARSED


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace(",", "\t").replace('"A\t C"', '"A, C"'),
        PLAIN.replace(",", ";").replace("；", "、"),
        PLAIN.replace("\n", "\r\n"),
        "七年级期中 标准答案,,,,\n\n" + PLAIN,
        PLAIN + ",,,,\n\n合计,,,13,\n",
        PLAIN.replace("题号", "number").replace("题型", "Type").replace("答案", "Answer").replace("分值", "Points"),
        PLAIN.replace("1,单选题,B", "１．,单选题,B"),
    ],
    ids=["tabs", "semicolons", "windows", "title above", "totals below", "english", "full width"],
)
def test_sheets_that_say_the_same_are_read_the_same(text: str) -> None:
    assert items(text.encode()) == PARSED


def test_what_is_usually_earned_is_a_share_or_a_percentage() -> None:
    sheet = "题号,答案,难度系数\n1,B,0.65\n2,A,65%\n3,C,６５％\n4,D,\n".encode()
    assert [item.get("facility") for item in items(sheet)] == [0.65, 0.65, 0.65, None]
    assert [item.facility for item in answer_key(read(sheet, ABOUT).document).questions] == [0.65, 0.65, 0.65, None]
    assert [fault.column for fault in faults("题号,答案,得分率\n1,B,65\n2,A,中\n")] == ["得分率", "得分率"]


def test_what_is_left_out_is_named() -> None:
    assert read("题号,备注,答案\n1,难,B\n总分,,\n".encode(), ABOUT).ignored == ("column 备注", "row 3: 总分")


def test_wrong_cells_are_named_by_row_and_column_as_the_spreadsheet_shows_them() -> None:
    text = "标题,,\n题号,答案,分值\n1,B,三\n\n,C,3\n1,A,2\n4,D,-1\n"
    found = [(fault.row, fault.column) for fault in faults(text)]
    assert found == [(3, "分值"), (5, "题号"), (7, "分值")]


def test_numbers_given_twice_are_named_when_the_cells_are_right() -> None:
    assert faults("题号,答案\n1,B\n2,C\n1,A\n")[0] == SheetFault(
        4, "题号", "1 is there before: give repeated numbers a section or a path"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column 题号"),
        ("a,b\n1,2\n", "no column 题号"),
        ("题号,答案\n", "no items"),
        ("题号,分值,满分\n1,2,3\n", "same as another column"),
        ('题号,答案\n1,"B\n', "not CSV"),
        ("PK\x03\x04\x00", "save the sheet as CSV"),
    ],
)
def test_what_is_no_sheet_is_refused_with_what_to_do(text: str, words: str) -> None:
    assert words in faults(text)[0].detail


def test_words_made_of_choice_letters_stay_words() -> None:
    found = items("题号,答案\n1,bad\n2,a b\n3,b\n4,B C D\n".encode())
    assert [item["answer"] for item in found] == ["bad", "AB", "b", "BCD"]


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_sheet_or_refused(data: bytes) -> None:
    try:
        found = read(data, ABOUT)
    except (WrongSheet, Wrong):
        return
    assert found.document.items


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "subject", "items", "questions", "number", "answer", "type", "path", "max_score"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON)
def test_any_json_is_a_template_or_refused(data: Any) -> None:
    try:
        document = checked(tidied(data))
    except Wrong:
        return
    assert Document.model_validate_json(text_of(document)) == document


def test_an_answer_key_of_an_upload_is_a_template() -> None:
    key = {
        "questions": [{"number": 1, "type": "true_false", "answer": True}, {"number": "2", "answer": [1, 0.5, None]}]
    }
    found = answer_key(checked(tidied(key | ABOUT)))
    assert [item.answer for item in found.questions] == ["√", ("1", "0.5", "")]


def test_items_inherit_from_their_section_and_only_repeated_numbers_have_paths() -> None:
    found = answer_key(
        checked(
            ABOUT
            | {
                "sections": [
                    {"number": "一", "type": "single_choice", "item_score": 3},
                    {"number": "二", "item_score": 5},
                ],
                "items": [
                    {"number": "1", "section": "一"},
                    {"number": "2", "section": "一", "type": "multiple_choice", "max_score": 4},
                    {"number": "1", "section": "二"},
                    {"number": "3(1)", "section": "二"},
                ],
            }
        )
    )
    told = [(item.number, item.path, item.type, item.max_score) for item in found.questions]
    assert told == [
        ("1", ("一", "1"), "single_choice", 3.0),
        ("2", None, "multiple_choice", 4.0),
        ("1", ("二", "1"), None, 5.0),
        ("3(1)", None, None, None),  # a part is not worth what its whole is
    ]
