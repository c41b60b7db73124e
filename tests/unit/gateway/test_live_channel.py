"""An exam's events as its watchers share them."""

import asyncio

from services.gateway.live.channel import WINDOW, Channel, Told


def told(*numbers: int) -> list[Told]:
    return [Told(number, "{}", final=False) for number in numbers]


async def test_every_watcher_reads_on_from_its_own_number() -> None:
    channel = Channel()
    channel.add(told(1, 2, 3))
    assert channel.after(0) == told(1, 2, 3)
    assert channel.after(2) == told(3)
    assert channel.after(3) == []
    assert channel.last == 3


async def test_what_is_read_twice_is_told_once() -> None:
    channel = Channel()
    channel.add(told(1, 2))
    channel.add(told(1, 2, 3))
    channel.add(told(2, 3))
    assert channel.after(0) == told(1, 2, 3)


async def test_a_change_wakes_who_looked_before_it_and_nothing_new_wakes_nobody() -> None:
    channel = Channel()
    seen = channel.changed
    channel.add([])
    assert not seen.is_set()
    channel.add(told(1))
    await asyncio.wait_for(seen.wait(), 60)
    assert not channel.changed.is_set()


async def test_the_window_is_bounded_and_who_is_behind_it_is_sent_to_history() -> None:
    channel = Channel()
    channel.add(told(*range(1, WINDOW + 101)))
    assert channel.after(99) is None
    assert len(channel.after(100) or ()) == WINDOW
    assert channel.last == WINDOW + 100
