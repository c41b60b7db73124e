"""A place's own reading and that of the line through it: which of the two an answer is."""

import pytest

from services.analyzer.core.evidence import Piece
from services.analyzer.core.views import settled

AT = (100.0, 100.0, 200.0, 130.0)


def place(own: str, sure: float, inline: str, inline_sure: float, others: dict[str, float] | None = None) -> Piece:
    candidates = tuple((others or {}).items())
    return Piece("rule", 1, AT, own, sure, candidates, 0.2, inline=inline, inline_confidence=inline_sure)


def chosen(*seen: object) -> str:
    return settled(place(*seen), frozenset()).text  # type: ignore[arg-type]


@pytest.mark.parametrize(("own", "inline"), [("隔绝空气", "是隔绝空气"), ("90", "590"), ("21.6", "=21.6")])
def test_the_end_of_the_print_before_a_place_is_not_its_answers_beginning(own: str, inline: str) -> None:
    assert chosen(own, 0.99, inline, 1.0) == own
    assert chosen(own, 0.9, inline, 1.0) == inline  # its edge may have cut what was written


def test_a_sign_or_a_word_before_a_sure_reading_is_the_lines_to_tell() -> None:
    assert chosen("4", 0.99, "+4", 0.91) == "+4"
    assert chosen("quired", 0.99, "required", 0.99) == "required"


def test_a_place_without_a_reading_has_the_lines() -> None:
    assert chosen("", 0.0, "是", 0.9, {"是吗": 0.5}) == "是"


def test_of_two_likely_chinese_readings_the_longer_is_whole() -> None:
    assert chosen("细胞液", 0.68, "液", 0.95) == "细胞液"
    assert chosen("细胞液", 0.3, "液", 0.95) == "液"
    assert chosen("如on", 0.68, "on", 0.95) == "on"


def test_a_chinese_reading_that_most_other_views_share_is_believed() -> None:
    assert chosen("覆盖", 0.85, "虚盖", 0.9, {"覆盖": 1.0}) == "覆盖"
    assert chosen("覆盖", 0.85, "虚盖", 0.9, {"覆盖": 0.5, "虚盖": 0.5}) == "虚盖"
    assert chosen("2 偶然", 0.85, "2.偶然", 0.9, {"2 偶然": 1.0}) == "2.偶然"  # views lose points
