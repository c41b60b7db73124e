"""A broker that dies and comes back empty: the embedded one keeps nothing, the database and the blobs are the truth."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from exam_world import SINK, World, new_event

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


async def test_a_stage_follows_a_broker_that_lost_everything(world: World, broker: Broker) -> None:
    before, after = new_event(), new_event()
    seen = world.seen.setdefault(SINK, [])
    await world.put(before)
    async with world.stage():
        async with world.kafka.follow(SINK, seen.append):
            await world.until(lambda: bool(world.out(SINK, before)))
        assert broker.pid
        os.kill(broker.pid, signal.SIGKILL)
        broker.stop()
        broker.start()
        await world.kafka.create_topics()
        await world.put(after)
        async with world.kafka.follow(SINK, seen.append):
            await world.until(lambda: bool(world.out(SINK, after)), 40)
