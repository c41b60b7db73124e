"""How old the oldest record is that has not ended."""

from runtime.ages import Ages
from runtime.tracker import Partition, Ticket


def ticket(offset: int, epoch: int = 1) -> Ticket:
    return Ticket(Partition("redink.exam.read.v1", 0), epoch, offset)


def test_the_oldest_record_that_has_not_ended_counts() -> None:
    ages = Ages(lambda _: True, lambda: 100.0)
    assert ages.oldest() == 0
    ages.begin(ticket(1), 90.0)
    ages.begin(ticket(2), 95.0)
    assert ages.oldest() == 10
    ages.end(ticket(1))
    assert ages.oldest() == 5
    ages.end(ticket(2))
    assert ages.oldest() == 0


def test_a_retry_that_is_not_due_is_no_older_than_now() -> None:
    ages = Ages(lambda _: True, lambda: 100.0)
    ages.begin(ticket(1), 130.0)
    assert ages.oldest() == 0


def test_records_of_a_partition_that_went_are_forgotten() -> None:
    ages = Ages(lambda one: one.epoch == 2, lambda: 100.0)
    ages.begin(ticket(1, epoch=1), 10.0)
    ages.begin(ticket(2, epoch=2), 99.0)
    assert ages.oldest() == 1


def test_a_record_without_a_timestamp_is_as_old_as_our_knowledge_of_it() -> None:
    now = [50.0]
    ages = Ages(lambda _: True, lambda: now[0])
    ages.begin(ticket(1), 0.0)
    now[0] = 53.0
    assert ages.oldest() == 3
