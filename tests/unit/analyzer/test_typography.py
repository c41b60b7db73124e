"""Answers that differ from the key in typography alone."""

import pytest

from services.analyzer.core.typography import named_alike, spelled


@pytest.mark.parametrize(
    ("answer", "key"),
    [("达·芬奇", "达•芬奇"), ("埃德加斯诺", "埃德加·斯诺"), ("2.74dm³", "2.74dm3"), ("3|2.5km", "3|2.5 km")],
)
def test_an_answer_that_says_the_keys_is_spelled_as_the_key(answer: str, key: str) -> None:
    assert spelled(answer, key) == key


@pytest.mark.parametrize(("answer", "key"), [("22g", "2.2g"), ("3", "-3"), ("x2", "x²"), ("12", "1,2"), ("9", "8")])
def test_an_answer_that_says_something_else_is_left_as_it_was_read(answer: str, key: str) -> None:
    assert spelled(answer, key) == answer


def test_each_blank_is_spelled_by_itself() -> None:
    assert spelled("埃德加斯诺||西行", "埃德加·斯诺|长征|西行漫记") == "埃德加·斯诺||西行"


def test_without_an_answer_or_a_key_nothing_is_spelled() -> None:
    assert spelled(None, "3") is None
    assert spelled("3", None) == "3"


def test_another_questions_right_answer_is_spelled_as_the_key_has_it_there() -> None:
    assert named_alike("埃德加斯诺|埃德加斯诺", ["藤野先生", "埃德加·斯诺"]) == "埃德加·斯诺|埃德加·斯诺"
    assert named_alike("22g|", ["2.2g", "长征"]) == "22g|"
    assert named_alike(None, ["长征"]) is None
