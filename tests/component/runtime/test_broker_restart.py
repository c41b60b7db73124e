"""A broker that dies and comes back empty, or freezes: the embedded one keeps nothing, the database and the blobs do."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from exam_world import SINK, SOURCE, World, new_event

from contracts.events import ExamRead
from deploy.native.servers import Broker
from runtime import health, log
from runtime.blobs_local import LocalBlobs
from runtime.cache import Nothing
from runtime.kafka import open_kafka
from runtime.kit import Resources
from runtime.settings import FlowSettings, KafkaSettings, Settings


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test's own."""
    child = Broker(tmp_path / "broker")
    child.start()
    yield child
    child.stop()


@pytest.fixture
async def world(broker: Broker, tmp_path: Path) -> AsyncIterator[World]:
    settings = Settings.__new__(Settings)
    settings.kafka = KafkaSettings(bootstrap=broker.address, profile="embedded", publish_timeout=3)
    settings.flow = FlowSettings(drain_seconds=5)
    blobs, nothing = LocalBlobs(tmp_path / "blobs"), Nothing()
    async with open_kafka(settings.kafka) as kafka:
        await kafka.create_topics()
        yield World(
            kafka, Resources(kafka, blobs, nothing, nothing, health.Health(), settings, log.get("test")), blobs, ""
        )


async def put(world: World, event: ExamRead) -> None:
    """Until the broker has it, once at least: the time limit of one try is short here, and a busy machine slow."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(TimeoutError):
                await world.put(event)
                return
            await asyncio.sleep(0.1)


def killed_and_back(broker: Broker) -> None:
    assert broker.pid
    os.kill(broker.pid, signal.SIGKILL)
    broker.stop()
    broker.start()


def freeze(broker: Broker) -> None:
    assert broker.pid
    os.kill(broker.pid, signal.SIGSTOP)
    while Path(f"/proc/{broker.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        time.sleep(0.005)  # the signal takes effect a moment later


@contextmanager
def frozen(broker: Broker) -> Iterator[None]:
    """Its connections stay open and nothing answers, as behind a cut cable."""
    freeze(broker)
    try:
        yield
    finally:
        os.kill(broker.pid or 0, signal.SIGCONT)


async def test_a_stage_passes_over_no_record_of_a_broker_that_lost_everything(world: World, broker: Broker) -> None:
    before, after = [new_event() for _ in range(32)], [new_event() for _ in range(32)]
    seen = world.seen.setdefault(SINK, [])

    def done(events: list[ExamRead]) -> bool:
        return all(world.out(SINK, event) for event in events)

    async with world.stage():
        async with world.kafka.follow(SINK, seen.append):
            for event in before:
                await put(world, event)
            await world.until(lambda: done(before))
        killed_and_back(broker)
        await world.kafka.create_topics()
        async with world.kafka.follow(SINK, seen.append):
            for event in after:
                await put(world, event)
            await world.until(lambda: done(after))


async def test_a_broadcast_goes_on_after_the_broker_lost_everything(world: World, broker: Broker) -> None:
    seen: list[bytes | None] = []
    many, one = [new_event() for _ in range(40)], new_event()
    async with world.kafka.follow(SOURCE, lambda record: seen.append(record.key)):
        for event in many:
            await put(world, event)
        await world.until(lambda: set(seen) == {str(event.exam_id).encode() for event in many})
        killed_and_back(broker)
        await world.kafka.create_topics()
        await put(world, one)
        await world.until(lambda: str(one.exam_id).encode() in seen)


async def test_publishing_to_a_frozen_broker_fails_in_time_and_works_again_after_it(
    world: World, broker: Broker
) -> None:
    await put(world, new_event())
    with frozen(broker):
        async with asyncio.timeout(30):  # its limit is 3 s, and its library's 40
            with pytest.raises(TimeoutError):
                await world.put(new_event())
    await put(world, new_event())


async def test_a_consumer_of_a_frozen_broker_goes_on_turning(world: World, broker: Broker) -> None:
    async with world.stage() as intake:
        with frozen(broker):
            await asyncio.sleep(12)  # the group's session is over by then
            assert intake.stalled(10) is None
        event = new_event()
        await put(world, event)
        seen = world.seen.setdefault(SINK, [])
        async with world.kafka.follow(SINK, seen.append):
            await world.until(lambda: bool(world.out(SINK, event)))


async def test_leaving_a_frozen_broker_takes_seconds_whatever_is_unsent(broker: Broker) -> None:
    settings = KafkaSettings(bootstrap=broker.address, profile="embedded", publish_timeout=3)

    async def nothing(_: object) -> None: ...

    async with open_kafka(settings) as kafka:
        await kafka.create_topics()
        world = World(kafka, None, None, "")  # type: ignore[arg-type]
        async with kafka.consume([SOURCE], "leaver", nothing), kafka.follow(SINK, lambda _: None):
            await put(world, new_event())
            freeze(broker)
            unsent = asyncio.create_task(world.put(new_event()))
            await asyncio.sleep(0.5)
            began = time.monotonic()
    took = time.monotonic() - began
    os.kill(broker.pid or 0, signal.SIGCONT)
    assert isinstance((await asyncio.gather(unsent, return_exceptions=True))[0], Exception)
    assert took < 35, "a last commit, two consumers and the producer, each with a limit of seconds; its library's is 40"


async def test_a_stage_ends_cleanly_while_a_fetch_waits_to_be_tried_again(world: World) -> None:
    async with world.stage() as intake:
        subscription: Any = intake._source
        waiting = asyncio.create_task(asyncio.sleep(600))
        subscription._subscriber.consumer._fetcher._pending_tasks.add(waiting)
    assert waiting.cancelled()
