"""FastStream on Kafka, as its documentation shows it: a subscriber and a publisher per stage, one process each.

`python -m bench.delivery.peer_faststream STAGE` runs a stage; BENCH_ACK and BENCH_OFFSETS name its settings.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker

from bench.delivery import topics
from bench.delivery.contestant import Arena, Submit
from bench.delivery.nemesis import in_thread
from bench.delivery.work import STAGES, Work
from deploy.native.process import Child

PUBLISH_LIMIT = 50.0
"""Longer than aiokafka itself tries (40 s): it alone decides when a publication has failed."""


@dataclass(frozen=True)
class FastStreamPeer:
    """`ack`: an AckPolicy by name, "" for none; `offsets`: auto_offset_reset, "" for none."""

    name: str
    title: str
    ack: str = ""
    offsets: str = ""
    once: bool = False
    gateways: tuple[str, ...] = ()

    def prepare(self, arena: Arena) -> None:
        names = [source(arena.prefix, stage) for stage in STAGES]
        asyncio.run(topics.create(arena.stack.kafka_bootstrap, names))

    def restore(self, arena: Arena) -> None:
        self.prepare(arena)

    def commands(self, arena: Arena) -> Mapping[str, Sequence[str]]:
        return {stage: [sys.executable, "-m", __name__, stage] for stage in STAGES}

    def environment(self, arena: Arena) -> Mapping[str, str]:
        return {
            "BENCH_KAFKA": arena.stack.kafka_bootstrap,
            "BENCH_PREFIX": arena.prefix,
            "BENCH_ACK": self.ack,
            "BENCH_OFFSETS": self.offsets,
        }

    @contextmanager
    def uploader(self, arena: Arena) -> Iterator[Submit]:
        """Accepted once the broker has acknowledged it."""
        loop = topics.Loop()
        thread = in_thread(loop.run_forever, "uploader")
        broker = KafkaBroker(arena.stack.kafka_bootstrap, logger=None)
        loop.call(broker.connect(), 60)

        def submit(key: str) -> str:
            loop.call(broker.publish(key, source(arena.prefix, "ocr")), PUBLISH_LIMIT)
            return key

        yield submit
        loop.call(broker.stop(), 60)
        loop.stop()
        thread.join()

    def broker(self, arena: Arena) -> Child:
        return arena.broker()

    def reports(self, arena: Arena) -> Counter[str]:
        return arena.work.reports()

    def failed(self, arena: Arena) -> set[str]:
        return set()

    def held(self, arena: Arena, exams: Collection[str]) -> set[str]:
        groups = {source(arena.prefix, stage): f"{arena.prefix}{stage}" for stage in STAGES}
        return asyncio.run(topics.uncommitted(arena.stack.kafka_bootstrap, groups, lambda r: r.value.decode()))


def source(prefix: str, stage: str) -> str:
    """The topic that a stage reads."""
    return f"{prefix}to-{stage}"


def app_of(stage: str) -> FastStream:
    """The stage as an application."""
    env, work = os.environ, Work.from_environment()
    prefix = env["BENCH_PREFIX"]
    broker = KafkaBroker(env["BENCH_KAFKA"])
    settings: dict[str, Any] = dict(topics.SESSION)
    if env["BENCH_ACK"]:
        settings["ack_policy"] = AckPolicy[env["BENCH_ACK"]]
    if env["BENCH_OFFSETS"]:
        settings["auto_offset_reset"] = cast("Any", env["BENCH_OFFSETS"])
    subscriber = broker.subscriber(source(prefix, stage), group_id=f"{prefix}{stage}", **settings)

    async def handle(exam: str) -> str:
        await asyncio.sleep(work.begin(exam, stage))
        work.finish(exam, stage)
        return exam

    async def last(exam: str) -> None:
        work.report(await handle(exam))

    if stage == STAGES[-1]:
        subscriber(last)
    else:
        following = STAGES[STAGES.index(stage) + 1]
        subscriber(broker.publisher(source(prefix, following))(handle))
    return FastStream(broker)


if __name__ == "__main__":
    asyncio.run(app_of(sys.argv[1]).run())
