"""Dead letters: grouped, shown without any exam's content, redriven once."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from audited_world import Made, World

from contracts.errors import ErrorCode
from contracts.events import ExamUploaded, derived_id
from contracts.status import Status
from contracts.topics import STAGE, UPLOADED, artefact_path
from runtime.topics import read_topic
from services.gateway.tools import dlq

Run = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; (exit code, its JSON)."""

    async def run(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = await asyncio.to_thread(dlq.main, arguments)
        return code, json.loads(capsys.readouterr().out or "null")

    return run


async def _failed(world: World, **headers: str) -> Made:
    """An exam that ocr read and parser gave up on."""
    made = await world.exam(Status.FAILED, code=ErrorCode.INTERNAL)
    path = artefact_path(made.tenant, made.exam_id, 1, "ocr")
    made.refs["ocr"] = await world.blobs.put(path, b'{"pages": []}')
    await world.dead(made, "parser", **headers)
    return made


async def _revision(world: World, made: Made) -> int:
    return int(await world.sql.fetchval("SELECT revision FROM exams WHERE exam_id = $1", made.exam_id))


async def test_letters_are_grouped_by_what_they_died_of(world: World, run: Run) -> None:
    for _ in range(3):
        await _failed(world)
    await _failed(world, **{"x-dead-reason": "crash_looping", "x-dead-error": "CrashLooping: begun 3 times"})
    code, groups = await run("list", "--json")
    assert (code, [group["count"] for group in groups]) == (0, [3, 1])
    assert [group["reason"] for group in groups] == ["transient_exhausted", "crash_looping"]
    assert groups[1]["error"] == "CrashLooping"
    assert groups[0]["first"] <= groups[0]["last"]
    code, letter = await run("show", groups[0]["examples"][0])
    assert (code, letter["headers"]["x-dead-stage"], letter["fingerprint"]) == (0, "parser", groups[0]["fingerprint"])
    assert set(letter["event"]) >= {"exam_id", "tenant", "revision", "artefact"}
    assert (await run("show", "parser/0/999"))[0] == 1


async def test_a_redrive_is_a_dry_run_until_yes_is_said(world: World, run: Run) -> None:
    made = await _failed(world)
    code, said = await run("redrive", "--json")
    assert (code, said["done"], [letter["action"] for letter in said["letters"]]) == (0, False, ["replay"])
    assert await _revision(world, made) == 1
    assert len((await run("list", "--json"))[1]) == 1


async def test_redriving_twice_is_redriving_once(world: World, run: Run) -> None:
    made, other = await _failed(world), await _failed(world, **{"x-dead-reason": "crash_looping"})
    chosen = ("redrive", "--exam", str(made.exam_id), "--rate", "50/s", "--yes", "--json")
    code, said = await run(*chosen)
    assert (code, [letter["action"] for letter in said["letters"]]) == (0, ["replay"])
    row = await world.sql.fetchrow("SELECT revision, status FROM exams WHERE exam_id = $1", made.exam_id)
    assert tuple(row) == (2, "OCR_COMPLETED")
    outbox = await world.sql.fetch("SELECT topic, event FROM outbox WHERE exam_id = $1", made.exam_id)
    assert [row["topic"] for row in outbox] == [STAGE["parser"].sources[0]]
    assert json.loads(outbox[0]["event"])["revision"] == 2
    assert (await run(*chosen))[1]["letters"] == []
    # The process may die between the exam and the mark: the letter is seen again, and only marked.
    await world.dead(made, "parser")
    assert [letter["action"] for letter in (await run(*chosen))[1]["letters"]] == ["mark"]
    assert await _revision(world, made) == 2
    remaining = (await run("list", "--json"))[1]
    assert [group["count"] for group in remaining] == [1]
    assert sum(group["count"] for group in (await run("list", "--all", "--json"))[1]) == 3
    assert (await run("redrive", "--fingerprint", remaining[0]["fingerprint"], "--yes", "--json"))[0] == 0
    assert await _revision(world, other) == 2


async def test_a_letter_that_can_be_decoded_now_goes_back_under_its_own_id(world: World, run: Run) -> None:
    made = await world.exam(Status.UPLOADED)
    good = ExamUploaded(**made.said, artefact=made.refs["upload"]).model_dump_json().encode()
    await world.dead(made, "ocr", value=good, **{"x-dead-reason": "invalid"})
    await world.dead(made, "ocr", value=b"\xff not json", **{"x-dead-reason": "invalid"})
    code, said = await run("redrive", "--yes", "--json")
    assert (code, [letter["action"] for letter in said["letters"]]) == (1, ["republish", "refuse"])
    records = [record async for record in read_topic(world.kafka_settings, UPLOADED["interactive"])]
    again = records[-1]
    assert again.value == good
    assert again.header("ce_id") == str(derived_id(made.exam_id, "ocr", 1))
    assert not [name for name, _ in again.headers if name.startswith("x-dead-")]
    assert [letter["action"] for letter in (await run("redrive", "--yes", "--json"))[1]["letters"]] == ["refuse"]


async def test_letters_of_exams_that_ended_well_or_not_yet_are_not_replayed(world: World, run: Run) -> None:
    done, going = await world.exam(), await world.exam(Status.UPLOADED)
    await world.dead(done, "parser")
    await world.dead(going, "ocr")
    code, said = await run("redrive", "--yes", "--json")
    assert code == 1
    assert {letter["exam_id"]: letter["action"] for letter in said["letters"]} == {
        str(done.exam_id): "mark",
        str(going.exam_id): "refuse",
    }
    assert (await _revision(world, done), await _revision(world, going)) == (1, 1)
