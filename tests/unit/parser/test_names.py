import pytest

from services.parser.core.names import class_of, name_of, number_of


@pytest.mark.parametrize(
    ("read", "told"),
    [("王博字", "王博宇"), ("曹怡而", "曹怡雨"), ("林丹三", "林彤"), ("王涵丹三", "王涵彤"), ("赵轩", "赵轩")],
)
def test_characters_that_no_one_is_called_by_are_those_they_look_like(read, told):
    assert name_of(read) == told


@pytest.mark.parametrize("name", ["闻晓丹", "非凡", "Lily Wang", "古丽·买买提江", "住友"])
def test_a_surname_and_names_that_people_bear_are_left_as_read(name):
    assert name_of(name) == name


def test_a_name_ends_with_the_writing_on_its_rule():
    assert name_of("许嘉远__班") == "许嘉远"
    assert name_of("__许嘉远____") == "许嘉远"


@pytest.mark.parametrize(
    ("read", "latin", "told"),
    [
        ("7(B)班", False, "7(8)班"),
        ("B（3）班", False, "8（3）班"),
        ("118", True, "11B"),
        ("118", False, "118"),
        ("11A", True, "11A"),
        ("11(8)", True, "11(8)"),
        ("8", True, "8"),
        ("+(3)班", False, "11(3)班"),
        ("9(1)现", False, "9(1)班"),
        ("高三(s)班", False, "高三(5)班"),
        ("(7)班", False, "(7)班"),
        ("//A", True, "11A"),
        ("I1C", True, "11C"),
        ("1A", False, "1A"),
    ],
)
def test_a_class_has_figures_in_brackets_and_a_letter_right_after_the_grade(read, latin, told):
    assert class_of(read, 11, latin=latin) == told


@pytest.mark.parametrize(
    ("read", "told"), [("202S061S", "20250615"), ("20253l22", "20253122"), ("S2025", "S2025"), ("2025 A 01", "2025A01")]
)
def test_a_number_has_figures_where_its_letters_look_like_them(read, told):
    assert number_of(read) == told
