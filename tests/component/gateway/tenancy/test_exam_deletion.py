"""DELETE /exams/{id} and retention: nothing readable is left, and a deletion that was begun is finished."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.artefacts import Report
from contracts.errors import ErrorCode
from contracts.status import Status
from contracts.topics import artefact_path
from runtime.blobs import BlobMissing, Unavailable
from services.gateway.database import open_database
from services.gateway.limits.meter import Meter
from services.gateway.retention.eraser import Eraser
from services.gateway.retention.settings import RetentionSettings
from services.gateway.retention.tombstones import bury
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running, gateway


@pytest.fixture
async def running(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """A gateway whose meter and eraser stand still: the tests' own count and erase."""
    monkeypatch.setenv("REDINK_LIMIT_METER_SECONDS", "3600")
    monkeypatch.setenv("REDINK_RETENTION_SWEEP_SECONDS", "3600")
    async with gateway(database, tmp_path) as one:
        yield one


async def ended(running: Running, **form: str) -> dict[str, Any]:
    exam = await running.exam(**form)
    await running.report(exam)
    return exam


async def delete(running: Running, exam: dict[str, Any]) -> Any:
    return await running.client.delete(f"/api/v1/exams/{exam['exam_id']}")


async def test_a_deleted_exam_leaves_no_blob_no_row_and_no_word_of_its_form(running: Running) -> None:
    key = {"Idempotency-Key": "k-1"}
    exam = (await running.upload(headers=key, title="marker-of-the-form", callback_url="https://example.com/x")).json()
    other = await ended(running)
    assert (await delete(running, exam)).json()["code"] == "exam_in_flight"
    await running.report(exam)
    await running.blobs.put(f"dev/{exam['exam_id']}/2/ocr.json", b"{}")
    answer = await delete(running, exam)
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (200, "erased", "request")
    assert answer.json()["blobs"] >= 7
    assert answer.json()["bytes"] > 5000
    for path in ("", "/status", "/result", "/report.pdf", "/events", "/pages/1.jpg"):
        assert (await running.get(f"/exams/{exam['exam_id']}{path}")).status_code == 404, path
    assert await running.blobs.listing(f"dev/{exam['exam_id']}") == {}
    assert await running.blobs.listing(f"dev/{other['exam_id']}") != {}
    tables = await running.sql(
        """SELECT a.attrelid::regclass::text AS name FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
           WHERE attname = 'exam_id' AND relkind = 'r' AND relnamespace = 'public'::regnamespace"""
    )
    left = {
        row["name"]
        for row in tables
        if await running.sql(f"SELECT 1 FROM {row['name']} WHERE exam_id = $1", uuid.UUID(exam["exam_id"]))
    }
    assert left == {"exam_tombstones", "idempotency"}
    assert "marker-of-the-form" not in str([dict(row) for row in await running.sql("SELECT * FROM idempotency")])
    again = await running.upload(headers=key, title="marker-of-the-form", callback_url="https://example.com/x")
    assert (again.status_code, again.json()["code"]) == (410, "exam_deleted"), (
        "the key stays taken: a repeated upload is not accepted a second time"
    )
    assert (await delete(running, exam)).json() == answer.json()


async def test_of_many_deletions_at_once_one_is_done_and_all_say_so(running: Running) -> None:
    exam = await ended(running)
    answers = await asyncio.gather(*(delete(running, exam) for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.json()["deleted_at"] for answer in answers}) == 1
    assert (await delete(running, exam)).json()["state"] == "erased"


async def test_a_deletion_is_finished_by_the_sweep_when_the_store_was_away(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    exam = await ended(running)

    erase = running.blobs.delete

    async def away(paths: Any) -> None:
        await erase(list(paths)[:2])
        raise Unavailable("away")

    with monkeypatch.context() as sick:
        sick.setattr(running.blobs, "delete", away)
        answer = await delete(running, exam)
    assert (answer.status_code, answer.json()["state"], answer.json()["erased_at"]) == (202, "erasing", None)
    assert (await running.get(f"/exams/{exam['exam_id']}/result")).status_code == 404
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        eraser = eraser_of(pool, running)
        await pool.execute("UPDATE exam_tombstones SET look_again_at = now()")
        await eraser.sweep()
    assert await running.blobs.listing(f"dev/{exam['exam_id']}") == {}
    receipt = (await delete(running, exam)).json()
    assert (receipt["state"], receipt["blobs"]) == ("erased", 7), "what there was, not what the last eraser found"


async def test_a_deletion_whose_gateway_died_before_the_first_blob_went_is_finished_by_another(
    running: Running,
) -> None:
    exam = await ended(running)
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        buried = await bury(pool, "dev", uuid.UUID(exam["exam_id"]), "request", None)
        assert buried is not None
        assert await running.blobs.listing(f"dev/{exam['exam_id']}") != {}
        assert (await running.get(f"/exams/{exam['exam_id']}/report.pdf")).status_code == 404
        await eraser_of(pool, running).sweep()
        assert await running.blobs.listing(f"dev/{exam['exam_id']}") != {}, (
            "the first eraser may be alive: it has a lease"
        )
        await pool.execute("UPDATE exam_tombstones SET look_again_at = now()")
        await eraser_of(pool, running).sweep()
    assert await running.blobs.listing(f"dev/{exam['exam_id']}") == {}


async def test_what_a_stage_stores_after_the_deletion_is_erased_too_and_its_word_is_not_kept(running: Running) -> None:
    exam = await running.exam()
    assert (await running.client.post(f"/api/v1/exams/{exam['exam_id']}/cancel")).status_code == 200
    assert (await delete(running, exam)).status_code == 200
    path = artefact_path("dev", exam["exam_id"], 1, "ocr")
    await running.blobs.put(path, b"late")
    await running.say(exam, Status.OCR_COMPLETED)
    assert len(await running.sql("SELECT 1 FROM parked")) == 1
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        await pool.execute("UPDATE exam_tombstones SET look_again_at = now()")
        await eraser_of(pool, running).sweep()
        assert await pool.fetchval("SELECT look_again_at > now() FROM exam_tombstones"), "a stage may still be at work"
        await pool.execute("UPDATE exam_tombstones SET look_again_at = now(), deleted_at = now() - interval '1 day'")
        await eraser_of(pool, running).sweep()
        assert await pool.fetchval("SELECT look_again_at IS NULL FROM exam_tombstones")
    with pytest.raises(BlobMissing):
        await running.blobs.read(path)
    assert await running.sql("SELECT 1 FROM parked") == []


async def test_exams_go_when_their_tenant_has_kept_them_long_enough_and_not_before(running: Running) -> None:
    old, young = await ended(running), await ended(running)
    going = await running.exam()
    await running.sql(
        "UPDATE exams SET completed_at = now() - interval '31 days' WHERE exam_id = $1", uuid.UUID(old["exam_id"])
    )
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        await eraser_of(pool, running).sweep()
        assert await ids(running) == {old["exam_id"], young["exam_id"], going["exam_id"]}, "kept for ever by default"
        await pool.execute("UPDATE tenants SET retention_days = 60 WHERE name = 'dev'")
        await eraser_of(pool, running, days=30).sweep()
        assert len(await ids(running)) == 3, "a tenant's own number comes first"
        await pool.execute("UPDATE tenants SET retention_days = NULL")
        await eraser_of(pool, running, days=30).sweep()
    assert await ids(running) == {young["exam_id"], going["exam_id"]}
    assert (await delete(running, old)).json()["reason"] == "retention"


async def test_another_tenants_exam_is_not_deleted(running: Running) -> None:
    from services.gateway import auth  # noqa: PLC0415

    exam = await running.exam()
    await running.say(exam, Status.FAILED, stage="ocr", code=ErrorCode.NO_QUESTION_FOUND)
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        other = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
    answer = await running.client.delete(f"/api/v1/exams/{exam['exam_id']}", headers=other)
    assert (answer.status_code, answer.json()["code"]) == (404, "exam_not_found")
    assert (await running.status(exam["exam_id"]))["status"] == "FAILED"


async def test_usage_is_what_each_revisions_own_stages_did_once_and_outlives_the_exam(running: Running) -> None:
    exam = await running.exam()
    await report_with_cost(running, exam)
    async with open_database(PostgresSettings(dsn=running.dsn, pool=2)) as pool:
        meter = Meter(pool, running.blobs, 60)
        await meter.turn()
        await meter.turn()
        for revision, began in ((2, "PARSED"), (3, "DIAGNOSED"), (4, "ANALYZED")):
            await pool.execute("UPDATE exams SET revision = $1, last_event = last_event + 1", revision)
            await pool.execute(
                """INSERT INTO exam_events (exam_id, number, revision, status, progress, attempt)
                   SELECT exam_id, last_event, revision, $1, 0, 1 FROM exams""",
                began,
            )
            await meter.turn()
    assert (await delete(running, exam)).status_code == 200
    usage = (await running.get("/usage")).json()
    assert usage["used"] == usage["history"][0]
    assert {name: usage["used"][name] for name in ("exams", "pages", "tokens", "cost")} == {
        "exams": 1, "pages": 2, "tokens": {"in": 200, "cached": 40, "out": 60}, "cost": 0.5,
    }  # fmt: skip


async def report_with_cost(running: Running, exam: dict[str, Any]) -> None:
    base = f"dev/{exam['exam_id']}/1"
    cost = {"cpu_seconds": 1.0, "llm_tokens": {"in": 100, "cached": 20, "out": 30}, "amount": 0.25}
    result = {
        "schema": "redink.result.v1", "exam_id": exam["exam_id"], "subject": "math", "grade": 7,
        "score": {"earned": 0, "max": 0, "graded": 0, "needs_review": 0},
        "diagnosis": {"engine": "local"}, "report": {"html": "/h", "pdf": "/p"}, "cost": cost,
    }  # fmt: skip
    page = await running.blobs.put(f"{base}/page-1.jpg", b"jpeg")
    artefact = Report(
        result=await running.blobs.put(f"{base}/result.json", json.dumps(result).encode()),
        html=await running.blobs.put(f"{base}/report.html", b"<p>"),
        pdf=await running.blobs.put(f"{base}/report.pdf", b"%PDF"),
        pages=(page, page),
    )
    await running.blobs.put(artefact_path("dev", exam["exam_id"], 1, "report"), artefact.model_dump_json().encode())
    await running.report(exam)


async def ids(running: Running) -> set[str]:
    return {item["exam_id"] for item in (await running.get("/exams")).json()["items"]}


def eraser_of(pool: Any, running: Running, days: int | None = None) -> Eraser:
    return Eraser(pool, running.blobs, Meter(pool, running.blobs, 60), RetentionSettings(days=days))
