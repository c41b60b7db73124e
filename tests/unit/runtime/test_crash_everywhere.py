"""A crash before or after any side effect, then redelivery: the same facts as without a crash, for every such point.

Facts are what others can see: which events exist (by id), and the bytes they refer to. The work is random on purpose:
were its result not stored before it is published, two runs would tell two stories about one exam.
"""

import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.artefacts import Paper
from contracts.artefacts.paper import Header
from contracts.base import Contract
from contracts.errors import ErrorCode, Permanent, Transient
from contracts.events import BlobRef, ExamEvent, ExamParsed, ExamRead, derived_id
from contracts.topics import STAGE, dead_topic, retry_topic
from runtime import trace
from runtime.blobs_local import LocalBlobs
from runtime.cache import Nothing
from runtime.cancellations import Cancellations
from runtime.envelope import Envelope, Headers, Record, encode
from runtime.job import Job
from runtime.settings import FlowSettings
from runtime.shell import Shell
from runtime.stage import Stage

ROW = STAGE["parser"]


class Crash(BaseException):
    """The process is gone: no `except Exception` sees it."""


class World:
    """Ports that count side effects and crash at one of them, once."""

    def __init__(self, folder: Path, crash_at: int | None, after: bool) -> None:
        self._blobs = LocalBlobs(folder)
        self._crash_at = crash_at
        self._after = after
        self.effects = 0
        self.published: list[tuple[str, str, Any]] = []

    async def _effect(self, act: Callable[[], Awaitable[Any]]) -> Any:
        self.effects += 1
        mine = self.effects == self._crash_at
        if mine and not self._after:
            raise Crash
        result = await act()
        if mine:
            raise Crash
        return result

    # blobs
    async def put(self, path: str, data: bytes) -> BlobRef:
        return await self._effect(lambda: self._blobs.put(path, data))

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes]) -> BlobRef:
        return await self._blobs.put_stream(path, chunks)

    async def get(self, ref: BlobRef) -> bytes:
        return await self._blobs.get(ref)

    async def read(self, path: str) -> bytes:
        return await self._blobs.read(path)

    async def ready(self) -> None: ...

    # Kafka
    async def publish(
        self, topic: str, event: ExamEvent, *, event_id: uuid.UUID, source: str, trace: trace.Trace
    ) -> None:
        async def keep() -> None:
            self.published.append((topic, str(event_id), event))

        await self._effect(keep)

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        async def keep() -> None:
            self.published.append((topic, f"{headers['ce_id']}#{headers.get('x-attempt', '1')}", value))

        await self._effect(keep)

    @property
    def facts(self) -> set[tuple[str, str]]:
        return {(topic, event_id) for topic, event_id, _ in self.published}

    @property
    def told(self) -> set[BlobRef]:
        """The artefacts that the sink's events refer to."""
        return {event.artefact for topic, _, event in self.published if isinstance(event, ExamParsed)}


async def works(_: Job) -> Contract:
    return Paper(header=Header(), cpu_seconds=secrets.randbelow(10**9) / 1e9)


async def fails(_: Job) -> Contract:
    raise Permanent(ErrorCode.NO_QUESTION_FOUND)


async def hiccups(_: Job) -> Contract:
    raise Transient("busy")


async def breaks(_: Job) -> Contract:
    raise ValueError


def delivery(attempt: int = 1) -> Record:
    now = datetime.now(UTC)
    exam = uuid.UUID(int=42)
    event = ExamRead(
        exam_id=exam,
        tenant="school-a",
        uploaded_at=now,
        deadline=now + timedelta(hours=1),
        artefact=BlobRef(path="x", sha256="0" * 64, size=0),
    )
    envelope = Envelope(derived_id(exam, "ocr", 1), ROW.sources[0], "/redink/ocr", now, trace.start())
    key, value, headers = encode(envelope, event)
    headers |= {"x-attempt": str(attempt)}
    return Record(ROW.sources[0], 0, 0, key, value, tuple((name, text.encode()) for name, text in headers.items()))


async def deliver(world: World, work: Any, record: Record) -> None:
    """Deliver until handled, as Kafka would: every crash is followed by a new process."""
    for _ in range(3):
        shell = Shell(
            Stage("parser", work),
            publisher=world,
            blobs=world,
            starts=Nothing(),
            cancellations=Cancellations(),
            workers=None,
            settings=FlowSettings(),
        )
        try:
            await shell.handle(record)
        except Crash:
            continue
        return
    raise AssertionError("not handled")


CASES = {"works": (works, 1), "fails": (fails, 1), "hiccups": (hiccups, 1), "breaks for good": (breaks, 4)}


@pytest.mark.parametrize("case", CASES)
async def test_a_crash_anywhere_changes_no_fact(case: str, tmp_path: Path) -> None:
    work, attempt = CASES[case]
    calm = World(tmp_path / "calm", None, after=False)
    await deliver(calm, work, delivery(attempt))
    assert calm.effects >= 2
    for number in range(1, calm.effects + 1):
        for after in (False, True):
            world = World(tmp_path / f"{number}-{after}", number, after)
            await deliver(world, work, delivery(attempt))
            assert world.facts == calm.facts, f"crash {'after' if after else 'before'} effect {number}"
            assert len(world.told) == len(calm.told), "one exam, one story"


async def test_a_redelivery_after_everything_was_done_repeats_the_same_story(tmp_path: Path) -> None:
    world = World(tmp_path, None, after=False)
    await deliver(world, works, delivery())
    before, told = set(world.facts), set(world.told)
    await deliver(world, works, delivery())
    assert world.facts == before
    assert world.told == told


async def test_what_is_set_aside_or_tried_again_goes_to_its_own_topic(tmp_path: Path) -> None:
    world = World(tmp_path, None, after=False)
    await deliver(world, hiccups, delivery(1))
    await deliver(world, hiccups, delivery(4))
    topics = [topic for topic, _ in sorted(world.facts) if topic in {retry_topic("parser"), dead_topic("parser")}]
    assert topics == [dead_topic("parser"), retry_topic("parser")]
