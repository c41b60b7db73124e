"""The intake against a scripted source: windows, pauses, order per exam, hand-back."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from contracts.errors import Invalid
from runtime.envelope import Record
from runtime.intake import Intake, Lane
from runtime.limit import Halt
from runtime.tracker import Partition

P0 = Partition("exams", 0)


LONG = 60.0
"""Seconds that a busy machine may take for a moment's work."""


class Script:
    """A source that delivers what it was given, as fast as it is asked, except from paused partitions."""

    def __init__(self, *records: Record) -> None:
        self.backlog = list(records)
        self.paused: set[Partition] = set()
        self.commits: list[dict[Partition, int]] = []

    async def poll(self) -> list[Record]:
        await asyncio.sleep(0.001)
        for record in self.backlog:
            if Partition(record.topic, record.partition) not in self.paused:
                self.backlog.remove(record)
                return [record]
        return []

    async def commit(self, offsets: dict[Partition, int]) -> None:
        self.commits.append(offsets)

    def pause(self, partitions: set[Partition]) -> None:
        self.paused |= partitions

    def resume(self, partitions: set[Partition]) -> None:
        self.paused -= partitions

    def lag(self) -> int:
        return len(self.backlog)


def record(offset: int, key: bytes | None = None, due: float = 0, topic: str = "exams") -> Record:
    headers = (("x-due-ms", str(round(due * 1000)).encode()),)
    return Record(topic, 0, offset, key or str(offset).encode(), b"{}", headers)


@asynccontextmanager
async def running(
    source: Script,
    handler: Callable[[Record], Awaitable[None]],
    *,
    concurrency: int = 4,
    drain: float = 1,
    **lanes: Lane,
) -> AsyncIterator[Intake]:
    intake = Intake(source, "test", lanes or {"exams": Lane(window=8)}, handler, concurrency)
    intake.assign({Partition(topic, 0) for topic in (lanes or {"exams": 0})})
    task = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        await intake.drain(drain)
        await asyncio.wait_for(task, LONG)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG):
        while not condition():  # noqa: ASYNC110 - outcomes of many kinds
            await asyncio.sleep(0.001)


async def test_a_full_window_pauses_its_topic_and_room_resumes_it() -> None:
    source, release = Script(*(record(n) for n in range(30))), asyncio.Event()

    async def handler(_: Record) -> None:
        await release.wait()

    async with running(source, handler) as intake:
        await until(lambda: P0 in source.paused)
        assert intake.running == 4
        assert intake.running + intake.waiting == 8
        assert len(source.backlog) == 22
        release.set()
        await until(lambda: not source.backlog and not intake.running)
    assert source.commits[-1] == {P0: 30}


async def test_a_full_batch_topic_does_not_pause_the_interactive_one() -> None:
    batch = [record(n, topic="batch", key=b"b%d" % n) for n in range(20)]
    source, release, seen = Script(*batch), asyncio.Event(), []

    async def handler(item: Record) -> None:
        seen.append(item.topic)
        if item.topic == "batch":
            await release.wait()

    async with running(source, handler, concurrency=4, batch=Lane(2, 6), interactive=Lane(8, 6)) as intake:
        await until(lambda: bool(source.paused))
        source.backlog.append(record(0, topic="interactive"))
        await until(lambda: intake.waiting == 3)
        release.set()
        await until(lambda: "interactive" in seen)
    assert seen.index("interactive") == 4, "the first to begin after the four that were running"


async def test_two_records_of_one_exam_are_worked_on_one_after_the_other() -> None:
    now, together = set(), []

    async def handler(item: Record) -> None:
        together.append(item.key in now)
        now.add(item.key)
        await asyncio.sleep(0.005)
        now.discard(item.key)

    source = Script(*(record(n, key=b"same" if n % 2 else None) for n in range(12)))
    async with running(source, handler):
        await until(lambda: len(together) == 12)
    assert not any(together)
    assert source.commits[-1] == {P0: 12}


async def test_a_held_record_is_given_out_when_due_and_not_before() -> None:
    at: dict[int, float] = {}
    held, later = record(0, due=time.time() + 0.3), record(2, due=time.time() + 600)

    async def handler(item: Record) -> None:
        at[item.offset] = time.time()

    source = Script(held, record(1), later)
    async with running(source, handler):
        await until(lambda: len(at) == 2)
    assert at.keys() == {0, 1}
    assert held.due <= at[0]
    assert source.commits[-1] == {P0: 2}


async def test_a_handler_that_raises_is_called_again_and_nothing_is_committed_until_then() -> None:
    calls = 0
    source = Script(record(0))

    async def handler(_: Record) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            assert source.commits == []
            raise OSError

    async with running(source, handler):
        await until(lambda: calls == 2)
    assert source.commits[-1] == {P0: 1}


async def test_a_cancellation_that_nobody_asked_for_ends_neither_the_polling_nor_a_record() -> None:
    """A client raises that of its own task to whoever waits for it."""

    class Cancelled(Script):
        polls = 0

        async def poll(self) -> list[Record]:
            self.polls += 1
            if self.polls == 2:
                raise asyncio.CancelledError
            return await super().poll()

    calls: list[int] = []

    async def handler(given: Record) -> None:
        calls.append(given.offset)
        if calls.count(given.offset) == 1:
            raise asyncio.CancelledError

    source = Cancelled(record(0), record(1))
    async with running(source, handler):
        await until(lambda: calls.count(0) == calls.count(1) == 2)
    assert source.commits[-1] == {P0: 2}


async def test_an_invalid_record_of_a_handler_without_dead_letters_is_passed_over() -> None:
    async def handler(_: Record) -> None:
        raise Invalid("no event")

    source = Script(record(0), record(1))
    async with running(source, handler) as intake:
        await until(lambda: not source.backlog and not intake.running)
    assert source.commits[-1] == {P0: 2}


async def test_drain_waits_for_what_runs_and_hands_back_what_does_not_end() -> None:
    began = []

    async def handler(item: Record) -> None:
        began.append(item.offset)
        await asyncio.sleep(0.05 if item.offset == 0 else 60)

    source = Script(*(record(n) for n in range(6)))
    async with running(source, handler, concurrency=2, drain=2):
        await until(lambda: len(began) == 2)
    assert sorted(began) == [0, 1], "nothing new begins while draining"
    assert source.commits[-1] == {P0: 1}


async def test_what_finishes_after_its_partition_moved_on_is_not_committed() -> None:
    release = asyncio.Event()

    async def handler(_: Record) -> None:
        await release.wait()

    source = Script(record(0), record(1), record(2))
    async with running(source, handler, concurrency=1) as intake:
        await until(lambda: not source.backlog)
        await intake.revoked({P0}, patience=0)
        assert intake.waiting == 0
        intake.assign({P0})
        release.set()
        await until(lambda: not intake.running)
    assert all(offsets == {P0: 0} for offsets in source.commits)


async def test_before_partitions_go_what_is_nearly_done_is_waited_for_and_committed() -> None:
    async def handler(_: Record) -> None:
        await asyncio.sleep(0.05)

    source = Script(record(0), record(1), record(2))
    async with running(source, handler, concurrency=1) as intake:
        await until(lambda: not source.backlog)
        await intake.revoked({P0}, patience=LONG)
        assert source.commits[-1] == {P0: 1}, "the one that ran, and none was begun meanwhile"


async def test_a_retry_whose_writers_clock_is_ahead_waits_as_long_as_its_writer_meant() -> None:
    ahead = time.time() + 600
    headers = (("x-due-ms", str(round((ahead + 0.2) * 1000)).encode()),)
    source, at = Script(Record("exams", 0, 0, b"0", b"{}", headers, timestamp=ahead)), []

    async def handler(_: Record) -> None:
        at.append(time.monotonic())

    began = time.monotonic()
    async with running(source, handler):
        await until(lambda: bool(at))
    assert 0.15 < at[0] - began < LONG, "and not as long as its clock says"


async def test_the_tenants_of_a_topic_take_turns() -> None:
    def of(tenant: str, offset: int) -> Record:
        return Record("exams", 0, offset, str(offset).encode(), b"{}", (("ce_tenant", tenant.encode()),))

    source = Script(*(of("big", n) for n in range(6)), of("small", 6))
    release, order = asyncio.Event(), []

    async def handler(item: Record) -> None:
        await release.wait()
        order.append(item.tenant)

    async with running(source, handler, concurrency=1):
        await until(lambda: not source.backlog)
        release.set()
        await until(lambda: len(order) == 7)
    assert order.index("small") <= 2


async def test_draining_hands_back_what_only_fails_and_does_not_wait_for_it() -> None:
    async def handler(_: Record) -> None:
        raise OSError

    source, began = Script(record(0)), time.monotonic()
    async with running(source, handler, drain=600) as intake:
        await until(lambda: intake.running == 1)
        began = time.monotonic()
    assert time.monotonic() - began < LONG
    assert all(offsets == {P0: 0} for offsets in source.commits)


async def test_a_handler_that_does_not_listen_cannot_keep_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.intake.CANCEL_PATIENCE", 0.1)
    end = asyncio.Event()

    async def handler(_: Record) -> None:
        while not end.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await end.wait()

    source = Script(record(0))
    async with running(source, handler, drain=0.1) as intake:
        await until(lambda: intake.running == 1)
        began = time.monotonic()
    assert time.monotonic() - began < LONG, "it would not end at all"
    assert all(offsets == {P0: 0} for offsets in source.commits)
    end.set()
    await until(lambda: not intake.running)


async def test_a_poll_that_never_returns_or_only_fails_is_a_stall() -> None:
    class Dead(Script):
        async def poll(self) -> list[Record]:
            raise ConnectionError

    class Stuck(Script):
        async def poll(self) -> list[Record]:
            await asyncio.Event().wait()
            return []

    async def handler(_: Record) -> None: ...

    for source in (Dead(), Stuck()):
        intake = Intake(source, "test", {"exams": Lane()}, handler, 1)
        task = asyncio.create_task(intake.run())
        await asyncio.sleep(0.1)
        assert intake.stalled(10) is None
        assert intake.stalled(0.05) == "test stalled"
        task.cancel()
        await asyncio.wait([task])
    async with running(Script(), handler) as healthy:
        await asyncio.sleep(0.1)
        await until(lambda: healthy.stalled(0.05) is None)  # at once, unless the machine itself was stalled


async def test_only_when_all_that_runs_is_over_its_limit_the_intake_is_stuck() -> None:
    async def handler(item: Record) -> None:
        await asyncio.sleep(60 if item.offset == 0 else 0.01)

    source = Script(record(0))
    intake = Intake(source, "test", {"exams": Lane()}, handler, 2, limit=1.5)
    intake.assign({P0})
    task = asyncio.create_task(intake.run())
    await until(lambda: intake.running == 1)
    assert intake.stalled(10) is None
    await asyncio.sleep(1.7)
    assert intake.stalled(10) == "test works on 1 records without end"
    await intake.drain(0)
    await asyncio.wait_for(task, LONG)
    assert intake.stalled(10) is None


async def test_halt_stops_the_intake_and_leaves_the_record_uncommitted() -> None:
    async def handler(_: Record) -> None:
        raise Halt("enough")

    source = Script(record(0), record(1))
    async with running(source, handler, concurrency=1) as intake:
        with pytest.raises(Halt):
            await asyncio.wait_for(intake.failed, LONG)
    assert all(offsets == {P0: 0} for offsets in source.commits)
