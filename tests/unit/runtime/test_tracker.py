"""The offset tracker: commits in order, and never what an unfinished record or another assignment stands for."""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from runtime.tracker import Partition, Tracker

P0 = Partition("exams", 0)


class TrackerAgainstTheTruth(RuleBasedStateMachine):
    """Two partitions that come and go, while work of earlier stays goes on finishing."""

    tickets = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.tracker = Tracker()
        self.log = {Partition("exams", n): 0 for n in range(2)}  # next offset to deliver, per partition
        self.committed = dict.fromkeys(self.log, 0)
        self.homes: dict[Partition, set[int]] = {partition: set() for partition in self.log}
        self.stay: dict[Partition, int] = {}
        self.counter = 0

    @rule(partition=st.sampled_from([0, 1]))
    def assign(self, partition: int) -> None:
        """As after a rebalance: delivery begins at the committed offset."""
        p = Partition("exams", partition)
        self.counter += 1
        self.stay[p] = self.counter
        self.log[p] = self.committed[p]
        self.tracker.assign({p})

    @rule(partition=st.sampled_from([0, 1]))
    def revoke(self, partition: int) -> None:
        p = Partition("exams", partition)
        self.stay.pop(p, None)
        self.tracker.revoke({p})

    @precondition(lambda self: self.stay)
    @rule(target=tickets, data=st.data())
    def deliver(self, data: st.DataObject) -> tuple:  # type: ignore[type-arg]
        p = data.draw(st.sampled_from(sorted(self.stay)))
        ticket = self.tracker.begin(p, self.log[p])
        assert ticket is not None
        self.log[p] += 1
        return ticket, self.stay[p]

    @rule(item=consumes(tickets))
    def finish(self, item: tuple) -> None:  # type: ignore[type-arg]
        ticket, stay = item
        counted = self.tracker.finish(ticket)
        assert counted == (self.stay.get(ticket.partition) == stay)
        if counted:
            self.homes[ticket.partition].add(ticket.offset)

    @rule()
    def commit(self) -> None:
        offsets = self.tracker.committable()
        for p, offset in offsets.items():
            assert p in self.stay, "a partition that isn't held"
            assert offset >= self.committed[p], "backwards"
            self.committed[p] = offset
        self.tracker.committed(offsets)
        assert self.tracker.committable() == {}

    @invariant()
    def nothing_is_committable_that_has_no_home(self) -> None:
        for p, offset in self.tracker.committable().items():
            assert set(range(self.committed[p], offset)) <= self.homes[p]


TestTracker = TrackerAgainstTheTruth.TestCase


def test_the_lowest_unfinished_offset_holds_the_commit_back() -> None:
    tracker = Tracker()
    tracker.assign({P0})
    tickets = [tracker.begin(P0, offset) for offset in (5, 6, 7)]
    assert tickets[0]
    assert tickets[2]
    tracker.finish(tickets[2])
    assert tracker.committable() == {P0: 5}
    tracker.committed({P0: 5})
    tracker.finish(tickets[0])
    assert tracker.committable() == {P0: 6}
    assert tracker.span(P0) == 2


def test_work_of_an_earlier_stay_counts_for_nothing_when_the_partition_comes_back() -> None:
    tracker = Tracker()
    tracker.assign({P0})
    zombie = tracker.begin(P0, 0)
    tracker.revoke({P0})
    tracker.assign({P0})
    tracker.begin(P0, 0)
    assert zombie
    assert not tracker.finish(zombie)
    assert tracker.committable() == {P0: 0}


def test_a_log_that_begins_anew_is_followed() -> None:
    tracker = Tracker()
    tracker.assign({P0})
    old = tracker.begin(P0, 90)
    assert old
    assert tracker.finish(old)
    tracker.committed(tracker.committable())
    new = tracker.begin(P0, 0)
    assert new
    assert tracker.finish(new)
    assert tracker.committable() == {P0: 1}


def test_a_commit_that_was_under_way_when_the_log_began_anew_does_not_hold_back_those_of_the_new_one() -> None:
    tracker = Tracker()
    tracker.assign({P0})
    for offset in range(3):
        ticket = tracker.begin(P0, offset)
        assert ticket
        tracker.finish(ticket)
    under_way = tracker.committable()
    anew = tracker.begin(P0, 0)
    tracker.committed(under_way)
    assert anew
    tracker.finish(anew)
    assert tracker.committable() == {P0: 1}


def test_a_record_of_a_partition_not_held_gets_no_ticket() -> None:
    assert Tracker().begin(P0, 3) is None
