"""Fairness between classes, and the limit on dead letters."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.lanes import Lanes
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
