"""The books can be rebuilt from the topics and the blobs, and a live one is never set back."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from audited_world import Audit, Made, World

from contracts.errors import ErrorCode
from contracts.events import ExamControl, StatusKind
from contracts.status import Status
from contracts.topics import CONTROL, STAGE, SUBMISSION
from services.gateway.tools import rebuild

Run = Callable[..., Awaitable[tuple[int, Any]]]

ROW = "tenant, revision, status, error_code, priority, subject, grade, files, created_at, deadline, report"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; (exit code, its JSON)."""

    async def run(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = await asyncio.to_thread(rebuild.main, ["--json", *arguments])
        return code, json.loads(capsys.readouterr().out)

    return run


async def _rows(world: World) -> dict[str, tuple[Any, ...]]:
    rows = await world.sql.fetch(f"SELECT exam_id, {ROW} FROM exams")
    return {str(row["exam_id"]): tuple(row)[1:] for row in rows}


async def _one_of_each(world: World) -> dict[str, Made]:
    """Exams in every state that topics can tell of."""
    failed = await world.exam(Status.FAILED, code=ErrorCode.NO_TEXT_FOUND)
    await world.status(failed, "ocr", StatusKind.FAILED, Status.FAILED, code=ErrorCode.NO_TEXT_FOUND)
    cancelled = await world.exam(Status.CANCELLED)
    await world.say(CONTROL, ExamControl(**cancelled.said), "cancel")
    set_aside = await world.exam(Status.FAILED, code=ErrorCode.INTERNAL)
    await world.dead(set_aside, "ocr")
    reading = await world.exam(Status.OCR_PROCESSING)
    await world.status(reading, "ocr", StatusKind.STARTED, Status.OCR_PROCESSING)
    return {
        "done": await world.exam(),
        "other": await world.exam(tenant="other"),
        "waiting": await world.exam(Status.UPLOADED),
        "failed": failed,
        "cancelled": cancelled,
        "set aside": set_aside,
        "reading": reading,
    }


async def test_an_empty_database_is_rebuilt_from_topics_and_blobs(world: World, run: Run, audited: Audit) -> None:
    made = await _one_of_each(world)
    before = await _rows(world)
    assert (await run())[1] | {"left": []} == {
        "written": False, "exams": 7, "missing": 0, "behind": 0, "equal": 7, "ahead": 0, "foreign": 0, "left": [],
    }  # fmt: skip
    await world.sql.execute("TRUNCATE exams, tenants CASCADE")
    code, said = await run("--check")
    assert (code, said["missing"], await _rows(world)) == (1, 7, {})
    code, said = await run("--write")
    assert (code, said["left"]) == (0, [])
    assert await _rows(world) == before
    assert (await run())[1]["equal"] == 7
    found = await audited()
    assert found["ok"], found
    ended = await world.sql.fetchval("SELECT completed_at FROM exams WHERE exam_id = $1", made["done"].exam_id)
    assert ended is not None


async def test_an_exam_whose_upload_is_gone_is_left_and_told(world: World, run: Run) -> None:
    made = await world.exam()
    await world.sql.execute("TRUNCATE exams CASCADE")
    (world.folder / "blobs" / made.refs[SUBMISSION].path).unlink()
    code, said = await run("--write")
    assert (code, [item["exam_id"] for item in said["left"]]) == (1, [str(made.exam_id)])
    assert await _rows(world) == {}


async def test_a_row_that_is_behind_is_advanced_and_one_ahead_is_left_alone(world: World, run: Run) -> None:
    behind, ahead = await world.exam(), await world.exam(Status.EXPIRED, code=ErrorCode.DEADLINE_EXCEEDED)
    await world.sql.execute("DELETE FROM exam_events WHERE exam_id = $1 AND number > 4", behind.exam_id)
    await world.sql.execute(
        "UPDATE exams SET status = 'PARSING', last_event = 4, report = NULL, completed_at = NULL WHERE exam_id = $1",
        behind.exam_id,
    )
    before = (await _rows(world))[str(ahead.exam_id)]
    code, said = await run("--check")
    assert (code, said["behind"], said["ahead"]) == (1, 1, 1)
    assert (await run("--write"))[0] == 0
    rows = await _rows(world)
    assert rows[str(behind.exam_id)][2] == "COMPLETED"
    assert json.loads(rows[str(behind.exam_id)][-1]) == behind.refs["report"].model_dump()
    assert rows[str(ahead.exam_id)] == before
    numbers = await world.sql.fetch("SELECT number FROM exam_events WHERE exam_id = $1 ORDER BY 1", behind.exam_id)
    assert [row["number"] for row in numbers] == list(range(1, len(numbers) + 1))


async def test_forged_events_of_another_tenant_make_no_row_and_move_none(world: World, run: Run) -> None:
    made = await world.exam(Status.UPLOADED)
    row = STAGE["ocr"]
    forged = row.event(**(made.said | {"tenant": "other"}), artefact=made.refs[SUBMISSION])
    await world.say(row.sink, forged, "ocr")
    code, said = await run("--write")
    assert (code, said["foreign"]) == (0, 1)
    assert (await _rows(world))[str(made.exam_id)][2] == "UPLOADED"
    await world.sql.execute("TRUNCATE exams, tenants CASCADE")
    code, said = await run("--write")
    assert code == 1
    assert {item["tenant"] for item in said["left"]} == {"other"}
    assert (await _rows(world))[str(made.exam_id)][0] == "dev"
