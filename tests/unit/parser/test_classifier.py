"""The classifier of knowledge points speaks when it is sure, and only then, in bounded time."""

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contracts.taxonomy import taxonomy
from services.parser.core.classifier import Classifier, classify, grams_of, ranking
from services.parser.core.tagging import tag
from services.parser.stage import load_rules

RULES = load_rules()
MATH = RULES.classifiers["math"]


def small(threshold: float) -> Classifier:
    """Two classes told apart by one character each; the other n-grams say nothing."""
    grams = sorted({*grams_of("甲乙丙丁戊"), *grams_of("子丑寅卯辰")})
    weights = np.array([[5.0 * ("甲" in g) for g in grams], [5.0 * ("子" in g) for g in grams]])
    return Classifier.of(
        {
            "grams": np.array(grams),
            "idf": np.ones(len(grams)),
            "weights": weights,
            "bias": np.zeros(2),
            "codes": np.array(["a", "b"]),
            "names": np.array(["A", "B"]),
            "threshold": np.float32(threshold),
        }
    )


def test_the_class_of_the_texts_grams_is_chosen() -> None:
    model = small(0.6)
    first, second = classify(model, "甲乙丙丁戊"), classify(model, "子丑寅卯辰")
    assert first is not None
    assert second is not None
    assert (first.code, second.code) == ("a", "b")


def test_a_doubtful_text_gets_no_class() -> None:
    assert classify(small(0.6), "甲乙丙丁戊子丑寅卯辰") is None


def test_a_text_of_unknown_grams_gets_no_class() -> None:
    assert classify(MATH, "zzz") is None
    assert classify(MATH, "") is None


def test_tex_and_print_of_one_question_have_the_same_grams() -> None:
    assert list(grams_of(r"计算 $3\times 4$")) == list(grams_of("计算 3× 4"))


def test_a_question_without_any_keyword_of_the_rules_is_tagged_by_its_wording() -> None:
    text = "今年小明8岁，妈妈的年龄是小明的4倍，几年后妈妈的年龄是小明的3倍？"
    assert "典型应用题" in [p.name for p in tag(RULES, "math", text)]


def test_every_class_is_a_topic_of_the_taxonomy() -> None:
    known = {(point.code, point.name) for point in taxonomy("math").points}
    assert set(MATH.points) <= known
    assert len(MATH.points) == len(set(MATH.points)) == 19


def test_a_tex_fraction_and_a_printed_one_have_the_same_grams() -> None:
    assert set(grams_of(r"计算 $\frac{1}{2}+\sqrt{3}$")) & set(grams_of("计算 1/2+√3")) >= {
        "<fraction>",
        "<root>",
        "0/0",
    }


def test_ranking_shares_are_chances_of_all_classes() -> None:
    found = ranking(MATH, "甲乙两人从相距120千米的两地同时出发，相向而行，每小时各行多少千米？")
    assert found[0].name == "行程"
    assert abs(sum(point.confidence for point in found) - 1) < 0.02


def test_no_point_is_named_twice_when_words_and_wording_agree() -> None:
    names = [
        p.name for p in tag(RULES, "math", "已知二次根式√12与最简二次根式√(a+1)是同类二次根式，求a的值，计算√18-√8")
    ]
    assert len(names) == len(set(names)) > 0


def test_a_hostile_text_costs_no_time() -> None:
    begun = time.process_time()
    classify(MATH, "\\" * 200_000 + "a" * 200_000)
    assert time.process_time() - begun < 5, "it takes hours where each character is looked at from every other"


@given(st.text(max_size=200))
def test_every_text_gets_at_most_three_points_with_shares_as_confidence(text: str) -> None:
    found = tag(RULES, "math", text)
    assert len(found) <= 3
    assert all(0 <= p.confidence <= 1 for p in found)
