"""Short answers without a model: by points and polarity, and never without a teacher's look."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analyzer.core.grading import UNGRADED, grade
from services.analyzer.core.keypoints import find, points_of
from services.analyzer.core.likeness import judge

DEPOSIT = "春季升温快，地表干燥；植被少，地表裸露；多大风天气"


@pytest.mark.parametrize(
    ("answer", "verdict", "share"),
    [
        ("因为春季升温快，地表干燥；而且植被少，地表裸露；又多大风天气", "correct", 1.0),
        ("植被少，地表裸露，还有多大风天气", "partial", 2 / 3),
        ("多大风天气", "partial", 1 / 3),
        ("人口太多了", "wrong", 0.0),
        ("植被没有减少，地表没有裸露", "wrong", 0.0),
    ],
)
def test_each_point_of_a_key_is_worth_its_share(answer, verdict, share):
    found = grade(answer, DEPOSIT, "short_answer")
    assert (found.verdict, found.share, found.sure) == (verdict, pytest.approx(share), False)


@pytest.mark.parametrize(
    ("point", "answer"),
    [
        ("有利于保护生物多样性", "不利于保护生物多样性"),
        ("温度升高，压强增大", "温度升高，压强减小"),
        ("物体的质量不变", "物体的质量改变了，质量变"),
        ("水蒸气遇冷液化放热", "水蒸气遇冷液化吸热"),
        ("促进了经济的发展", "没有促进经济的发展"),
        ("由于惯性，人会向前倾倒", "由于惯性，人会向后倾倒"),
        ("试管中的水柱会上升", "试管中的水柱会下降"),
    ],
)
def test_a_statement_turned_round_never_meets_the_point(point, answer):
    assert find(point, answer) in ("turned", "unclear")
    assert grade(answer, point, "short_answer").verdict in ("wrong", "ungraded")


@pytest.mark.parametrize(
    ("point", "answer"),
    [
        ("有利于保护生物多样性", "这样有利于保护当地的生物多样性"),
        ("促进了经济的发展", "不仅促进了经济的发展，也改善了生活"),
        ("促进各地区的经济和文化交流", "能促进各地区经济和文化的交流"),
    ],
)
def test_the_point_in_other_order_or_with_words_around_is_met(point, answer):
    assert find(point, answer) == "met"


def test_points_are_parted_where_keys_part_them():
    assert points_of("①植被少；②气候干燥") == ["植被少", "气候干燥"]
    assert points_of("（1）升温快。（2）降水少。") == ["升温快", "降水少"]
    assert points_of("由于惯性，人会向前倾倒") == ["由于惯性，人会向前倾倒"]


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("terminal 1 and the positive terminal are separated by a gap", "correct"),
        ("terminal 1 and the positive terminal are connected", "contradictory"),
        ("i do not know", "incorrect"),
    ],
)
def test_an_english_answer_is_told_from_its_opposite(answer, label):
    odds = judge(
        answer,
        [
            "Terminal 1 and the positive terminal are separated by the gap",
            "Terminal 1 is not connected to the positive terminal",
        ],
    )
    assert max(odds, key=lambda each: odds[each]) == label
    assert sum(odds.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("key", ["略", "见解析", "详见解析", "（答案不唯一）"])
@pytest.mark.parametrize("kind", ["fill_blank", "calculation", "short_answer"])
def test_a_key_that_states_no_answer_gives_no_verdict(key, kind):
    assert grade("惯性使人向前倾倒", key, kind) == UNGRADED


def test_an_answer_that_may_differ_from_the_key_is_left_to_a_teacher():
    found = grade("7", "2（答案不唯一）", "fill_blank")
    assert not found.sure
    assert grade("2", "2（答案不唯一）", "fill_blank").verdict == "correct"


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=300), st.text(max_size=300))
def test_no_wording_is_sure_unless_it_is_the_keys_own(answer, key):
    found = grade(answer, key, "short_answer")
    same = "".join(answer.split()) == "".join(key.split())
    assert same or found.verdict != "correct" or not found.sure or len(key) < 40


def test_long_answers_cost_milliseconds():
    started = time.process_time()
    for _ in range(5):
        grade("植被少，地表裸露。" * 200, DEPOSIT * 20, "short_answer")
        grade(
            "the bulb is on because the path is closed " * 60, "the battery is in a closed path " * 20, "short_answer"
        )
    assert (time.process_time() - started) / 10 < 0.25
