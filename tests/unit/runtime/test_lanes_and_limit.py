"""Fairness between classes and between tenants, and the limit on dead letters."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.lanes import Lanes, Turns
from runtime.limit import DeadLetterLimit, Halt


def test_a_class_of_sixty_papers_does_not_starve_one_waiting_student() -> None:
    lanes: Lanes[str] = Lanes({"interactive": 8, "batch": 2})
    for _ in range(60):
        lanes.put("batch", "batch")
    for _ in range(10):
        lanes.put("interactive", "interactive")
    first = Counter(lanes.take() for _ in range(10))
    assert first == {"interactive": 8, "batch": 2}


def test_a_lane_alone_gets_everything() -> None:
    lanes: Lanes[int] = Lanes({"interactive": 8, "batch": 2})
    for number in range(20):
        lanes.put("batch", number)
    assert [lanes.take() for _ in range(21)] == [*range(20), None]


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers()), max_size=60))
def test_every_item_comes_out_once_and_in_order_within_its_lane(items: list[tuple[str, int]]) -> None:
    lanes: Lanes[tuple[str, int]] = Lanes({"a": 5, "b": 2, "c": 1})
    for lane, number in items:
        lanes.put(lane, (lane, number))
    out = [item for item in (lanes.take() for _ in items) if item]
    assert len(lanes) == 0
    for lane in "abc":
        assert [item for item in out if item[0] == lane] == [item for item in items if item[0] == lane]


def test_discarded_items_never_come_out() -> None:
    lanes: Lanes[int] = Lanes({"a": 1})
    for number in range(6):
        lanes.put("a", number)
    assert lanes.discard(lambda number: number % 2 == 0) == 3
    assert [lanes.take() for _ in range(4)] == [1, 3, 5, None]


def test_a_school_with_a_hundred_papers_lets_another_with_one_go_second() -> None:
    lanes: Lanes[str] = Lanes({"interactive": 8, "batch": 2})
    for number in range(100):
        lanes.put("interactive", f"big-{number}", "big")
    lanes.put("interactive", "small", "small")
    assert [lanes.take() for _ in range(4)] == ["big-0", "small", "big-1", "big-2"]


def test_tenants_take_turns_within_each_class_and_the_classes_keep_their_shares() -> None:
    lanes: Lanes[str] = Lanes({"interactive": 8, "batch": 2})
    for tenant in ("a", "b"):
        for _ in range(20):
            lanes.put("interactive", f"interactive {tenant}", tenant)
            lanes.put("batch", f"batch {tenant}", tenant)
    first = Counter(lanes.take() for _ in range(20))
    assert first == {"interactive a": 8, "interactive b": 8, "batch a": 2, "batch b": 2}


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers()), max_size=60))
def test_nobody_waits_for_more_than_one_item_of_each_other_owner(items: list[tuple[str, int]]) -> None:
    turns: Turns[tuple[str, int]] = Turns()
    for owner, number in items:
        turns.put(owner, (owner, number))
    waiting, since = Counter(owner for owner, _ in items), Counter[tuple[str, str]]()
    while turns:
        taken, _ = turns.take()
        for other in waiting:
            if waiting[other] and other != taken:
                since[other, taken] += 1
                assert since[other, taken] <= 1
        for key in [key for key in since if key[0] == taken]:
            del since[key]
        waiting[taken] -= 1
    assert not +waiting


def test_dead_letters_in_a_row_halt() -> None:
    limit = DeadLetterLimit(consecutive=3, ratio=1.0, sample=100)
    for _ in range(3):
        limit.dead()
    with pytest.raises(Halt):
        limit.dead()


def test_a_good_record_ends_the_row() -> None:
    limit = DeadLetterLimit(consecutive=2, ratio=1.0, sample=100)
    for _ in range(50):
        limit.dead()
        limit.dead()
        limit.passed()


def test_a_share_above_the_ratio_halts_once_the_sample_is_full() -> None:
    limit = DeadLetterLimit(consecutive=100, ratio=0.3, sample=10)
    for number in range(9):
        limit.dead() if number % 2 else limit.passed()
    with pytest.raises(Halt):
        limit.dead()
