"""An exam that was deleted on purpose is not lost: to the audit, and to who rebuilds the books."""

import asyncio
import json
from typing import Any

import pytest
from audited_world import Audit, World

from contracts.topics import UPLOADED
from services.gateway.database import open_database
from services.gateway.limits.meter import Meter
from services.gateway.retention.eraser import Eraser
from services.gateway.retention.settings import RetentionSettings
from services.gateway.settings import PostgresSettings
from services.gateway.tools import rebuild


async def test_the_audit_counts_a_deleted_exam_as_deleted_and_rebuild_leaves_it_so(
    world: World, audited: Audit, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    gone, kept = await world.exam(), await world.exam()
    await world.sql.execute(
        """INSERT INTO idempotency (tenant, key, owner, lease_until, exam_id)
           VALUES ('dev', 'k', gen_random_uuid(), now(), $1)""",
        gone.exam_id,
    )
    await world.commit("ocr", UPLOADED["interactive"], 2)
    async with open_database(PostgresSettings(dsn=database, pool=2)) as pool:
        eraser = Eraser(pool, world.blobs, Meter(pool, world.blobs, 60), RetentionSettings())
        done = await eraser.delete("dev", gone.exam_id, "request", None)
    assert done.erased_at is not None
    found = await audited("--journal", world.journal(gone.journal(), kept.journal()))
    assert (found["code"], found["ok"]) == (0, True), found["invariants"]
    assert found["equation"] == {
        "accepted": 2, "completed": 1, "failed": 0, "cancelled": 0, "expired": 0, "in_flight": 0, "deleted": 1,
    }  # fmt: skip

    code, said = await rebuilt(capsys, "--write")
    assert (code, said["exams"], said["missing"]) == (0, 1, 0), said
    assert await world.sql.fetchval("SELECT count(*) FROM exams") == 1

    await world.sql.execute("DELETE FROM exam_tombstones")
    lost = await audited("--journal", world.journal(gone.journal(), kept.journal()))
    assert {name for name, item in lost["by_id"].items() if item["violations"]} >= {"I1", "I3"}


async def test_a_database_restored_from_before_the_deletion_loses_the_exam_again(
    world: World, audited: Audit, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    gone, kept = await world.exam(), await world.exam()
    saved = {table: await world.sql.fetch(f"SELECT * FROM {table}") for table in ("exams", "exam_events")}
    async with open_database(PostgresSettings(dsn=database, pool=2)) as pool:
        eraser = Eraser(pool, world.blobs, Meter(pool, world.blobs, 60), RetentionSettings())
        first = await eraser.delete("dev", gone.exam_id, "request", "key-1")
    for table, rows in saved.items():
        lost = [tuple(row) for row in rows if row["exam_id"] == gone.exam_id]
        await world.sql.copy_records_to_table(table, records=lost)
    await world.sql.execute("DELETE FROM exam_tombstones")
    assert (await audited())["code"] == 1, "a row without its upload is seen"

    code, said = await rebuilt(capsys, "--check")
    assert (code, [item["why"] for item in said["left"]]) == (1, ["was deleted"])
    assert (await rebuilt(capsys, "--write"))[0] == 0
    rows = await world.sql.fetch("SELECT exam_id FROM exams")
    assert [row["exam_id"] for row in rows] == [kept.exam_id]
    tombstone = await world.sql.fetchrow("SELECT requested_by, erased_at FROM exam_tombstones")
    assert (tombstone["requested_by"], tombstone["erased_at"] is not None) == (first.requested_by, True)
    assert (await audited())["code"] == 0

    await world.sql.execute("DELETE FROM exam_tombstones")  # the whole database is lost
    await world.sql.execute("DELETE FROM exams")
    assert (await rebuilt(capsys, "--write"))[0] == 0
    assert await world.sql.fetchval("SELECT count(*) FROM exams") == 1
    assert (await audited())["code"] == 0


async def rebuilt(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = await asyncio.to_thread(rebuild.main, ["--json", *arguments])
    return code, json.loads(capsys.readouterr().out)
