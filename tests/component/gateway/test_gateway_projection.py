"""Events that are odd, forged, early or marked: none is lost, none blocks, none doubles."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.artefacts import Report, Submission
from contracts.events import BlobRef, ExamEvent, ExamReported
from contracts.status import Status
from contracts.topics import REPORTED, STATUS, dead_topic
from runtime import metrics
from runtime.blobs_local import LocalBlobs
from runtime.envelope import Record
from services.gateway.acceptance import Offer, accept
from services.gateway.core.form import parse_form
from services.gateway.database import open_database
from services.gateway.exams import Exam
from services.gateway.ledger import Advance, Ledger, Purpose, Transaction
from services.gateway.postgres import PostgresLedger
from services.gateway.projection import Projection
from services.gateway.settings import GatewaySettings, PostgresSettings
from services.gateway.sweeper import Sweeper
from tests.component.gateway.harness import Running, said, settings, status_event, until


def violations(kind: str) -> float:
    return metrics.VIOLATIONS.labels(kind)._value.get()


@pytest.mark.parametrize("more", [
    {"stage": "ocr\x00"}, {"attempt": 10**12}, {"done": -(10**12)}, {"queue_seconds": 1e300, "stage": "o" * 20_000 + "\x00"},
])  # fmt: skip
async def test_an_event_that_no_column_can_hold_is_parked_instead_of_tried_for_ever(
    running: Running, more: dict[str, Any]
) -> None:
    exam = await running.exam()
    await running.say(exam, Status.OCR_PROCESSING, **more)
    assert [row["reason"] for row in await running.sql("SELECT reason FROM parked")] == ["invalid"]
    assert (await running.status(exam["exam_id"]))["status"] == "UPLOADED"
    await running.say(exam, Status.OCR_COMPLETED)
    assert (await running.status(exam["exam_id"]))["status"] == "OCR_COMPLETED"


async def test_a_report_that_lies_elsewhere_is_refused_and_counted(running: Running) -> None:
    exam, other = await running.exam(), await running.exam()
    before = violations("artefact_of_another_exam")
    for path in (f"dev/{other['exam_id']}/1/report.json", f"other/{exam['exam_id']}/1/report.json"):
        forged = ExamReported(**said(exam), artefact=BlobRef(path=path, sha256="0" * 64, size=1))
        await running.deliver(REPORTED, forged)
    assert violations("artefact_of_another_exam") == before + 2
    assert (await running.status(exam["exam_id"]))["status"] == "UPLOADED"


async def test_a_report_that_refers_to_another_tenants_blobs_shows_nothing_of_them(running: Running) -> None:
    exam = await running.exam()
    base = f"dev/{exam['exam_id']}/1"
    mine = await running.blobs.put(f"{base}/report.html", b"<p>mine")
    other = await running.blobs.put(f"other/{uuid.uuid4()}/1/result.json", b"{}")
    report = Report(result=other, html=mine, pdf=other, pages=(other,))
    ref = await running.blobs.put(f"{base}/report.json", report.model_dump_json().encode())
    await running.deliver(REPORTED, ExamReported(**said(exam), artefact=ref))
    before = violations("artefact_of_another_exam")
    paths = ("result", "report.pdf", "pages/1.jpg", "report.html")
    answers = [(await running.get(f"/exams/{exam['exam_id']}/{path}")).status_code for path in paths]
    assert answers == [410, 410, 410, 200]
    assert violations("artefact_of_another_exam") == before + 3


async def test_an_operators_mark_on_a_dead_letter_topic_fails_no_exam(running: Running) -> None:
    exam = await running.exam()
    event = status_event(exam, Status.OCR_PROCESSING)
    headers = (("x-dead-reason", b"invalid"), ("x-dead-redriven", b"1"))
    assert running.bus.handler is not None
    value = event.model_dump_json().encode()
    await running.bus.handler(Record(dead_topic("ocr"), 0, 0, None, value, headers))
    await running.bus.handler(Record(dead_topic("ocr"), 0, 1, None, b"\xff", headers))
    assert (await running.status(exam["exam_id"]))["status"] == "UPLOADED"
    assert await running.sql("SELECT 1 FROM parked") == []
    await running.bus.handler(Record(dead_topic("ocr"), 0, 2, None, value, headers[:1]))
    assert (await running.status(exam["exam_id"]))["status"] == "FAILED"


@pytest.mark.parametrize(("reason", "code"), [(b"crash_looping", "worker_crashed"), (b"invalid", "internal")])
async def test_a_dead_letter_that_came_before_its_exam_is_judged_by_its_reason_when_it_is_applied(
    database: str, reason: bytes, code: str
) -> None:
    async with books(database) as ledger:
        offer = an_offer()
        early = {
            "exam_id": str(offer.exam_id),
            "created_at": "2026-01-01T00:00:00Z",
            "deadline": "2099-01-01T00:00:00Z",
        }
        value = status_event(early, Status.OCR_PROCESSING).model_dump_json().encode()
        projection = Projection(ledger)
        await projection.apply(Record(dead_topic("ocr"), 0, 0, None, value, (("x-dead-reason", reason),)))
        assert await projection.retry_parked() == 0
        await accept(ledger, offer)
        assert sorted(await asyncio.gather(*(projection.retry_parked() for _ in range(3)))) == [0, 0, 1]
        async with ledger.transaction("sweep") as transaction:
            exam = await transaction.lock(offer.exam_id)
    assert exam is not None
    assert (exam.position.status, exam.position.code) == (Status.FAILED, code)


async def test_a_parked_event_that_can_not_be_applied_does_not_hold_up_those_behind_it(database: str) -> None:
    async with books(database) as ledger:
        offers = [an_offer() for _ in range(3)]
        broken = Failing(ledger, lambda exam: exam.exam_id == offers[1].exam_id)
        projection = Projection(broken)
        for offer in offers:
            early = {
                "exam_id": str(offer.exam_id),
                "created_at": "2026-01-01T00:00:00Z",
                "deadline": "2099-01-01T00:00:00Z",
            }
            value = status_event(early, Status.OCR_COMPLETED).model_dump_json().encode()
            await projection.apply(Record(STATUS, 0, 0, None, value))
            await accept(ledger, offer)
        assert await projection.retry_parked() == 2
        broken.fails = lambda _exam: False
        assert await projection.retry_parked() == 1


async def test_of_events_that_share_a_transaction_only_the_one_that_can_not_be_applied_is_refused(
    database: str,
) -> None:
    async with books(database) as ledger:
        exams = [(await accept(ledger, an_offer())).exam for _ in range(6)]
        projection = Projection(Failing(ledger, lambda exam: exam.exam_id == exams[3].exam_id))
        said = [status_event(as_json(exam), Status.OCR_COMPLETED) for exam in exams]
        said[4] = said[4].model_copy(update={"stage": "ocr\x00"})  # which no column can hold
        records = [Record(STATUS, 0, n, None, each.model_dump_json().encode()) for n, each in enumerate(said)]
        outcomes = await asyncio.gather(*map(projection.apply, records), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None)] * 3 + [OSError] + [type(None)] * 2
        done = "OCR_COMPLETED"
        assert await states(ledger, exams) == [done, done, done, "UPLOADED", "UPLOADED", done]


async def test_a_sweep_that_fails_for_one_exam_serves_the_others(database: str, tmp_path: Path) -> None:
    class Unreadable(LocalBlobs):
        async def read(self, path: str) -> bytes:
            if str(bad) in path:
                raise OSError("input/output error")
            return await super().read(path)

    async with books(database) as ledger:
        exams = [(await accept(ledger, an_offer())).exam for _ in range(4)]
        bad = exams[1].exam_id
        async with ledger.transaction("relay") as transaction:
            await transaction.sent([row.id for row in await transaction.due(10)])
        store = Unreadable(tmp_path)
        for exam in (exams[0], exams[3]):
            await store.put(
                f"dev/{exam.exam_id}/1/upload.json",
                Submission(subject="math", grade=7, files=()).model_dump_json().encode(),
            )
        made = settings(silence_seconds=0.01)
        sweeper = sweeper_of(ledger, store, made)
        for republished in (2, 0):  # what is in the outbox isn't silent; what is not found twice is gone
            await asyncio.sleep(0.1)
            assert await sweeper.republish() == republished
        assert await states(ledger, exams) == ["UPLOADED", "UPLOADED", "FAILED", "UPLOADED"]


async def test_an_exam_that_can_not_be_ended_does_not_keep_the_others_from_expiring(
    database: str, tmp_path: Path
) -> None:
    async with books(database) as ledger:
        exams = [(await accept(ledger, an_offer(seconds=0))).exam for _ in range(4)]
        broken = Failing(ledger, lambda exam: exam.exam_id == exams[1].exam_id)
        sweeper = sweeper_of(broken, LocalBlobs(tmp_path), settings())
        assert await sweeper.expire() == 3
        assert await states(ledger, exams) == ["EXPIRED", "UPLOADED", "EXPIRED", "EXPIRED"]
        broken.fails = lambda _exam: False
        assert await sweeper.expire() == 1


async def test_results_that_come_after_the_deadline_do_not_revive_an_expired_exam(running: Running) -> None:
    exam = await running.exam()
    await running.sql("UPDATE exams SET deadline = now() - interval '1 second'")
    async with books(running.dsn) as ledger:
        assert await sweeper_of(ledger, running.blobs, settings()).expire() == 1
    await until(lambda: is_expired(running, exam["exam_id"]))
    await running.say(exam, Status.REPORT_GENERATED)
    await running.report(exam)
    assert await is_expired(running, exam["exam_id"])
    assert (await running.get(f"/exams/{exam['exam_id']}/result")).status_code == 409


async def is_expired(running: Running, exam_id: str) -> bool:
    return bool((await running.status(exam_id))["status"] == "EXPIRED")


@asynccontextmanager
async def books(dsn: str) -> AsyncIterator[PostgresLedger]:
    async with open_database(PostgresSettings(dsn=SecretStr(dsn))) as pool:
        await pool.execute("INSERT INTO tenants (name) VALUES ('dev') ON CONFLICT DO NOTHING")
        yield PostgresLedger(pool)


def an_offer(seconds: float = 60) -> Offer:
    exam_id = uuid.uuid4()
    form = parse_form({"subject": "math", "grade": "7"})
    ref = BlobRef(path=f"dev/{exam_id}/1/upload.json", sha256="0" * 64, size=1)
    limits = settings().limits
    return Offer(exam_id, "dev", form, form.submission(()), ref, None, "", seconds, limits, lambda _exam: {})


def as_json(exam: Exam) -> dict[str, Any]:
    said = exam.said()
    return {
        "exam_id": str(exam.exam_id),
        "created_at": said["uploaded_at"].isoformat(),
        "deadline": said["deadline"].isoformat(),
    }


def sweeper_of(ledger: Ledger, blobs: Any, made: GatewaySettings) -> Sweeper:
    return Sweeper(ledger, blobs, Projection(ledger), made)


async def states(ledger: Ledger, exams: list[Exam]) -> list[str]:
    async with ledger.transaction("sweep") as transaction:
        return [(await transaction.lock(exam.exam_id)).position.status.value for exam in exams]  # type: ignore[union-attr]


class Failing:
    """A ledger in which some exams can't be moved."""

    def __init__(self, inner: Ledger, fails: Callable[[Exam], bool]) -> None:
        self.inner = inner
        self.fails = fails

    @asynccontextmanager
    async def transaction(self, purpose: Purpose) -> AsyncIterator[Transaction]:
        async with self.inner.transaction(purpose) as transaction:
            yield _FailingTransaction(transaction, self)  # type: ignore[misc]


class _FailingTransaction:
    def __init__(self, inner: Transaction, ledger: Failing) -> None:
        self._inner = inner
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def move_all(self, advances: Sequence[Advance], heard: Collection[ExamEvent] = ()) -> list[Exam]:
        if any(self._ledger.fails(advance.exam) for advance in advances):
            raise OSError("a page of the table can't be read")
        return await self._inner.move_all(advances, heard)
