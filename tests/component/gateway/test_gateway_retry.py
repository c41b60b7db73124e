"""An exam that has ended, run again: POST /exams/{id}/retry, and what replay leaves behind when it dies."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.errors import ErrorCode
from contracts.events import derived_id
from contracts.status import Status
from contracts.topics import STAGE, STAGES, SUBMISSION, UPLOADED, artefact_path
from runtime.blobs import BlobMissing
from services.gateway.core.problems import Code, Problem
from services.gateway.database import open_database
from services.gateway.postgres import PostgresLedger
from services.gateway.replay import replay
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running, gateway, settings, until

NAMES = (SUBMISSION, *(row.name for row in STAGES))


def path(exam: dict[str, Any], name: str, revision: int = 1) -> str:
    return artefact_path("dev", exam["exam_id"], revision, name)


async def ended(running: Running, *stages: str, completed: bool = False) -> dict[str, Any]:
    """An exam that ended with the artefacts of these stages."""
    exam = await running.exam()
    for stage in stages:
        await running.blobs.put(path(exam, stage), f'{{"of": "{stage}"}}'.encode())
    if completed:
        await running.report(exam)
    else:
        await running.say(exam, Status.ANALYZING, stage="analyzer", code=ErrorCode.INTERNAL)
    await until(lambda: len(running.bus.topics_of(exam["exam_id"])) == 1)
    return exam


async def retry(running: Running, exam: dict[str, Any], **order: str) -> Any:
    return await running.client.post(f"/api/v1/exams/{exam['exam_id']}/retry", json=order or None)


async def second_event(running: Running, exam: dict[str, Any]) -> tuple[str, Any, uuid.UUID]:
    await until(lambda: len(running.bus.topics_of(exam["exam_id"])) == 2)
    mine = [entry for entry in running.bus.published if str(entry[1].exam_id) == exam["exam_id"]]
    topic, event, event_id, _ = mine[1]
    return topic, event, event_id


@pytest.mark.parametrize(("order", "status", "read"), [
    ({}, "PARSED", "parser"), ({"from": "analyzer"}, "PARSED", "parser"), ({"from": "parser"}, "OCR_COMPLETED", "ocr"),
    ({"from": "ocr"}, "UPLOADED", SUBMISSION),
])  # fmt: skip
async def test_a_failed_exam_goes_on_from_the_stage_asked_for_or_where_it_ended(
    running: Running, order: dict[str, str], status: str, read: str
) -> None:
    exam = await ended(running, "ocr", "parser")
    response = await retry(running, exam, **order)
    again = response.json()
    assert response.status_code == 202, response.text
    assert response.headers["location"] == f"/api/v1/exams/{exam['exam_id']}"
    assert (again["revision"], again["status"], again["error_code"], again["completed_at"]) == (2, status, None, None)
    assert again["deadline"] > exam["deadline"]
    topic, event, event_id = await second_event(running, exam)
    assert topic == (UPLOADED["interactive"] if read == SUBMISSION else STAGE[read].sink)
    assert (event.revision, event.artefact.path) == (2, path(exam, read, 2))
    assert event_id == derived_id(event.exam_id, read, 2)
    for name in NAMES[: NAMES.index(read) + 1]:
        assert await running.blobs.read(path(exam, name, 2)) == await running.blobs.read(path(exam, name, 1))
    with pytest.raises(BlobMissing):
        await running.blobs.read(path(exam, NAMES[NAMES.index(read) + 1], 2))


async def test_a_completed_exam_begins_anew_and_completes_in_its_new_revision(running: Running) -> None:
    exam = await ended(running, "ocr", "parser", "analyzer", "diagnostic", completed=True)
    again = (await retry(running, exam)).json()
    assert (again["revision"], again["status"], again["progress"]) == (2, "UPLOADED", 0)
    assert (await running.get(f"/exams/{exam['exam_id']}/result")).status_code == 200  # the last revision's
    await running.report(exam)  # a late word on the old revision
    assert (await running.status(exam["exam_id"]))["status"] == "UPLOADED"
    await running.report(again)
    assert (await running.status(exam["exam_id"]))["status"] == "COMPLETED"
    rows = await running.sql(
        "SELECT number, revision, status FROM exam_events WHERE exam_id = $1 ORDER BY number", exam["exam_id"]
    )
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert [(row["revision"], row["status"]) for row in rows if row["status"] == "COMPLETED"] == [
        (1, "COMPLETED"),
        (2, "COMPLETED"),
    ]


async def test_an_exam_in_flight_is_not_tried_again_and_of_many_retries_one_begins(running: Running) -> None:
    exam = await running.exam()
    refused = await retry(running, exam)
    assert (refused.status_code, refused.json()["code"]) == (409, "exam_in_flight")
    await running.say(exam, Status.OCR_PROCESSING, code=ErrorCode.NO_TEXT_FOUND)
    answers = await asyncio.gather(*(retry(running, exam) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]
    assert (await running.get(f"/exams/{exam['exam_id']}")).json()["revision"] == 2
    await second_event(running, exam)
    assert len(running.bus.published) == 2


async def test_a_stage_whose_artefact_is_gone_or_unknown_is_refused(running: Running) -> None:
    exam = await ended(running, "ocr")
    gone = await retry(running, exam, **{"from": "report"})
    assert (gone.status_code, gone.json()["code"]) == (410, "artefact_gone")
    assert "parser" in gone.json()["detail"]
    assert (await retry(running, exam, **{"from": "grading"})).status_code == 422
    assert (await retry(running, {"exam_id": str(uuid.uuid4())})).status_code == 404
    assert (await running.status(exam["exam_id"]))["status"] == "FAILED"


async def test_what_a_replay_that_died_left_behind_is_not_taken_for_the_work_of_a_later_one(
    running: Running, database: str
) -> None:
    exam = await ended(running, "ocr", "parser")
    for name in (SUBMISSION, "ocr"):  # of a replay from parser
        await running.blobs.put(path(exam, name, 2), await running.blobs.read(path(exam, name)))
    async with open_database(PostgresSettings(dsn=SecretStr(database))) as pool:
        again = await replay(PostgresLedger(pool), running.blobs, uuid.UUID(exam["exam_id"]), "ocr", settings())
        with pytest.raises(Problem) as refused:
            await replay(PostgresLedger(pool), running.blobs, uuid.UUID(exam["exam_id"]), "ocr", settings())
    assert refused.value.code is Code.EXAM_IN_FLIGHT
    assert again.position.revision == 3
    _, event, _ = await second_event(running, exam)
    assert event.artefact.path == path(exam, SUBMISSION, 3)


async def test_retries_count_as_exams_in_flight(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, max_in_flight=1) as running:
        first = await running.exam()
        await running.client.post(f"/api/v1/exams/{first['exam_id']}/cancel")
        await running.exam()
        refused = await retry(running, first)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_in_flight")
        assert (await running.status(first["exam_id"]))["status"] == "CANCELLED"


async def test_an_upload_over_the_limit_is_told_what_to_do_and_cancelling_makes_room(
    database: str, tmp_path: Path
) -> None:
    async with gateway(database, tmp_path, max_in_flight=2) as running:
        exams = [await running.exam() for _ in range(2)]
        key = {"Idempotency-Key": "k"}
        refused = await running.upload(headers=key)
        assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (429, "too_many_in_flight", 2)
        assert int(refused.headers["retry-after"]) > 0
        assert "cancel" in refused.json()["detail"]
        await running.client.post(f"/api/v1/exams/{exams[0]['exam_id']}/cancel")
        assert (await running.upload(headers=key)).status_code == 202
        await running.report(exams[1])
        assert (await running.upload()).status_code == 202
        assert (await running.upload(headers=key)).headers["idempotent-replayed"] == "true"


async def test_uploads_are_refused_while_too_many_events_wait_for_the_broker_and_taken_again_afterwards(
    database: str, tmp_path: Path
) -> None:
    async with gateway(database, tmp_path, max_outbox=3) as running:
        running.bus.refuse = lambda _topic: True
        answers = [await running.upload() for _ in range(5)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 503, 503]
        assert answers[-1].json()["code"] == "overloaded"
        assert int(answers[-1].headers["retry-after"]) > 0
        assert len(await running.sql("SELECT 1 FROM exams")) == 3
        running.bus.refuse = lambda _topic: False
        await until(lambda: len(running.bus.published) == 3)

        async def all_sent() -> bool:
            return not await running.sql("SELECT 1 FROM outbox")

        await until(all_sent)
        assert (await running.upload()).status_code == 202


async def test_a_retry_repeated_under_its_key_begins_no_further_revision(running: Running) -> None:
    exam, key = await ended(running, SUBMISSION, completed=True), {"Idempotency-Key": "again-1"}
    url = f"/api/v1/exams/{exam['exam_id']}/retry"
    begun = await running.client.post(url, headers=key)
    assert (begun.status_code, begun.json()["revision"]) == (202, 2), begun.text
    repeated = await running.client.post(url, headers=key)
    assert (repeated.status_code, repeated.headers["idempotent-replayed"]) == (202, "true")
    await running.say(begun.json(), Status.ANALYZING, stage="analyzer", code=ErrorCode.INTERNAL)
    late = await running.client.post(url, headers=key)
    assert (late.status_code, late.json()["revision"]) == (202, 2), "not 3: it is the request of before"
    other = await running.client.post(url, json={"from": "ocr"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
