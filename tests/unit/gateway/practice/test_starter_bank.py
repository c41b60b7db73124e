"""The bank that ships: whole, varied, and right."""

from collections import Counter
from itertools import chain

import pytest

from contracts.artefacts import SubjectRules
from contracts.equality import Match, compare
from contracts.taxonomy import taxonomy
from services.analyzer.core.accepted import grade_under
from services.gateway.practice.bank import starter
from services.gateway.practice.core.item import Item
from tests.unit.gateway.practice.working import Written, written
from tests.unit.gateway.practice.workings import WORKINGS

ITEMS = list(starter().values())
CHOICES = {"single_choice", "multiple_choice"}
_SAID_TWICE = 16
"""Items without anything to compute: at most so many."""


def own_answer(item: Item) -> str:
    return "|".join(item.answer) if isinstance(item.answer, list) else item.answer


def test_it_covers_the_grades_in_both_languages_under_a_free_licence() -> None:
    assert len(ITEMS) >= 60
    assert Counter(item.language for item in ITEMS)["en"] >= 10
    assert {item.grade for item in ITEMS} == {7, 8, 9}
    assert {(item.license, item.origin) for item in ITEMS} == {("MIT", "human")}
    codes = {point.code for point in taxonomy("math").points}
    assert {code for item in ITEMS for code in item.points} <= codes
    assert all(item.facility is not None and item.solution.count("$") % 2 == 0 for item in ITEMS)


def test_the_stems_and_ids_are_all_different() -> None:
    assert len({item.stem for item in ITEMS}) == len({item.id for item in ITEMS}) == len(ITEMS)


def test_most_answers_are_computed_a_second_time() -> None:
    assert set(WORKINGS) == set(starter())
    said = [
        name
        for name, value in WORKINGS.items()
        if value == Written((own_answer(starter()[name]),)) and starter()[name].type in CHOICES | {"true_false"}
    ]
    assert len(said) <= _SAID_TWICE, said


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_the_checker_grades_the_keys_own_answer_as_right_for_sure(item: Item) -> None:
    for answer in (own_answer(item), *item.accepted):
        grade = grade_under(item.key_item("1", ()), answer, item.type, SubjectRules())
        assert (grade.verdict, grade.share) == ("correct", 1.0), answer
    if item.type not in CHOICES | {"true_false"}:
        keys = item.answer if isinstance(item.answer, list) else [item.answer]
        assert all(compare(key, key) is Match.SAME for key in keys)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_the_answer_worked_out_again_is_the_keys_and_no_other_options(item: Item) -> None:
    answers = written(WORKINGS[item.id])
    if item.type in CHOICES and answers != (item.answer,):
        right = {letter for letter, text in item.options.items() if any(same(a, text) for a in answers)}
        assert right == set(item.answer)
    else:
        graded = [grade_under(item.key_item("1", ()), a, item.type, SubjectRules()).verdict for a in answers]
        assert "correct" in graded, (answers, item.answer)


def same(answer: str, option: str) -> bool:
    bare = option.replace("$", "").replace("^\\circ", "")
    return compare(answer, bare).right or compare(bare, answer).right


def test_every_point_of_the_bank_has_items_of_different_facility() -> None:
    by_point: dict[str, set[float | None]] = {}
    for item, code in chain.from_iterable(((item, code) for code in item.points[:1]) for item in ITEMS):
        by_point.setdefault(code, set()).add(item.facility)
    assert len(by_point) >= 20
    assert all(len(found) >= 2 for found in by_point.values())
