"""Faults on the topics: what lies there again, in another order, and what should never have come there."""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from contracts.topics import CONTROL, REPORTED, STAGES, STATUS, TOPICS
from runtime.envelope import text_headers
from runtime.kafka import open_kafka
from runtime.settings import KafkaSettings
from runtime.topics import read_topic
from tests.faults.kinds import Hand, Kind

_EVENTS = tuple(dict.fromkeys([source for row in STAGES for source in row.sources] + [STATUS, REPORTED, CONTROL]))
_PATIENCE = 20.0


async def _again(hand: Hand) -> None:
    """The newest records of a topic three times more, shuffled."""
    topic = hand.chance.choice(_EVENTS)
    recent = [record async for record in read_topic(_settings(hand), topic, since=time.time() - 15)][-40:]
    again = recent * 3
    hand.chance.shuffle(again)
    async with open_kafka(_settings(hand), patience=5) as kafka:
        for record in again:
            await kafka.send(topic, record.key, record.value, text_headers(record))


async def _garbage(hand: Hand) -> None:
    """Bytes that are nothing, in one topic after another."""
    values: list[bytes | None] = [b"\xff\xfe\x00poison", b"", b"{}", b"[" * 500]
    async with open_kafka(_settings(hand), patience=5) as kafka:
        for topic in TOPICS:
            await kafka.send(topic.name, None, hand.chance.choice(values), {"x-dead-reason": "nemesis"})


async def _unknown(value: bytes, hand: Hand) -> None:
    """A CloudEvent whose data nobody knows."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid.uuid4()),
        "ce_type": "redink.exam.unknown.v9",
        "ce_source": "/nemesis",
        "ce_time": datetime.now(UTC).isoformat(),
        "content-type": "application/json",
    }
    async with open_kafka(_settings(hand), patience=5) as kafka:
        for topic in _EVENTS:
            await kafka.send(topic, uuid.uuid4().bytes, value, headers)


def _settings(hand: Hand) -> KafkaSettings:
    servers = hand.world.servers
    return KafkaSettings(
        bootstrap=servers.bootstrap, profile=servers.profile, topic_prefix=servers.topic_prefix, publish_timeout=5
    )


async def _bounded(act: "partial[object] | object", hand: Hand) -> None:
    async with asyncio.timeout(_PATIENCE):
        await act(hand)  # type: ignore[operator]


def topic_kinds() -> Iterator[Kind]:
    """The kinds."""
    acts = {
        "records three times, shuffled": _again,
        "undecodable records in every topic": _garbage,
        "unknown schema": partial(_unknown, json.dumps({"exam_id": "not one", "grade": {}}).encode()),
        "missing fields": partial(_unknown, b"{}"),
        "oversized record": partial(_unknown, json.dumps({"text": "x" * 200_000}).encode()),
    }
    for name, act in acts.items():
        yield Kind(name, "topics", partial(_bounded, act))
