"""A school's own points are found by their names and aliases, and what may mean several shows none."""

import time

import pytest

from contracts.artefacts import KnowledgePoint
from contracts.taxonomy import Point
from services.parser.core.own import OwnPoints, with_own


def own(*names: str, shipped: tuple[str, ...] = ()) -> OwnPoints:
    return OwnPoints.of([Point(code=f"given.{name}", name=name) for name in names], shipped)


def names(points: list[KnowledgePoint]) -> list[str]:
    return [point.name for point in points]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("勾股定理", "用勾股定理求斜边的长"),
        ("勾股定理", "用 勾股 定理求斜边的长"),
        ("一元二次方程的解法", "解下列一元二次方程"),
        ("一次函数的图象与性质", "已知一次函数 y=2x+1"),
        ("植树造林问题", "某校参加植树造林活动"),
        ("二元一次方程（组）", "解二元一次方程"),
        ("初速度与加速度", "求初速度的大小和加速度的方向"),
        ("Newton's second law", "State Newton’s second law."),
        ("past participle", "Fill in the past participles of the verbs"),
    ],
)
def test_a_name_is_found_in_a_stem_also_without_its_general_end(name: str, text: str) -> None:
    assert names(own(name).found(text)) == [name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("整数", "求最大的整数解"),  # two signs set the scene
        ("圆", "如图，圆与直线相切，圆的半径是多少"),  # one sign is everywhere
        ("时间问题", "求他所用的时间"),
        ("force", "They enforced the law with forceps"),
        ("初速度与加速度", "求物体的加速度"),
        ("勾股定理", ""),
    ],
)
def test_a_word_that_says_too_little_shows_nothing(name: str, text: str) -> None:
    assert own(name).found(text) == []


def test_a_word_of_two_signs_counts_when_it_stands_twice_or_the_school_says_so() -> None:
    assert names(own("移项").found("先移项，再说明移项的依据")) == ["移项"]
    said = OwnPoints.of([Point(code="given.移项", name="移项", aliases=("移项", "变号移到"))])
    assert names(said.found("解方程时要移项")) == names(said.found("把常数项变号移到右边")) == ["移项"]


def test_a_name_within_a_longer_one_is_the_longer_one() -> None:
    found = own("三角形", "直角三角形").found("直角三角形的两条直角边")
    assert names(found) == ["直角三角形"]
    assert own("三角形", shipped=("直角三角形",)).found("直角三角形的两条直角边") == []


def test_what_two_points_are_about_shows_neither() -> None:
    text = "解一元一次方程 2x=4"
    assert own("一元一次方程的解法", "一元一次方程的应用").found(text) == []
    assert names(own("一元一次方程的解法", "一元一次方程的应用", "一元一次方程").found(text)) == ["一元一次方程"]


def test_a_point_that_ships_is_left_to_its_own_words() -> None:
    assert own("一元一次方程", shipped=("一元一次方程",)).found("解一元一次方程") == []


def test_at_most_two_are_named_and_the_longer_word_is_surer() -> None:
    found = own("等差数列", "等比数列的前n项和", "数学归纳法").found("等差数列与等比数列的前n项和，用数学归纳法")
    assert names(found) == ["等比数列的前n项和", "数学归纳法"]
    assert found[0].confidence > found[1].confidence > 0.2


def test_own_points_stand_beside_those_that_ship_and_are_not_crowded_out() -> None:
    shipped = [KnowledgePoint(code=f"math.{n}", name=str(n), confidence=0.9 - n / 100) for n in range(3)]
    mine = own("勾股定理").found("用勾股定理")
    merged = with_own(shipped, mine)
    assert [point.code for point in merged] == ["math.0", "math.1", "given.勾股定理"]
    assert with_own(shipped, []) == tuple(shipped)


def test_a_thousand_points_cost_a_question_little_whatever_it_says() -> None:
    many = own(*(f"第{n}个知识点的应用与性质" for n in range(1000)))
    begun = time.process_time()
    own("综合应用" * 20 + "甲")
    for text in ("第7个知识点" * 3000, "的" * 20_000, "（" * 20_000, "a" * 20_000):
        many.found(text)
    assert time.process_time() - begun < 10
