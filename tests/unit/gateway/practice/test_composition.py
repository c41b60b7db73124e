"""Which items a paper takes, and in which order. Pure."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.practice.bank import starter
from services.gateway.practice.core.choose import Chosen, Wish, choose
from services.gateway.practice.core.item import Item
from services.gateway.practice.core.paper import About, Practice, arrange, template_of
from services.gateway.practice.core.plan import Need, needs_of, shares
from services.gateway.practice.core.points import UnknownPoint, points_of
from services.gateway.practice.core.view import key_view, paper_view
from services.gateway.templates import errors

MATH = points_of("math")
LINEAR, QUADRATIC, PRODUCTS, ROOTS, PROBABILITY = "math.07", "math.09", "math.04", "math.06", "math.21"
BANK = list(starter().values())
WISH = Wish(target=0.65, seed=0, grade=9, language="zh")


def paper(codes: list[str], count: int, wish: Wish = WISH, mastery: dict[str, float] | None = None) -> Practice:
    needs = needs_of(codes, "weak", mastery or {}, MATH, before=0.8)
    return arrange(about(wish), choose(BANK, shares(needs, count), MATH, wish), MATH)


def about(wish: Wish) -> About:
    told: dict[str, Any] = {"exam_ids": [], "level": "standard", "target": wish.target, "seed": wish.seed}
    return About(title="练习", subject="math", grade=wish.grade, language="zh", student_id=None, **told)


def item(name: str, **changes: Any) -> Item:
    plain = {"id": name, "subject": "math", "grade": 7, "points": [LINEAR], "type": "fill_blank", "stem": "$x=$____"}
    return Item.model_validate(plain | {"answer": "1", "score": 3.0} | changes)


def test_what_a_point_rests_on_comes_before_it_unless_it_is_known_to_be_mastered() -> None:
    needs = needs_of([QUADRATIC], "weak", {QUADRATIC: 0.3, LINEAR: 0.9, ROOTS: 0.4}, MATH, before=0.8)
    assert [need.code for need in needs][-1] == QUADRATIC
    assert {need.code: need.reason for need in needs} == {
        QUADRATIC: "weak",
        PRODUCTS: "prerequisite",
        ROOTS: "prerequisite",
    }


def test_two_weak_points_of_which_one_rests_on_the_other_are_in_that_order_however_weak_they_are() -> None:
    needs = needs_of([QUADRATIC, LINEAR], "weak", {QUADRATIC: 0.1, LINEAR: 0.5}, MATH, before=None)
    assert [need.code for need in needs] == [LINEAR, QUADRATIC]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(1, 50))
def test_shares_add_up_to_the_count_and_weaker_points_get_no_less(mastery: list[float], count: int) -> None:
    needs = [Need(f"p{i:02}", value, "weak") for i, value in enumerate(mastery)]
    given_out = shares(needs, count)
    assert sum(share.items for share in given_out) == count
    assert all(share.items >= 1 for share in given_out)
    ordered = sorted(given_out, key=lambda share: share.need.weight)
    assert all(a.items <= b.items for a, b in pairwise(ordered) if a.need.weight < b.need.weight)


def test_a_paper_is_the_same_for_a_seed_and_another_for_another() -> None:
    codes = [PROBABILITY, QUADRATIC, "math.23"]
    first, again = paper(codes, 8), paper(codes, 8)
    assert first == again
    drawn = {
        tuple(q.item.id for q in paper(codes, 8, Wish(0.65, seed, 9, language="zh")).questions) for seed in range(6)
    }
    assert len(drawn) > 1


def test_no_item_and_no_variant_of_one_is_there_twice() -> None:
    questions = paper([LINEAR, QUADRATIC, PRODUCTS], 20).questions
    groups = [question.item.group for question in questions]
    assert len(groups) == len(set(groups))


def test_what_the_student_has_had_does_not_come_again_and_its_variants_only_when_nothing_else_is_left() -> None:
    first = paper([LINEAR], 3).questions
    used = frozenset(name for q in first for name in (q.item.id, q.item.group))
    second = paper([LINEAR], 3, Wish(0.65, 0, 9, language="zh", used=used)).questions
    assert not {q.item.id for q in first} & {q.item.id for q in second}
    variants = [item("a", family="f", facility=0.65), item("b", facility=0.4)]
    plan = shares([Need(LINEAR, None, "asked")], 1)
    (chosen,) = choose(variants, plan, MATH, Wish(0.65, 0, used=frozenset({"f", "old"})))
    assert [each.id for each in chosen.items] == ["b"]


def test_a_harder_level_has_harder_items_and_each_point_begins_with_its_easiest() -> None:
    def mean(target: float) -> float:
        found = [
            q.item.facility or 0.0 for q in paper([LINEAR, PRODUCTS], 6, Wish(target, 0, 9, language="zh")).questions
        ]
        return sum(found) / len(found)

    assert mean(0.85) > mean(0.45)
    chosen = choose(BANK, shares([Need(LINEAR, 0.2, "weak")], 5), MATH, WISH)
    facilities = [each.facility or 0.0 for each in chosen[0].items]
    assert facilities == sorted(facilities, reverse=True)
    assert facilities[0] - facilities[-1] >= 0.2, "spread around the target"


def test_items_of_higher_grades_other_types_and_other_languages_stay_out() -> None:
    wish = Wish(0.65, 0, grade=7, types=frozenset({"calculation"}), language="en")
    questions = paper([LINEAR, "math.01"], 10, wish).questions
    assert questions
    assert {(q.item.grade, q.item.type, q.item.language) for q in questions} == {(7, "calculation", "en")}


def test_what_one_point_lacks_the_others_get_and_the_lack_is_told() -> None:
    practice = paper(["math.17", LINEAR], 6, mastery={"math.17": 0.1, LINEAR: 0.5})
    lacking = {
        point.code: (point.wanted, len(point.numbers)) for point in practice.points if len(point.numbers) < point.wanted
    }
    assert lacking.keys() == {"math.17"}
    assert lacking["math.17"][1] == 0
    assert len(practice.questions) == min(6, len({i.group for i in BANK if LINEAR in i.points and i.language == "zh"}))


def test_a_topic_stands_for_the_points_that_are_part_of_it() -> None:
    chosen = choose(BANK, shares([Need("math.topic.方程与方程组", None, "asked")], 8), MATH, WISH)
    assert {each.points[0] for each in chosen[0].items} <= {
        LINEAR,
        "math.08",
        QUADRATIC,
        "math.45",
        "math.01",
        PRODUCTS,
        "math.05",
        "math.11",
    }
    assert len(chosen[0].items) == 8


def test_names_of_points_are_understood_and_unknown_ones_told_with_what_is_near() -> None:
    assert MATH.code("一元一次方程") == MATH.code(LINEAR) == LINEAR
    with pytest.raises(UnknownPoint, match="一元一次方程"):
        MATH.code("一元一次方程组")


def test_sections_are_by_type_and_numbers_go_through() -> None:
    practice = paper([LINEAR, QUADRATIC], 10)
    assert [q.number for q in practice.questions] == [str(n + 1) for n in range(len(practice.questions))]
    kinds = [q.item.type for q in practice.questions]
    assert kinds == sorted(
        kinds, key=["single_choice", "multiple_choice", "true_false", "fill_blank", "calculation"].index
    )
    assert [s.number for s in practice.sections] == list("一二三四五六"[: len(practice.sections)])
    assert practice.total_score == sum(q.item.score for q in practice.questions)


def test_its_template_is_one_that_uploads_can_name_and_says_the_whole_key() -> None:
    practice = paper([LINEAR, QUADRATIC, "math.08"], 12)
    document = template_of(practice, "prc_" + "0" * 32, MATH)
    assert errors.checked(json.loads(document.model_dump_json(exclude_defaults=True))) == document
    told = {(i.number, i.max_score, json.dumps(i.answer), tuple(i.accepted)) for i in document.items}
    assert told == {
        (q.number, q.item.score, json.dumps(q.item.answer), tuple(q.item.accepted)) for q in practice.questions
    }
    assert "一元一次方程" in {name for each in document.items for name in each.knowledge_points}


def test_the_printed_paper_has_no_answers_and_a_place_for_each() -> None:
    practice = paper([LINEAR, QUADRATIC], 10)
    view = paper_view(practice)
    places = [place["number"] for section in view["sheet"] for place in section["questions"]]
    assert places == [q.number for q in practice.questions]
    text = json.dumps(view, ensure_ascii=False)
    assert all(q.item.solution not in text for q in practice.questions if q.item.solution)
    assert "answer" not in {name for section in view["sections"] for q in section["questions"] for name in q}
    answers = [q["answer"] for section in key_view(practice)["sections"] for q in section["questions"]]
    assert len(answers) == len(practice.questions)
    assert all(answers)


def test_blanks_are_rules_and_formulas_trees_in_what_is_printed() -> None:
    only = Chosen(
        Need(LINEAR, None, "asked"), (item("a", stem=r"解 $\frac{x}{2}=3$，得____（　　）", answer=["6", "6"]),), 1
    )
    with pytest.raises(ValueError, match="blanks"):
        item("b", stem="____ ____", answer="1")
    shown = paper_view(arrange(about(WISH), [only], MATH))["sections"][0]["questions"][0]["stem"][0]
    assert [next(iter(node)) for node in shown] == ["t", "m", "t", "blank", "blank"]
    assert [node["blank"] for node in shown if "blank" in node] == [True, False]
