"""The identity of an idempotent producer: aiokafka keeps it even when the broker takes nothing under it any more.

A record that was refused for good leaves a gap in the numbers of its partition; a cluster that lost its topics gives
identities again that others have written under. Either way each later record of the partition is out of order, for ever.
"""

from typing import Any

from aiokafka.errors import InvalidProducerIdMapping, OutOfOrderSequenceNumber, ProducerFenced, UnknownProducerId
from aiokafka.producer.transaction_manager import NO_PRODUCER_EPOCH, NO_PRODUCER_ID, PidAndEpoch
from aiokafka.util import create_future

_REFUSED = (InvalidProducerIdMapping, OutOfOrderSequenceNumber, ProducerFenced, UnknownProducerId)


def identity(producer: Any) -> Any:
    """What an aiokafka producer writes under; None when it isn't idempotent."""
    return None if producer._txn_manager is None else producer._txn_manager._pid_and_epoch  # noqa: SLF001


def forget(producer: Any, error: Exception, used: Any) -> bool:
    """Have it ask for a new identity before it sends again, if `error` refuses that which was used; whether it will.

    Records under way may come twice, as after any error: their ids say so.
    """
    if used is None or not isinstance(error, _REFUSED) or identity(producer) != used:
        return False
    manager = producer._txn_manager  # noqa: SLF001
    manager._pid_and_epoch = PidAndEpoch(NO_PRODUCER_ID, NO_PRODUCER_EPOCH)  # noqa: SLF001
    manager._pid_waiter = create_future()  # noqa: SLF001
    manager._sequence_numbers.clear()  # noqa: SLF001
    return True
