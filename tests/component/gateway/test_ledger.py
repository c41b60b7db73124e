"""What every ledger promises, in Postgres as in the simulation's memory: a proof in memory holds for the other."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.errors import ErrorCode
from contracts.events import BlobRef, ExamControl, ExamReported, ExamStatus, ExamUploaded, StatusKind
from contracts.status import Status
from contracts.topics import CONTROL, REPORTED, STATUS, UPLOADED
from runtime.envelope import Record
from services.gateway.acceptance import Accepted, Limits, Offer, accept, reserve
from services.gateway.core.form import parse_form
from services.gateway.core.problems import Code, Problem
from services.gateway.core.progress import Fact, Position
from services.gateway.database import open_database
from services.gateway.endings import take
from services.gateway.exams import Exam
from services.gateway.idempotency import Earlier, Reservation
from services.gateway.ledger import Advance, Ledger, Outgoing, Purpose, Transaction
from services.gateway.postgres import PostgresLedger
from services.gateway.projection import Projection
from services.gateway.settings import PostgresSettings
from tests.simulation.ledger import MemoryLedger

FORM = parse_form({"subject": "math", "grade": "7"})
REF = BlobRef(path="dev/x/1/upload.json", sha256="0" * 64, size=1)
PAUSE = 1.0
"""Seconds: longer than a busy machine takes for a few statements."""
MANY = Limits(in_flight=1000, outbox=1000)


@pytest.fixture(params=["postgres", "memory"])
async def ledger(request: pytest.FixtureRequest, database: str) -> AsyncIterator[Ledger]:
    """Empty books with the tenants dev and other."""
    if request.param == "memory":
        yield MemoryLedger()
        return
    async with open_database(PostgresSettings(dsn=SecretStr(database))) as pool:
        await pool.execute("INSERT INTO tenants (name) VALUES ('dev'), ('other')")
        yield PostgresLedger(pool)


def offer(tenant: str = "dev", held: Reservation | None = None, limits: Limits = MANY, seconds: float = 60) -> Offer:
    exam_id = uuid.uuid4()
    return Offer(
        exam_id, tenant, FORM, FORM.submission(()), REF, held, "trace", seconds, limits,
        lambda exam: {"exam_id": str(exam.exam_id)},
    )  # fmt: skip


@asynccontextmanager
async def undone(ledger: Ledger, purpose: Purpose) -> AsyncIterator[Transaction]:
    """A transaction whose process dies before the commit."""
    with contextlib.suppress(_Died):
        async with ledger.transaction(purpose) as books:
            yield books
            raise _Died


class _Died(Exception):
    pass


async def exam_in(ledger: Ledger, tenant: str = "dev", seconds: float = 60) -> Exam:
    exam = (await accept(ledger, offer(tenant, seconds=seconds))).exam
    async with ledger.transaction("relay") as books:
        await books.sent([row.id for row in await books.due(1000)])
    return exam


async def found(ledger: Ledger, exam_id: uuid.UUID) -> Exam | None:
    async with ledger.transaction("sweep") as books:
        return await books.lock(exam_id)


async def ended(ledger: Ledger, exam: Exam, status: Status = Status.CANCELLED) -> Exam:
    async with ledger.transaction("cancel") as books:
        locked = await books.lock(exam.exam_id)
        assert locked is not None
        return await take(books, locked, Fact(locked.position.revision, status))


async def test_several_exams_are_locked_moved_and_heard_as_one_alone_is(ledger: Ledger) -> None:
    first, second, still = [await exam_in(ledger) for _ in range(3)]
    stranger = uuid.uuid4()
    read = Position(1, Status.OCR_PROCESSING, 10, "ocr"), Position(1, Status.OCR_COMPLETED, 20, "ocr")
    over = Position(1, Status.FAILED, 0, "ocr", code=ErrorCode.INTERNAL)
    async with ledger.transaction("project") as books:
        locked = await books.lock_all([still.exam_id, second.exam_id, stranger, first.exam_id])
        assert locked == {exam.exam_id: exam for exam in (first, second, still)}
        heard = [said(first), said(still, queue_seconds=1.5)]
        after = await books.move_all([Advance(first, read), Advance(still, ()), Advance(second, [over], REF)], heard)
        assert await books.lock_all([]) == {}
        assert await books.move_all([]) == []
    assert after[1] is still
    assert [await found(ledger, exam.exam_id) for exam in (first, second, still)] == [after[0], after[2], still]
    assert [(exam.position, exam.last_event, exam.report) for exam in after] == [
        (read[-1], 3, None),
        (still.position, 1, None),
        (over, 2, REF),
    ]
    assert [exam.completed_at is not None for exam in after] == [False, False, True]
    assert after[0].status_at > first.status_at


async def counted(books: Transaction) -> tuple[int, int]:
    """Exams in flight, and rows of the outbox."""
    standing = await books.standing("dev", 10)
    return standing.in_flight, standing.waiting


async def outbox(ledger: Ledger) -> list[Outgoing]:
    async with ledger.transaction("relay") as books:
        return await books.due(1000)


def said(exam: Exam, **more: Any) -> ExamStatus:
    fields = {
        "stage": "ocr",
        "kind": StatusKind.STARTED,
        "status": Status.OCR_PROCESSING,
        "at": datetime.now(UTC),
        **more,
    }
    return ExamStatus(**exam.said(), **fields)


async def test_a_transaction_that_raises_leaves_nothing(ledger: Ledger) -> None:
    wanted = offer()
    async with undone(ledger, "accept") as books:
        held = await books.reserve("dev", "k", 60)
        assert isinstance(held, Reservation)
        event = ExamUploaded(
            exam_id=wanted.exam_id,
            tenant="dev",
            uploaded_at=await books.now(),
            deadline=await books.now(),
            artefact=REF,
        )
        await books.insert(event, FORM, 1, "trace")
        await books.settle(held, wanted.exam_id, b"", {})
        await books.enqueue(CONTROL, event, None)
        await books.park(STATUS, wanted.exam_id, b"{}", (), "no such exam")
    assert await found(ledger, wanted.exam_id) is None
    assert await outbox(ledger) == []
    async with ledger.transaction("reserve") as books:
        assert isinstance(await books.reserve("dev", "k", 60), Reservation)
        assert await books.parked(0) is None


async def test_others_see_nothing_before_the_commit_and_all_of_it_after(ledger: Ledger) -> None:
    wanted, inserted, seen = offer(), asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with ledger.transaction("accept") as books:
            event = ExamUploaded(
                exam_id=wanted.exam_id,
                tenant="dev",
                uploaded_at=datetime.now(UTC) - timedelta(hours=1),
                deadline=datetime.now(UTC) - timedelta(minutes=1),
                artefact=REF,
            )
            await books.insert(event, FORM, 1, "trace")
            await books.enqueue(CONTROL, event, None)
            inserted.set()
            await seen.wait()

    task = asyncio.create_task(slow())
    await inserted.wait()
    async with ledger.transaction("sweep") as books:
        assert await books.lock(wanted.exam_id) is None
        assert await books.overdue(10) == await books.silent(0, 10) == await books.due(10) == []
        assert await counted(books) == (0, 0)
    seen.set()
    await task
    async with ledger.transaction("sweep") as books:
        assert [exam.exam_id for exam in await books.overdue(10)] == [wanted.exam_id]
        assert await counted(books) == (1, 1)
        assert len(await books.due(10)) == 1


async def test_of_many_who_end_an_exam_at_once_one_does_and_it_is_announced_once(ledger: Ledger) -> None:
    exam = await exam_in(ledger)
    announced: list[Exam] = []
    recording = Recording(ledger, announced)
    endings = (Status.CANCELLED, Status.EXPIRED, Status.FAILED, Status.COMPLETED) * 3
    after = await asyncio.gather(*(ended(recording, exam, status) for status in endings))
    kept = await found(ledger, exam.exam_id)
    assert kept is not None
    assert {one.position for one in after} == {kept.position}
    assert [one.position for one in announced] == [kept.position]
    assert kept.last_event == (3 if kept.position.status is Status.COMPLETED else 2)


async def test_events_of_an_exam_are_numbered_without_gaps_under_concurrency(ledger: Ledger) -> None:
    exam = await exam_in(ledger)
    projection = Projection(ledger)
    events = [said(exam, kind=StatusKind.PROGRESSED, done=number, total=12) for number in range(12)]
    records = [Record(STATUS, 0, 0, None, event.model_dump_json().encode()) for event in events]
    await asyncio.gather(*(projection.apply(record) for record in records * 2))
    kept = await found(ledger, exam.exam_id)
    assert kept is not None
    assert kept.position.done == 11
    assert 2 <= kept.last_event <= 13


async def test_rows_of_the_outbox_are_shared_out_and_come_back_when_a_relay_dies(ledger: Ledger) -> None:
    for _ in range(6):
        await accept(ledger, offer())
    async with undone(ledger, "relay") as one, undone(ledger, "relay") as other:
        mine, others = await one.due(4), await other.due(4)
        assert (len(mine), len(others)) == (4, 2)
        assert not {row.id for row in mine} & {row.id for row in others}
        await one.sent([row.id for row in mine])
    rows = await outbox(ledger)
    assert len(rows) == 6
    assert {row.topic for row in rows} == {UPLOADED["interactive"]}
    async with ledger.transaction("relay") as books:
        await books.sent([row.id for row in rows[:5]])
    assert await outbox(ledger) == rows[5:]


async def test_what_could_not_be_published_waits_longer_each_time(ledger: Ledger) -> None:
    await accept(ledger, offer())
    for attempts, pause in enumerate((PAUSE, 2 * PAUSE)):
        [row] = await outbox(ledger)
        assert row.attempts == attempts
        began = time.monotonic()
        async with ledger.transaction("relay") as books:
            await books.postpone([row.id], PAUSE)
        await asyncio.sleep(pause * 0.5)
        found = await outbox(ledger)
        assert found == [] or time.monotonic() - began >= pause  # then the machine was too busy to be asked
        await asyncio.sleep(pause * 0.6)
    assert len(await outbox(ledger)) == 1


async def reserved(ledger: Ledger, key: str = "k", lease: float = 60, tenant: str = "dev") -> Any:
    async with ledger.transaction("reserve") as books:
        return await books.reserve(tenant, key, lease)


async def test_of_many_requests_with_one_key_one_holds_it_and_tenants_do_not_meet(ledger: Ledger) -> None:
    held = await asyncio.gather(*(reserved(ledger) for _ in range(8)))
    assert sum(isinstance(one, Reservation) for one in held) == 1
    assert sum(one is None for one in held) == 7
    assert isinstance(await reserved(ledger, tenant="other"), Reservation)


async def test_a_settled_key_tells_the_first_answer_and_is_not_given_back(ledger: Ledger) -> None:
    held = await reserved(ledger)
    accepted = await accept(ledger, offer(held=held))
    async with ledger.transaction("release") as books:
        await books.release(held)
    earlier = await reserved(ledger)
    assert isinstance(earlier, Earlier)
    assert (earlier.exam_id, earlier.response) == (accepted.exam.exam_id, accepted.response)


async def test_a_lease_that_ended_goes_to_another_and_the_first_can_accept_nothing(ledger: Ledger) -> None:
    first = await reserved(ledger, lease=0.05)
    async with ledger.transaction("reserve") as books:
        assert await books.renew(first, 60)
    await asyncio.sleep(0.1)
    assert await reserved(ledger) is None  # renewed
    async with ledger.transaction("reserve") as books:
        assert await books.renew(first, 0.01)
    await asyncio.sleep(0.1)
    second = await reserved(ledger)
    assert isinstance(second, Reservation)
    async with ledger.transaction("reserve") as books:
        assert not await books.renew(first, 60)
    with pytest.raises(Problem) as refused:
        await accept(ledger, offer(held=first))
    assert refused.value.code is Code.IDEMPOTENCY_IN_FLIGHT
    assert await outbox(ledger) == []
    async with ledger.transaction("release") as books:
        await books.release(first)  # no longer its own
    assert await reserved(ledger) is None
    await accept(ledger, offer(held=second))
    assert len(await outbox(ledger)) == 1


async def test_the_limit_of_exams_in_flight_is_exact_however_many_come_at_once(ledger: Ledger) -> None:
    limits = Limits(in_flight=5, outbox=1000)

    async def one(tenant: str) -> Accepted | Code:
        try:
            return await accept(ledger, offer(tenant, limits=limits))
        except Problem as problem:
            return problem.code

    answers = await asyncio.gather(*(one("dev") for _ in range(12)), *(one("other") for _ in range(2)))
    assert sum(isinstance(answer, Accepted) for answer in answers[:12]) == 5
    assert {answer for answer in answers[:12] if isinstance(answer, Code)} == {Code.TOO_MANY_IN_FLIGHT}
    assert all(isinstance(answer, Accepted) for answer in answers[12:])
    first = next(answer for answer in answers if isinstance(answer, Accepted))
    await ended(ledger, first.exam)
    assert isinstance(await one("dev"), Accepted)
    assert await one("dev") is Code.TOO_MANY_IN_FLIGHT
    assert len(await outbox(ledger)) == 8


async def test_a_full_outbox_refuses_what_is_new_and_repeats_what_was_answered(ledger: Ledger) -> None:
    limits = Limits(in_flight=1000, outbox=1)
    held = await reserve(ledger, "dev", "k", 60, limits)
    assert isinstance(held, Reservation)
    await accept(ledger, offer(held=held, limits=limits))
    for refused in (reserve(ledger, "dev", None, 60, limits), reserve(ledger, "dev", "new", 60, limits)):
        with pytest.raises(Problem) as problem:
            await refused
        assert problem.value.code is Code.OVERLOADED
    assert isinstance(await reserve(ledger, "dev", "k", 60, limits), Earlier)
    assert isinstance(await reserved(ledger, "new"), Reservation)  # the refused request has given it back


async def test_a_silent_exam_is_claimed_once_per_pause_and_the_pause_doubles(ledger: Ledger) -> None:
    exam = await exam_in(ledger)

    async def claimed(seconds: float) -> bool:
        async with ledger.transaction("sweep") as books:
            return await books.claim(exam, seconds)

    async def silent(seconds: float) -> int:
        async with ledger.transaction("sweep") as books:
            return len(await books.silent(seconds, 10))

    assert await silent(60) == 0
    await asyncio.sleep(PAUSE)
    assert await silent(PAUSE) == 1
    before = time.monotonic()
    assert sorted(await asyncio.gather(*(claimed(PAUSE) for _ in range(4)))) == [False, False, False, True]
    after, wait, found, past = time.monotonic(), PAUSE, -1, 0.0
    while time.monotonic() - before >= 2 * past:  # else the machine was too busy for the answer to say anything
        await asyncio.sleep(wait)
        past, wait = time.monotonic() - after, 2 * wait
        found = await silent(past)
    assert found == 0, "it was claimed so long ago, but not twice as long"
    await asyncio.sleep(1.2 * PAUSE)
    assert await silent(PAUSE) == 1
    heard, took = -1.0, True
    while took and time.monotonic() - heard >= PAUSE:  # as above
        heard = time.monotonic()
        async with ledger.transaction("project") as books:
            await books.lock(exam.exam_id)
            await books.move_all([], [said(exam)])
        took = await claimed(PAUSE)
    assert not took
    await ended(ledger, exam)
    assert await silent(0) == 0
    assert not await claimed(0)


async def test_an_exam_with_an_event_in_the_outbox_is_not_silent(ledger: Ledger) -> None:
    await accept(ledger, offer())
    await asyncio.sleep(0.02)
    async with ledger.transaction("sweep") as books:
        assert await books.silent(0.01, 10) == []


async def test_overdue_exams_are_those_in_flight_the_oldest_deadline_first(ledger: Ledger) -> None:
    later, first = await exam_in(ledger, seconds=-5), await exam_in(ledger, seconds=-60)
    over, _ = await exam_in(ledger, seconds=-5), await exam_in(ledger)
    await ended(ledger, over)
    async with ledger.transaction("sweep") as books:
        assert [exam.exam_id for exam in await books.overdue(10)] == [first.exam_id, later.exam_id]
        assert [exam.exam_id for exam in await books.overdue(1)] == [first.exam_id]


async def test_a_parked_event_waits_for_its_exam_and_keeps_its_headers(ledger: Ledger) -> None:
    wanted, lost = offer(), uuid.uuid4()
    headers = (("x-dead-reason", b"crash"), ("odd\x00", b"\x00\xff"), ("x-dead-reason", b""))
    async with ledger.transaction("park") as books:
        await books.park(STATUS, None, b"\xff", (), "invalid")
        await books.park(STATUS, lost, b"{}", (), "no such exam")
        for number in range(3):
            await books.park(STATUS, wanted.exam_id, f"{number}\x00".encode(), headers, "no such exam")
    async with ledger.transaction("project") as books:
        assert await books.parked(0) is None
    await accept(ledger, wanted)
    async with undone(ledger, "project") as one, undone(ledger, "project") as other:
        mine, others = await one.parked(0), await other.parked(0)
        assert mine is not None
        assert others is not None
        assert (mine.value, mine.topic, mine.headers) == (b"0\x00", STATUS, headers)
        assert others.value == b"1\x00"
        assert (await one.parked(others.id)).value == b"2\x00"  # type: ignore[union-attr]
        await one.unpark(mine.id)
    async with ledger.transaction("project") as books:
        again = await books.parked(0)
        assert again == mine
        await books.unpark(again.id)
    async with ledger.transaction("project") as books:
        assert (await books.parked(0)).value == b"1\x00"  # type: ignore[union-attr]


async def test_old_keys_and_parked_events_are_forgotten(ledger: Ledger) -> None:
    await reserved(ledger)
    async with ledger.transaction("park") as books:
        await books.park(STATUS, None, b"", (), "invalid")
    async with ledger.transaction("forget") as books:
        assert await books.forget(60, 60) == 0
    assert await reserved(ledger) is None
    await asyncio.sleep(0.05)
    async with ledger.transaction("forget") as books:
        assert await books.forget(0.02, 0.02) == 1
    assert isinstance(await reserved(ledger), Reservation)


async def test_a_reopened_exam_is_in_flight_again_with_a_new_deadline_and_its_last_report(ledger: Ledger) -> None:
    exam = await exam_in(ledger)
    report = BlobRef(path=f"dev/{exam.exam_id}/1/report.json", sha256="0" * 64, size=1)
    done = ExamReported(**exam.said(), artefact=report)
    await Projection(ledger).apply(Record(REPORTED, 0, 0, None, done.model_dump_json().encode()))
    completed = await found(ledger, exam.exam_id)
    assert completed is not None
    assert (completed.position.status, completed.report) == (Status.COMPLETED, report)
    deadline = completed.deadline + timedelta(minutes=5)
    async with ledger.transaction("replay") as books:
        locked = await books.lock(exam.exam_id)
        assert locked is not None
        again = await books.reopen(locked, Position(2, Status.OCR_COMPLETED, 20, "ocr"), deadline)
        assert (await counted(books))[0] == 1
    assert again == replace(
        completed, position=Position(2, Status.OCR_COMPLETED, 20, "ocr"), deadline=deadline,
        completed_at=None, last_event=completed.last_event + 1, updated_at=again.updated_at, status_at=again.status_at,
    )  # fmt: skip
    await Projection(ledger).apply(Record(REPORTED, 0, 0, None, done.model_dump_json().encode()))
    late = said(exam, kind=StatusKind.FAILED, code=ErrorCode.INTERNAL)
    await Projection(ledger).apply(Record(STATUS, 0, 0, None, late.model_dump_json().encode()))
    assert await found(ledger, exam.exam_id) == again  # words on the old revision


async def test_an_event_of_the_outbox_is_read_as_it_was_written(ledger: Ledger) -> None:
    exam = await exam_in(ledger)
    event = ExamControl(**exam.said())
    async with ledger.transaction("cancel") as books:
        await books.enqueue(CONTROL, event, None)
    [row] = await outbox(ledger)
    assert (row.exam_id, row.topic, row.traceparent) == (exam.exam_id, CONTROL, None)
    assert ExamControl.model_validate(row.event) == event


class Recording:
    """Remembers what was announced in transactions that committed."""

    def __init__(self, inner: Ledger, announced: list[Exam]) -> None:
        self._inner = inner
        self._announced = announced

    @asynccontextmanager
    async def transaction(self, purpose: Purpose) -> AsyncIterator[Transaction]:
        mine: list[Exam] = []
        async with self._inner.transaction(purpose) as transaction:
            yield _Recorded(transaction, mine.append)  # type: ignore[misc]
        self._announced += mine


class _Recorded:
    def __init__(self, inner: Transaction, heard: Callable[[Exam], None]) -> None:
        self._inner = inner
        self._heard = heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def announce(self, exam: Exam) -> Awaitable[None]:
        self._heard(exam)
        return self._inner.announce(exam)
