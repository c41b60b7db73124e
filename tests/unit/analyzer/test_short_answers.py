"""What stands around a short answer and is none of it."""

import pytest

from services.analyzer.core.text import short_answer


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        ("答：T", "T"),
        ("答——T", "T"),
        ("答案: -3", "-3"),
        ("答——-3", "-3"),
        ("答", "答"),
        ("答案", "答案"),
        ("答-3", "答-3"),  # one dash may be a minus
        ("答对了", "答对了"),
        ("__42__", "42"),
        (".known", "known"),
        ("(5", "5"),
        ("(a+b)", "(a+b)"),
    ],
)
def test_words_and_print_around_an_answer_are_left_out(read: str, answer: str) -> None:
    assert short_answer(read) == answer
