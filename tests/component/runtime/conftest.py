"""One stage on a real broker: topics of its own, a folder for blobs, Valkey for the crash counter."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from exam_world import DEAD, RETRY, SINK, World
from pydantic import SecretStr

from contracts.topics import CONTROL, STATUS
from deploy.native.stack import Stack
from runtime import health, log
from runtime.blobs_local import LocalBlobs
from runtime.cache import open_cache
from runtime.envelope import Record
from runtime.kafka import open_kafka
from runtime.kit import Resources
from runtime.settings import FlowSettings, KafkaSettings, RedisSettings, Settings


@pytest.fixture
async def world(stack: Stack, topic_prefix: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world with empty topics."""
    kafka_settings = KafkaSettings(
        bootstrap=stack.kafka_bootstrap, profile=stack.kafka_profile, topic_prefix=topic_prefix
    )
    settings = Settings.__new__(Settings)
    settings.kafka = kafka_settings
    settings.flow = FlowSettings(retry_base=0.4, drain_seconds=5)
    blobs = LocalBlobs(tmp_path / "blobs")
    redis = RedisSettings(url=SecretStr(stack.redis_url), timeout=30)
    async with open_cache(redis) as cache, open_kafka(kafka_settings) as kafka:
        await kafka.create_topics()
        resources = Resources(kafka, blobs, cache, cache, health.Health(), settings, log.get("test"))
        world = World(kafka, resources, blobs, topic_prefix)

        def keep(topic: str) -> Callable[[Record], None]:
            return world.seen.setdefault(topic, []).append

        async with (
            kafka.follow(SINK, keep(SINK)),
            kafka.follow(STATUS, keep(STATUS)),
            kafka.follow(DEAD, keep(DEAD)),
            kafka.follow(RETRY, keep(RETRY)),
            kafka.follow(CONTROL, world.cancellations.hear),
        ):
            yield world
