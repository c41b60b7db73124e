"""A school's own points: named by people, checked, and joined with those that ship."""

import pytest

from contracts.artefacts import Submission
from contracts.taxonomy import Point, Taxonomy, taxonomy
from services.gateway.courses.core.own import NewPoint, Refused, own_points

MATHS = taxonomy("math")


def new(name: str, *requires: str, parent: str | None = None) -> NewPoint:
    return NewPoint(name=name, parent=parent, requires=list(requires))


def test_own_points_are_linked_by_name_and_code_and_trace_to_their_roots() -> None:
    own = own_points(MATHS, (), [new("移项", "given.等式的性质", parent="一元一次方程"), new("等式的性质", "math.04")])
    joined = MATHS.with_own(own)
    assert joined.roots_of("given.移项")[0] == "given.等式的性质"
    assert "math.04" in joined.roots_of("given.移项")
    topic = joined.parent_of("given.移项")
    assert topic is not None
    assert topic.code == "math.07"


def test_points_that_are_there_keep_their_links_and_a_shipped_one_keeps_only_what_is_new() -> None:
    first = own_points(MATHS, (), [new("等式"), new("移项", "等式"), new("一元一次方程", "等式", *_of("math.07"))])
    assert next(p for p in first if p.code == "math.07").requires == ("given.等式",)
    more = own_points(MATHS, first, [new("符号法则"), new("移项", "符号法则")])
    assert next(p for p in more if p.code == "given.移项").requires == ("given.等式", "given.符号法则")
    assert {p.code for p in more} == {"math.07", "given.等式", "given.移项", "given.符号法则"}


def test_own_points_have_aliases_and_those_that_ship_keep_to_their_own_words() -> None:
    wanted = [
        NewPoint(name="移项", aliases=["变号移到"]),
        NewPoint(name="一元一次方程", aliases=["元一"], requires=["移项"]),
    ]
    own = own_points(MATHS, (), wanted)
    more = own_points(MATHS, own, [NewPoint(name="移项", aliases=["变号移到", "移到另一边"])])
    assert {p.code: p.aliases for p in more} == {"math.07": (), "given.移项": ("变号移到", "移到另一边")}
    with pytest.raises(ValueError, match="at least 2"):
        NewPoint(name="移项", aliases=["移"])


def _of(code: str) -> tuple[str, ...]:
    return next(point.requires for point in MATHS.points if point.code == code)


@pytest.mark.parametrize(
    ("wanted", "pointer", "word"),
    [
        ([new("甲", "乙"), new("乙", "甲")], "/points/1/requires/0", "circle"),
        ([new("甲", "甲")], "/points/0/requires/0", "circle"),
        ([new("甲", parent="乙"), new("乙", parent="甲")], "/points/1/parent", "circle"),
        ([new("甲", "一元一次方程组")], "/points/0/requires/0", "near it are"),
        ([new("甲"), new(" 甲 ")], "/points/1/name", "already"),
        ([new("…")], "/points/0/name", "letter"),
    ],
)
def test_circles_unknown_names_and_names_that_come_twice_are_refused_at_their_place(
    wanted: list[NewPoint], pointer: str, word: str
) -> None:
    with pytest.raises(Refused) as refused:
        own_points(MATHS, (), wanted)
    assert [(at, word in detail) for at, detail in refused.value.errors] == [(pointer, True)]


def test_a_link_that_no_longer_fits_the_taxonomy_is_left_out_and_fails_no_exam() -> None:
    shipped = Taxonomy(subject="math", points=(Point(code="a", name="A", requires=("b",)), Point(code="b", name="B")))
    own = (
        Point(code="b", name="B", requires=("a",)),
        Point(code="given.C", name="C", parent="gone", requires=("gone", "a")),
    )
    joined = shipped.with_own(own)
    assert [(p.code, p.parent, p.requires) for p in joined.points] == [
        ("a", None, ("b",)), ("b", None, ()), ("given.C", None, ("a",)),
    ]  # fmt: skip
    assert shipped.with_own(()) is shipped


def test_a_submission_of_before_has_no_points_of_its_own() -> None:
    assert Submission.model_validate({"subject": "math", "grade": 7, "files": []}).points == ()


def test_own_points_may_have_english_names_and_those_that_ship_keep_theirs() -> None:
    wanted = [
        NewPoint(name="移项", name_en=" moving terms "),
        NewPoint(name="一元一次方程", name_en="other", requires=["移项"]),
    ]
    own = own_points(MATHS, (), wanted)
    assert {p.code: p.name_en for p in own} == {"math.07": None, "given.移项": "moving terms"}
    called = {p.code: p.name for p in MATHS.with_own(own).called("en").points}
    assert (called["given.移项"], called["math.07"]) == ("moving terms", "linear equations in one unknown")
    again = {p.code: p.name_en for p in own_points(MATHS, own, [NewPoint(name="移项")])}
    assert again["given.移项"] == "moving terms"
