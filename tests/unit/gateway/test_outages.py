"""What loops say of what is away: soon, not all the time, and that it is back."""

import asyncio
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from services.gateway.background import AGAIN, Outage, regularly


class Hand:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def told(entries: Any) -> list[tuple[str, int]]:
    return [(entry["event"], entry["times"]) for entry in entries]


def test_an_outage_is_told_at_once_then_each_minute_and_when_it_is_over() -> None:
    clock = Hand()
    with capture_logs() as entries:
        outage = Outage(structlog.stdlib.get_logger(), "outbox not readable", clock)
        for second in range(121):
            clock.now = float(second)
            outage.goes_on(ConnectionError("a password"))
        outage.ends()
        outage.ends()
    assert told(entries) == [("outbox not readable", n) for n in (1, 61, 121)] + [("works again", 121)]
    assert AGAIN == 60
    assert "password" not in str(entries)


def test_a_failure_of_another_kind_and_the_next_outage_are_told_at_once() -> None:
    with capture_logs() as entries:
        outage = Outage(structlog.stdlib.get_logger(), "not swept", Hand())
        outage.goes_on(ConnectionError())
        outage.goes_on(TimeoutError())
        outage.ends()
        outage.goes_on(TimeoutError())
    assert told(entries) == [("not swept", 1), ("not swept", 2), ("works again", 2), ("not swept", 1)]


async def test_a_loop_goes_on_after_failures_and_tells_of_them_once() -> None:
    turns, enough = 0, asyncio.Event()

    async def turn() -> None:
        nonlocal turns
        turns += 1
        if turns < 20:
            raise ConnectionError
        enough.set()

    with capture_logs() as entries:
        task = asyncio.create_task(regularly(turn, 0, structlog.stdlib.get_logger(), "not swept"))
        await enough.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert told(entries) == [("not swept", 1), ("works again", 19)]
