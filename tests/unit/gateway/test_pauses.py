"""Exams that something is wrong with wait longer each time, and are forgotten once nobody meets them any more."""

import uuid

from services.gateway.pauses import FIRST, LONGEST, Pauses

EXAM, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_failure_makes_the_pause_longer_and_a_success_ends_it() -> None:
    clock = Clock()
    pauses = Pauses(clock)
    pauses.failed(EXAM)
    assert pauses.current() == [EXAM]
    clock.now = FIRST
    assert pauses.current() == []
    pauses.failed(EXAM)
    clock.now += FIRST
    assert pauses.current() == [EXAM]
    pauses.well(EXAM)
    pauses.failed(EXAM)
    clock.now += FIRST
    assert pauses.current() == []


def test_what_was_deleted_meanwhile_is_not_remembered_for_ever() -> None:
    clock = Clock()
    pauses = Pauses(clock)
    pauses.failed(EXAM)
    clock.now = FIRST + LONGEST
    pauses.failed(OTHER)
    assert pauses.current() == [OTHER]
    assert set(pauses._pauses) == {OTHER}
