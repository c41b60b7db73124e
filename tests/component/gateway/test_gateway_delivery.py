"""Outbox, projection, sweeper and schema on a real database: what loses no exam and doubles none."""

import asyncio
import json
import random
import uuid
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from contracts.artefacts import Reading
from contracts.events import ExamControl
from contracts.status import Status
from contracts.topics import CONTROL, STAGE, STATUS, UPLOADED, artefact_path
from runtime.blobs import Blobs
from runtime.blobs_local import LocalBlobs
from runtime.envelope import Record
from services.gateway import database as database_module
from services.gateway.database import SchemaMismatch, migrate, open_database
from services.gateway.notices import Notices
from services.gateway.postgres import PostgresLedger, PostgresTransaction
from services.gateway.projection import Projection
from services.gateway.relay import Relay
from services.gateway.settings import GatewaySettings, PostgresSettings
from services.gateway.sweeper import Sweeper
from services.gateway.tools.keys import main
from tests.component.gateway.harness import Bus, Running, gateway, settings, status_event, until

NOBODY = {"tenant": "dev", "created_at": "2026-01-01T00:00:00Z", "deadline": "2099-01-01T00:00:00Z"}


def control(number: int) -> ExamControl:
    exam_id = uuid.UUID(int=number)
    return ExamControl(
        exam_id=exam_id,
        tenant="dev",
        uploaded_at=NOBODY["created_at"],
        deadline=NOBODY["deadline"],  # type: ignore[arg-type]
    )


def sweeper_of(pool: asyncpg.Pool, blobs: Blobs, made: GatewaySettings) -> Sweeper:
    ledger = PostgresLedger(pool)
    return Sweeper(ledger, blobs, Projection(ledger), made)


async def test_two_relays_publish_all_and_lose_none_when_a_transaction_commits_late(database: str) -> None:
    bus = Bus()
    async with open_database(PostgresSettings(dsn=SecretStr(database))) as pool:
        relays = [Relay(PostgresLedger(pool), bus, Notices(), settings(relay_batch=7)) for _ in range(2)]
        running = [asyncio.create_task(relay.run()) for relay in relays]
        late = await asyncpg.connect(database)
        await late.set_type_codec("jsonb", encoder=json.dumps, decoder=str, schema="pg_catalog")
        transaction = late.transaction()
        await transaction.start()
        await PostgresTransaction(late).enqueue(
            CONTROL, control(0), None
        )  # the smallest id of all, invisible until the end
        for number in range(1, 60):
            async with PostgresLedger(pool).transaction("cancel") as books:
                await books.enqueue(CONTROL, control(number), None)
        await until(lambda: len(bus.published) >= 59)
        await transaction.commit()
        await late.close()
        await until(lambda: pool.fetchval("SELECT count(*) = 0 FROM outbox"))
        for task in running:
            task.cancel()
        await asyncio.wait(running)
    assert sorted(event.exam_id.int for _, event, *_ in bus.published) == list(range(60))


async def test_what_the_broker_refuses_stays_in_the_outbox_and_holds_nothing_else_up(database: str) -> None:
    bus = Bus(refuse=lambda topic: topic == CONTROL)
    async with open_database(PostgresSettings(dsn=SecretStr(database))) as pool:
        relay = Relay(PostgresLedger(pool), bus, Notices(), settings(relay_batch=1))
        running = asyncio.create_task(relay.run())
        async with PostgresLedger(pool).transaction("cancel") as books:
            await books.enqueue(CONTROL, control(1), None)
        await until(lambda: pool.fetchval("SELECT attempts > 0 FROM outbox"))
        bus.refuse = lambda _topic: False
        await until(lambda: pool.fetchval("SELECT count(*) = 0 FROM outbox"))
        running.cancel()
        await asyncio.wait([running])
    assert len(bus.published) == 1


async def test_an_upload_accepted_while_the_broker_is_away_is_published_when_it_is_back(
    database: str, tmp_path: Path
) -> None:
    bus = Bus(refuse=lambda _topic: True)
    async with gateway(database, tmp_path, bus=bus) as running:
        exam = await running.exam()
        await asyncio.sleep(0.3)
        bus.refuse = lambda _topic: False
        await until(lambda: bus.topics_of(exam["exam_id"]) == [UPLOADED["interactive"]])


async def test_any_order_and_repetition_of_events_ends_in_the_same_rows(running: Running) -> None:
    statuses = [status for status in Status if not status.terminal and status is not Status.UPLOADED]
    ends = []
    for seed in range(6):
        exam = await running.exam()
        events = [status_event(exam, status, queue_seconds=0.5, work_seconds=2.0) for status in statuses]
        events += random.Random(seed).sample(events, 4)
        random.Random(seed).shuffle(events)
        await asyncio.gather(*(running.deliver(STATUS, event) for event in events[::2]))
        await running.report(exam) if seed % 2 else None
        for event in events[1::2]:
            await running.deliver(STATUS, event)
        await running.report(exam)
        await running.report(exam)
        rows = await running.sql(
            "SELECT number, status, progress FROM exam_events WHERE exam_id = $1 ORDER BY number", exam["exam_id"]
        )
        assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
        assert [row["status"] for row in rows][-2:] == ["REPORT_GENERATED", "COMPLETED"]
        assert [row["progress"] for row in rows] == sorted(row["progress"] for row in rows)
        status = await running.status(exam["exam_id"])
        stages = {(s["stage"], s["attempts"], s["queue_seconds"], s["work_seconds"]) for s in status["stages"]}
        ends.append((status["status"], status["progress"], frozenset(stages)))
    assert len(set(ends)) == 1


async def test_an_event_before_its_exam_is_parked_and_applied_once_the_exam_is_there(
    database: str, tmp_path: Path
) -> None:
    async with gateway(database, tmp_path, sweep_seconds=0.1) as running:
        exam = await running.exam()
        early = status_event(exam, Status.OCR_COMPLETED)
        await running.sql("ALTER TABLE exam_events DROP CONSTRAINT exam_events_exam_id_fkey")
        [row] = await running.sql("DELETE FROM exams WHERE exam_id = $1 RETURNING *", exam["exam_id"])
        await running.deliver(STATUS, early)
        assert (await running.sql("SELECT reason FROM parked"))[0]["reason"] == "no such exam"
        columns = ", ".join(row.keys())
        marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await running.sql(f"INSERT INTO exams ({columns}) VALUES ({marks})", *row.values())
        await until(lambda: is_at(running, exam["exam_id"], "OCR_COMPLETED"))
        assert await running.sql("SELECT 1 FROM parked") == []


async def is_at(running: Running, exam_id: str, status: str) -> bool:
    return bool((await running.status(exam_id))["status"] == status)


async def test_an_undecodable_event_is_parked_and_does_not_stop_the_projection(running: Running) -> None:
    exam = await running.exam()
    assert running.bus.handler is not None
    await running.bus.handler(Record(STATUS, 0, 0, None, b'{"exam_id": 7}'))
    await running.bus.handler(Record(STATUS, 0, 1, None, None))
    await running.say(exam, Status.OCR_PROCESSING)
    assert await is_at(running, exam["exam_id"], "OCR_PROCESSING")
    assert [row["reason"] for row in await running.sql("SELECT reason FROM parked")] == ["invalid", "invalid"]


async def test_an_exam_past_its_deadline_ends_visibly_as_expired(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, sweep_seconds=0.1, interactive_deadline_seconds=0.3) as running:
        exam = await running.exam()
        batch = await running.exam(priority="batch")
        await until(lambda: is_at(running, exam["exam_id"], "EXPIRED"))
        status = await running.status(exam["exam_id"])
        assert (status["error_code"], status["progress"], status["current_step"]) == ("deadline_exceeded", 0, "已超时")
        await until(lambda: CONTROL in running.bus.topics_of(exam["exam_id"]))  # so that the stages stop, too
        assert await is_at(running, batch["exam_id"], "UPLOADED")


async def test_a_silent_exam_is_published_again_from_its_last_artefact_with_the_same_id(
    running: Running, database: str
) -> None:
    exam = await running.exam()

    async def sent(count: int) -> bool:
        """And gone from the outbox, which is after the broker has it."""
        return len(running.bus.published) == count and not await running.sql("SELECT 1 FROM outbox")

    await until(lambda: sent(1))
    first = running.bus.published[0]
    async with open_database(PostgresSettings(dsn=SecretStr(database))) as pool:
        made = settings(silence_seconds=60)
        sweeper = sweeper_of(pool, running.blobs, made)
        assert await sweeper.republish() == 0
        await pool.execute("UPDATE exams SET heard_at = now() - interval '61 seconds'")
        assert await sweeper.republish() == 1
        assert await sweeper.republish() == 0
        await until(lambda: sent(2))
        assert running.bus.published[1][:3] == first[:3]
        path = artefact_path("dev", exam["exam_id"], 1, "ocr")
        ref = await running.blobs.put(path, Reading(pages=(), engine="").model_dump_json().encode())
        await pool.execute("UPDATE exams SET heard_at = now() - interval '61 seconds'")
        assert await sweeper.republish() == 0  # the pause has doubled
        await pool.execute("UPDATE exams SET heard_at = now() - interval '121 seconds'")
        assert await sweeper.republish() == 1
        await until(lambda: len(running.bus.published) == 3)
    topic, event, *_ = running.bus.published[2]
    assert topic == STAGE["ocr"].sink
    assert event.artefact == ref  # type: ignore[attr-defined]


async def test_half_an_artefact_is_never_published_again(running: Running, database: str) -> None:
    await running.exam()

    async def all_sent() -> bool:
        return not await running.sql("SELECT 1 FROM outbox")

    await until(all_sent)

    async def torn(path: str) -> bytes:
        return (await whole(path))[:-1]

    whole, running.blobs.read = running.blobs.read, torn  # type: ignore[method-assign]
    async with open_database(PostgresSettings(dsn=SecretStr(database))) as pool:
        sweeper = sweeper_of(pool, running.blobs, settings(silence_seconds=60))
        await pool.execute("UPDATE exams SET heard_at = now() - interval '61 seconds'")
        assert await sweeper.republish() == 0
        running.blobs.read = whole  # type: ignore[method-assign]
        assert await sweeper.republish() == 1


async def test_two_sweepers_expire_and_republish_each_exam_once(
    running: Running, database: str, tmp_path: Path
) -> None:
    exams = [await running.exam() for _ in range(6)]

    async def all_sent() -> bool:
        """What is in the outbox still is not silent."""
        return not await running.sql("SELECT 1 FROM outbox")

    await until(all_sent)
    made = settings(silence_seconds=1)
    async with open_database(PostgresSettings(dsn=SecretStr(database))) as pool:
        blobs = LocalBlobs(tmp_path)
        sweepers = [sweeper_of(pool, blobs, made) for _ in range(2)]
        await pool.execute("UPDATE exams SET heard_at = now() - interval '5 seconds'")
        assert sum(await asyncio.gather(*(sweeper.republish() for sweeper in sweepers))) == 6
        await pool.execute("UPDATE exams SET deadline = now() - interval '5 seconds'")
        assert sum(await asyncio.gather(*(sweeper.expire() for sweeper in sweepers))) == 6
        rows = await pool.fetch("SELECT count(*) AS n FROM exam_events WHERE status = 'EXPIRED' GROUP BY exam_id")
    assert [row["n"] for row in rows] == [1] * len(exams)


async def test_processes_that_start_at_once_migrate_once_and_an_edited_migration_is_refused(database: str) -> None:
    async def one() -> None:
        connection = await asyncpg.connect(database)
        try:
            await migrate(connection)
        finally:
            await connection.close()

    await asyncio.gather(*(one() for _ in range(5)))
    connection = await asyncpg.connect(database)
    await connection.execute("UPDATE schema_migrations SET sha256 = 'other'")
    with pytest.raises(SchemaMismatch):
        await migrate(connection)
    await connection.close()


async def test_a_process_waits_for_anothers_migration_as_long_as_one_may_take(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "MIGRATION_SECONDS", 0.3)
    first, second = await asyncpg.connect(database), await asyncpg.connect(database)
    try:
        await first.execute("SELECT pg_advisory_lock($1)", database_module._LOCK)
        async with asyncio.timeout(10) as patience:
            with pytest.raises(TimeoutError):
                await migrate(second)
        assert not patience.expired()
    finally:
        await first.close()
        await second.close()


async def test_the_tool_makes_lists_and_revokes_keys_and_stores_no_secret(
    running: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDINK_POSTGRES_DSN", running.dsn)

    async def tool(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(main, list(words))
        return code, capsys.readouterr().out.strip()

    code, key = await tool("create", "--tenant", "school-1", "--label", "app")
    assert code == 0
    headers = {"Authorization": f"Bearer {key}"}
    assert (await running.get("/exams", headers=headers)).status_code == 200
    key_id, secret = key.split("_", 2)[1:]
    dump = str([dict(row) for row in await running.sql("SELECT * FROM api_keys")])
    assert secret not in dump
    assert key_id in (await tool("list"))[1]
    assert secret not in (await tool("list"))[1]
    assert (await tool("revoke", key_id))[0] == 0
    assert (await running.get("/exams", headers=headers)).status_code == 401
    assert (await tool("revoke", key_id))[0] == 1
    assert (await tool("create", "--tenant", "Not A Name"))[0] == 2


async def test_a_silent_exam_whose_upload_is_gone_fails_with_advice(
    running: Running, database: str, tmp_path: Path
) -> None:
    exam, other = await running.exam(), await running.exam()
    await until(lambda: len(running.bus.published) == 2)
    (tmp_path / artefact_path("dev", exam["exam_id"], 1, "upload")).unlink()
    async with open_database(PostgresSettings(dsn=SecretStr(database))) as pool:
        made = settings(silence_seconds=1)
        sweeper = sweeper_of(pool, running.blobs, made)

        async def all_sent() -> bool:
            return not await running.sql("SELECT 1 FROM outbox")

        for found in ("UPLOADED", "FAILED"):  # once may be a store that is behind
            await until(all_sent)
            await pool.execute("UPDATE exams SET heard_at = now() - interval '5 seconds'")
            assert await sweeper.republish() == 1
            assert await is_at(running, exam["exam_id"], found)
    status = await running.status(exam["exam_id"])
    assert (status["status"], status["error_code"]) == ("FAILED", "artefact_missing")
    assert (await running.status(other["exam_id"]))["status"] == "UPLOADED"


async def test_the_gateway_outlives_the_loss_of_every_database_connection(running: Running) -> None:
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for _ in range(3):
        await running.sql(kill)
        exam_id = ""

        async def uploaded() -> bool:
            nonlocal exam_id
            response = await running.upload()
            assert response.status_code in {202, 503}, response.text
            exam_id = response.json().get("exam_id", "")
            return response.status_code == 202

        await until(uploaded)
        # At least once: it may be published, and the connection lost that was to say so.
        await until(lambda: set(running.bus.topics_of(exam_id)) == {UPLOADED["interactive"]})  # noqa: B023 - read at once


async def test_what_is_asked_for_often_is_answered_from_an_index(running: Running) -> None:
    await running.exam()
    await running.sql(
        """INSERT INTO exams (exam_id, tenant, priority, subject, grade, locale, files, status, created_at, deadline,
                              updated_at, status_at, heard_at, completed_at)
           SELECT gen_random_uuid(), 'dev', 'interactive', 'math', 7, 'zh-CN', 1, 'COMPLETED', t, t, t, t, t, t
           FROM generate_series(now() - interval '20000 seconds', now(), '1 second') AS t"""
    )
    await running.sql("ANALYZE exams")
    waiting = "SELECT count(*) FROM exams WHERE status = 'UPLOADED' AND created_at < now()"
    silent = """SELECT * FROM exams WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')
                AND heard_at < now() ORDER BY heard_at LIMIT 100"""
    page = "SELECT * FROM exams WHERE tenant = 'dev' ORDER BY created_at DESC, exam_id DESC LIMIT 21"
    for statement in (waiting, silent, page):
        plan = "\n".join(row[0] for row in await running.sql(f"EXPLAIN {statement}"))
        assert "Index" in plan, plan
        assert "Seq Scan" not in plan, plan
