"""What the shell, the intake and Kafka promise together, on a real broker."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka.partitioner import DefaultPartitioner
from exam_world import DEAD, EMPTY, RETRY, SINK, SOURCE, World, new_event

from contracts.artefacts import Paper
from contracts.errors import ErrorCode, Permanent, Transient
from contracts.events import ExamControl, ExamParsed, ExamRead, StatusKind, derived_id
from contracts.status import Status
from contracts.topics import CONTROL, artefact_path
from runtime import trace
from runtime.envelope import Envelope, Record, encode
from runtime.job import SKEW, Job
from runtime.limit import Halt


async def test_an_event_becomes_an_artefact_the_sink_event_and_two_statuses(world: World) -> None:
    event = new_event()
    await world.put(event)
    async with world.stage():
        await world.until(lambda: len(world.statuses(event)) >= 2 and bool(world.out(SINK, event)))
    done = ExamParsed.model_validate_json(world.out(SINK, event)[0].value or b"")
    assert await world.blobs.get(done.artefact) == EMPTY.model_dump_json(by_alias=True).encode()
    assert done.artefact.path == artefact_path("school-a", event.exam_id, 1, "parser")
    assert [(word.kind, word.status) for word in world.statuses(event)] == [
        (StatusKind.STARTED, Status.PARSING),
        (StatusKind.COMPLETED, Status.PARSED),
    ]
    record = world.out(SINK, event)[0]
    assert record.header("ce_id") == str(derived_id(event.exam_id, "parser", 1))
    assert record.header("ce_type") == SINK


async def test_a_duplicate_gives_one_artefact_and_the_same_event_id_again(world: World) -> None:
    runs = []

    async def work(job: Job) -> Paper:
        runs.append(job.attempt)
        return EMPTY

    event = new_event()
    await world.put(event)
    await world.put(event)
    async with world.stage(work):
        await world.until(lambda: len(world.out(SINK, event)) == 2)
    assert runs == [1]
    assert len({record.header("ce_id") for record in world.out(SINK, event)}) == 1
    assert len({record.value for record in world.out(SINK, event)}) == 1


async def test_poison_becomes_a_dead_letter_as_it_was_and_the_next_record_is_worked_on(world: World) -> None:
    event = new_event()
    key = str(event.exam_id).encode()
    await world.kafka.send(SOURCE, key, b"\xff{not json", {"ce_specversion": "1.0", "x-other": "kept"})
    await world.put(event)
    async with world.stage():
        await world.until(lambda: bool(world.out(SINK, event)) and bool(world.out(DEAD)))
    dead = world.out(DEAD)[0]
    assert (dead.key, dead.value) == (key, b"\xff{not json")
    assert dead.header("x-other") == "kept"
    assert (dead.header("x-dead-reason"), dead.header("x-dead-topic")) == ("invalid", SOURCE)


async def test_a_transient_error_is_tried_again_when_it_is_due_and_not_before(world: World) -> None:
    began: list[tuple[int, float]] = []

    async def work(job: Job) -> Paper:
        began.append((job.attempt, time.time()))
        if job.attempt == 1:
            raise Transient("not now")
        return EMPTY

    event = new_event()
    await world.put(event)
    async with world.stage(work):
        await world.until(lambda: bool(world.out(SINK, event)))
    retry = world.out(RETRY, event)[0]
    assert [attempt for attempt, _ in began] == [1, 2]
    assert retry.attempt == 2
    assert began[1][1] >= retry.due > began[0][1]
    assert retry.header("ce_id") == str(derived_id(event.exam_id, "ocr", 1))
    assert [word.attempt for word in world.statuses(event, StatusKind.RETRIED)] == [1]


async def test_an_error_that_stays_ends_as_a_dead_letter_and_a_failed_exam(world: World) -> None:
    async def work(_: Job) -> Paper:
        raise ValueError("a pupil's name")

    world.resources.settings.flow.retries = 1
    event = new_event()
    await world.put(event)
    async with world.stage(work):
        await world.until(lambda: bool(world.out(DEAD, event)) and bool(world.statuses(event, StatusKind.FAILED)))
    assert world.out(DEAD, event)[0].header("x-dead-error") == "ValueError"
    failed = world.statuses(event, StatusKind.FAILED)[0]
    assert (failed.status, failed.code) == (Status.FAILED, ErrorCode.INTERNAL)


async def test_a_permanent_error_fails_the_exam_with_its_code_and_is_no_dead_letter(world: World) -> None:
    async def work(_: Job) -> Paper:
        raise Permanent(ErrorCode.NO_QUESTION_FOUND)

    event = new_event()
    await world.put(event)
    async with world.stage(work):
        await world.until(lambda: bool(world.statuses(event, StatusKind.FAILED)))
    assert world.statuses(event, StatusKind.FAILED)[0].code is ErrorCode.NO_QUESTION_FOUND
    assert world.out(DEAD) == []


async def test_a_slow_record_does_not_delay_others_of_its_partition(world: World) -> None:
    slow, release = new_event(), asyncio.Event()

    async def work(job: Job) -> Paper:
        if job.event.exam_id == slow.exam_id:
            await release.wait()
        return EMPTY

    others = [event for event in (new_event() for _ in range(300)) if _partition(event) == _partition(slow)]
    assert others
    for event in (slow, *others):
        await world.put(event)
    async with world.stage(work):
        await world.until(lambda: len(world.out(SINK)) == len(others))
        assert len({record.partition for record in await _sources(world, 1 + len(others))}) == 1
        assert not world.out(SINK, slow)
        release.set()
        await world.until(lambda: bool(world.out(SINK, slow)))


async def test_a_held_retry_does_not_block_later_records_of_its_partition(world: World) -> None:
    held, early = new_event(), new_event()
    headers = {"x-attempt": "2", "x-due-ms": str(round((time.time() + 60) * 1000))}
    for event, extra in ((held, headers), (early, {"x-attempt": "2"})):
        await _put_raw(world, event, extra, key=b"one partition")
    async with world.stage():
        await world.until(lambda: bool(world.out(SINK, early)))
        assert not world.out(SINK, held)


async def test_records_of_a_consumer_that_vanished_mid_work_are_worked_on_by_the_next(world: World) -> None:
    events = [new_event() for _ in range(12)]
    for event in events:
        await world.put(event)
    world.resources.settings.flow.drain_seconds = 0.05
    begun = asyncio.Event()

    async def stuck(_: Job) -> Paper:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with world.stage(stuck):
        await begun.wait()
    assert world.out(SINK) == []
    async with world.stage():
        await world.until(
            lambda: {record.key for record in world.out(SINK)} == {str(e.exam_id).encode() for e in events}
        )


async def test_nothing_is_committed_before_its_result_is_published(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = new_event()
    await world.put(event)
    refused = 0

    async def refuse(topic: str, *args: object, **kwargs: object) -> None:
        nonlocal refused
        refused += 1
        raise TimeoutError

    monkeypatch.setattr(world.kafka, "publish", refuse)
    monkeypatch.setattr(world.kafka, "send", refuse)
    async with world.stage():
        await world.until(lambda: refused > 2)
        await asyncio.sleep(0.7)  # more than a commit round
    monkeypatch.undo()
    async with world.stage():
        await world.until(lambda: bool(world.out(SINK, event)))


async def test_a_finished_record_is_not_delivered_again(world: World) -> None:
    first, second = new_event(), new_event()
    await world.put(first)
    async with world.stage():
        await world.until(lambda: bool(world.out(SINK, first)))
    await world.put(second)
    async with world.stage():
        await world.until(lambda: bool(world.out(SINK, second)))
    assert len(world.out(SINK, first)) == 1


async def test_a_cancelled_exam_is_said_to_be_cancelled_and_not_worked_on(world: World) -> None:
    event = new_event()
    control = ExamControl(**event.model_dump(exclude={"artefact"}))
    event_id = derived_id(event.exam_id, "cancel", 1)
    await world.kafka.publish(CONTROL, control, event_id=event_id, source="/redink/gateway", trace=trace.start())
    await world.until(lambda: event in world.cancellations)
    await world.put(event)
    async with world.stage():
        await world.until(lambda: bool(world.statuses(event)))
        await asyncio.sleep(0.2)
    assert [word.status for word in world.statuses(event)] == [Status.CANCELLED]
    assert world.out(SINK, event) == []


async def test_an_exam_long_past_its_deadline_is_said_to_be_expired(world: World) -> None:
    event = new_event()
    event = event.model_copy(update={"deadline": event.uploaded_at - timedelta(seconds=SKEW)})
    await world.put(event)
    async with world.stage():
        await world.until(lambda: bool(world.statuses(event)))
    assert [(word.status, word.code) for word in world.statuses(event)] == [
        (Status.EXPIRED, ErrorCode.DEADLINE_EXCEEDED)
    ]


async def test_too_many_dead_letters_halt_the_stage_and_leave_the_rest_on_the_topic(world: World) -> None:
    world.resources.settings.flow.dead_consecutive = 3
    for number in range(10):
        await world.kafka.send(SOURCE, str(number).encode(), b"poison", {})
    async with world.stage() as intake:
        with pytest.raises(Halt):
            await asyncio.wait_for(intake.failed, 60)
    assert len(world.out(DEAD)) <= 3


async def test_a_record_begun_too_often_without_an_end_is_set_aside(world: World) -> None:
    event = new_event()
    await world.put(event)
    for _ in range(3):  # what three killed processes would have left in Redis
        await world.resources.starts.begin(f"parser:{derived_id(event.exam_id, 'ocr', 1)}")
    async with world.stage():
        await world.until(lambda: bool(world.statuses(event, StatusKind.FAILED)))
    assert world.statuses(event, StatusKind.FAILED)[0].code is ErrorCode.WORKER_CRASHED
    assert world.out(DEAD, event)[0].header("x-dead-reason") == "crash_looping"


async def test_work_over_its_soft_limit_fails_with_a_timeout(world: World) -> None:
    async def work(_: Job) -> Paper:
        await asyncio.sleep(60)
        return EMPTY

    event = new_event()
    await world.put(event)
    async with world.stage(work, soft_timeout=0.2, hard_timeout=0.4):
        await world.until(lambda: bool(world.statuses(event, StatusKind.FAILED)))
    assert world.statuses(event, StatusKind.FAILED)[0].code is ErrorCode.STAGE_TIMEOUT


async def test_two_workers_share_the_partitions_and_lose_nothing_when_one_leaves(world: World) -> None:
    async def work(_: Job) -> Paper:
        await asyncio.sleep(0.02)
        return EMPTY

    events = [new_event() for _ in range(120)]
    async with world.stage(work) as first:
        for event in events[:60]:
            await world.put(event)
        async with world.stage(work) as second:
            await world.until(lambda: 0 < first.assigned < 24 and 0 < second.assigned < 24)
            for event in events[60:]:
                await world.put(event)
        wanted = {str(event.exam_id).encode() for event in events}
        await world.until(lambda: {record.key for record in world.out(SINK)} == wanted)
    assert len({record.header("ce_id") for record in world.out(SINK)}) == 120


def _partition(event: ExamRead) -> int:
    """Where the producer puts it, of 12."""
    return int(DefaultPartitioner()(str(event.exam_id).encode(), list(range(12)), list(range(12))))


async def _sources(world: World, count: int) -> list[Record]:
    """What was put in, with its partitions."""
    found: list[Record] = []
    async with world.kafka.follow(SOURCE, found.append):
        await world.until(lambda: len(found) >= count)
    return found


async def _put_raw(world: World, event: ExamRead, extra: dict[str, str], key: bytes) -> None:
    envelope = Envelope(derived_id(event.exam_id, "ocr", 1), SOURCE, "/redink/ocr", datetime.now(UTC), trace.start())
    _, value, headers = encode(envelope, event)
    await world.kafka.send(RETRY, key, value, headers | extra)
