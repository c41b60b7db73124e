"""What the shell asks again, waits for and never does, with ports in memory."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from shell_world import DEADLINE, EMPTY, PATH, World, works

from contracts.artefacts import Reading
from contracts.base import Contract
from contracts.errors import Transient
from contracts.events import ExamStatus, StatusKind
from contracts.topics import STAGE, retry_topic
from runtime.blobs import Unavailable
from runtime.job import SKEW, Job
from runtime.spans import calling
from runtime.voice import Unsaid

SINK, RETRY = STAGE["parser"].sink, retry_topic("parser")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Sleeping takes no time; how long it would have been."""
    slept: list[float] = []
    turn = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await turn(0)

    monkeypatch.setattr("runtime.shell.asyncio.sleep", sleep)
    return slept


def times(count: int, error: Exception) -> Callable[[], None]:
    """Raises the first `count` times."""
    left = iter(range(count))

    def act() -> None:
        if next(left, None) is not None:
            raise error

    return act


async def test_an_exam_cancelled_while_it_is_worked_on_is_not_stored(world: World) -> None:
    async def work(_: Job) -> Contract:
        world.cancel()
        return EMPTY

    await world.deliver(work)
    assert world.blobs == {}
    assert world.statuses == ["PARSING started", "CANCELLED failed"]
    assert world.topics == []


async def test_an_exam_cancelled_while_it_is_stored_is_not_told_to_the_next_stage(world: World) -> None:
    world.after_put = world.cancel
    await world.deliver()
    assert world.topics == []
    assert world.statuses[-1] == "CANCELLED failed"


@pytest.mark.parametrize("step", ["cpu", "artefact", "blob"])
async def test_a_cancelled_exam_begins_no_further_step(world: World, step: str) -> None:
    async def work(job: Job) -> Contract:
        world.cancel()
        world.before_read = times(1, AssertionError("a cancelled exam's blobs are read"))
        if step == "cpu":
            await job.cpu(len, "unused")
        await (job.artefact(Reading) if step == "artefact" else job.blob(job.event.artefact))  # type: ignore[attr-defined]
        return EMPTY

    await world.deliver(work)
    assert world.statuses[-1] == "CANCELLED failed"


async def test_an_artefact_that_is_not_there_yet_is_tried_again_and_missing_only_at_last(world: World) -> None:
    async def work(job: Job) -> Contract:
        await job.artefact(Reading)
        return EMPTY

    await world.deliver(work, attempt=1)
    assert world.topics == [RETRY]
    await world.deliver(work, attempt=4)
    assert world.statuses[-1] == "FAILED failed"
    assert world.published[-1][1].code == "artefact_missing"


async def test_a_torn_artefact_of_an_earlier_run_is_not_published_as_if_it_were_whole(world: World) -> None:
    whole = EMPTY.model_dump_json(by_alias=True).encode()
    world.blobs[PATH] = whole[: len(whole) // 2]
    await world.deliver()
    assert SINK not in world.topics
    assert world.topics == [RETRY]


async def test_a_full_store_costs_no_try_and_no_second_run_of_the_work(world: World, no_pauses: list[float]) -> None:
    runs = []

    async def work(_: Job) -> Contract:
        runs.append(1)
        return EMPTY

    world.before_put = times(4, Unavailable("full"))
    await world.deliver(work)
    assert world.topics == [SINK]
    assert len(runs) == 1
    assert no_pauses == [0.5, 1.0, 2.0, 4.0]


async def test_a_store_that_cannot_be_read_leaves_the_record_where_it_is(world: World) -> None:
    world.before_read = times(1, Unavailable("away"))
    with pytest.raises(Unavailable):
        await world.deliver()
    assert world.published == []
    await world.deliver()
    assert world.topics == [SINK]


@pytest.mark.parametrize("attempt", [1, 4])
async def test_a_broker_that_is_away_when_the_work_is_done_costs_no_try_and_no_second_run(
    world: World, attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = world.publish

    async def refuse(topic: str, *args: Any, **kwargs: Any) -> None:
        if topic == SINK:
            raise TimeoutError
        await publish(topic, *args, **kwargs)

    monkeypatch.setattr(world, "publish", refuse)
    with pytest.raises(Unsaid):
        await world.deliver(attempt=attempt)
    assert world.topics == []
    assert not any("FAILED" in word for word in world.statuses)
    monkeypatch.undo()
    await world.deliver(fails_if_asked, attempt=attempt)
    assert world.topics == [SINK]


async def test_progress_that_cannot_be_told_takes_no_time_from_the_work(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.shell.PROGRESS_PATIENCE", 0.01)
    publish = world.publish

    async def slow(topic: str, event: Any, **more: Any) -> None:
        if getattr(event, "kind", None) == "progressed":
            await asyncio.Event().wait()
        await publish(topic, event, **more)

    async def work(job: Job) -> Contract:
        await job.progress(1, 2)
        return EMPTY

    monkeypatch.setattr(world, "publish", slow)
    await asyncio.wait_for(world.deliver(work), 60)
    assert world.topics == [SINK]


@pytest.mark.parametrize("ahead", [600.0, -600.0])
async def test_a_worker_whose_clock_is_wrong_expires_no_exam_that_is_in_time(world: World, ahead: float) -> None:
    world.now = DEADLINE.timestamp() - 1 + ahead

    async def hiccups(_: Job) -> Contract:
        raise Transient("busy")

    await world.deliver(hiccups)
    assert world.topics == [RETRY]
    await world.deliver()
    assert world.topics[-1] == SINK
    assert not any("EXPIRED" in word for word in world.statuses)


async def test_what_is_overdue_by_any_clock_is_given_up(world: World) -> None:
    world.now = DEADLINE.timestamp() + SKEW
    await world.deliver(fails_if_asked)
    assert world.statuses == ["EXPIRED failed"]


async def test_events_and_retries_carry_the_time_of_the_shells_clock(world: World) -> None:
    async def hiccups(_: Job) -> Contract:
        raise Transient("busy")

    await world.deliver(hiccups)
    headers: Any = next(said for topic, said in world.published if topic == RETRY)
    assert headers["x-due-ms"] == str(round((world.now + 1) * 1000))
    assert {said.at.timestamp() for _, said in world.published if hasattr(said, "at")} == {world.now}


async def fails_if_asked(_: Job) -> Contract:
    raise AssertionError("worked on")


async def test_the_artefact_of_an_earlier_run_is_published_as_it_is(world: World) -> None:
    await world.deliver(works)
    kept = dict(world.blobs)
    await world.deliver(fails_if_asked)
    assert world.blobs == kept
    assert world.topics == [SINK, SINK]


async def test_calls_side_by_side_are_waited_for_once_and_failed_ones_too(world: World) -> None:
    """Twenty calls of 50 ms take more than a second one after the other, and about 50 ms like this."""

    async def call(number: int) -> None:
        with calling("chat model", {}):
            await asyncio.sleep(0.05)
            if number % 2:
                raise ValueError

    async def asks(_: Job) -> Contract:
        await asyncio.gather(*(call(number) for number in range(20)), return_exceptions=True)
        return EMPTY

    await world.deliver(asks)
    (done,) = [said for _, said in world.published if getattr(said, "kind", None) is StatusKind.COMPLETED]
    assert 0.045 < done.external_seconds <= done.work_seconds


async def test_a_stage_that_asked_nobody_says_nothing_of_it(world: World) -> None:
    await world.deliver()
    assert {said.external_seconds for _, said in world.published if isinstance(said, ExamStatus)} == {None}
