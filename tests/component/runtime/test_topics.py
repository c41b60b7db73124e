"""Reading topics as an operator does: all of it, then an end; and what a group committed."""

import asyncio
import time

import pytest
from exam_world import SINK, SOURCE, World, new_event

from runtime.settings import KafkaSettings
from runtime.topics import Unreadable, committed_offsets, end_offsets, read_topic
from runtime.tracker import Partition


@pytest.fixture
def settings(world: World) -> KafkaSettings:
    return world.resources.settings.kafka


async def test_a_topic_is_read_to_its_end_in_order_within_each_partition(world: World, settings: KafkaSettings) -> None:
    events = [new_event() for _ in range(40)]
    for event in events:
        await world.put(event)
        await world.put(event)
    records = [record async for record in read_topic(settings, SOURCE)]
    assert sorted(record.key or b"" for record in records) == sorted(str(e.exam_id).encode() for e in events * 2)
    for number in range(12):
        offsets = [record.offset for record in records if record.partition == number]
        assert offsets == list(range(len(offsets)))
    assert {record.topic for record in records} == {SOURCE}


async def test_an_empty_topic_has_an_end_too(settings: KafkaSettings) -> None:
    assert [record async for record in read_topic(settings, SOURCE)] == []
    assert set((await end_offsets(settings, [SOURCE, SINK])).values()) == {0}


async def test_reading_since_a_time_leaves_out_what_is_older(world: World, settings: KafkaSettings) -> None:
    await world.put(new_event())
    await asyncio.sleep(0.05)
    between = time.time()
    await asyncio.sleep(0.05)
    late = new_event()
    await world.put(late)
    records = [record async for record in read_topic(settings, SOURCE, since=between)]
    assert [record.key for record in records] == [str(late.exam_id).encode()]


async def test_ends_and_commits_meet_when_a_stage_has_finished(world: World, settings: KafkaSettings) -> None:
    events = [new_event() for _ in range(10)]
    for event in events:
        await world.put(event)
    async with world.stage():
        await world.until(lambda: len(world.out(SINK)) == len(events))
    ends = await end_offsets(settings, [SOURCE])
    committed = await committed_offsets(settings, "parser")
    assert sum(ends.values()) == len(events)
    assert {place: offset for place, offset in committed.items() if place.topic == SOURCE and offset} == {
        place: end for place, end in ends.items() if end
    }
    assert all(isinstance(place, Partition) for place in ends)


async def test_a_topic_that_does_not_exist_is_an_error_and_not_empty(settings: KafkaSettings) -> None:
    with pytest.raises(Unreadable):
        _ = [record async for record in read_topic(settings, "redink.no.such.topic")]


async def test_a_broker_that_is_away_is_an_error_and_not_an_empty_topic() -> None:
    nobody = KafkaSettings(bootstrap="127.0.0.1:1", profile="embedded")
    with pytest.raises(Unreadable):
        await committed_offsets(nobody, "parser")
    with pytest.raises(Unreadable):
        await end_offsets(nobody, [SOURCE])
