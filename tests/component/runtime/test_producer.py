"""An idempotent producer that the broker refuses goes on under another identity."""

import pytest
from aiokafka.errors import OutOfOrderSequenceNumber
from aiokafka.producer.transaction_manager import TransactionManager
from exam_world import World, new_event

from runtime.producer import forget, identity


class Producer:
    """As much of aiokafka's as has an identity."""

    def __init__(self, manager: TransactionManager | None) -> None:
        self._txn_manager = manager


async def test_an_identity_is_forgotten_once_and_only_if_it_was_refused() -> None:
    manager = TransactionManager(None, 0)
    producer, refused = Producer(manager), OutOfOrderSequenceNumber()
    manager.set_pid_and_epoch(7, 0)
    manager.increment_sequence_number("partition", 3)
    used = identity(producer)
    assert not forget(producer, TimeoutError(), used)
    assert forget(producer, refused, used)
    assert not manager.has_pid()
    manager.set_pid_and_epoch(8, 0)
    assert manager.sequence_number("partition") == 0
    assert not forget(producer, refused, used), "the others that were refused with it are told later"
    assert identity(Producer(None)) is None
    assert not forget(Producer(None), refused, None)


async def test_a_gap_in_a_partitions_numbers_costs_one_record_a_second_try(world: World) -> None:
    if world.resources.settings.kafka.profile != "kafka":
        pytest.skip("the embedded broker knows no idempotent producer")
    event = new_event()
    await world.put(event)
    numbers = world.kafka._producer._txn_manager._sequence_numbers
    for partition in numbers:
        numbers[partition] += 5
    with pytest.raises(OutOfOrderSequenceNumber):
        await world.put(event)
    await world.put(event)
    await world.put(event)
