"""Replaying chosen exams as new revisions."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from audited_world import World

from contracts.errors import ErrorCode
from contracts.status import Status
from services.gateway.tools import replay

Run = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; (exit code, its JSON)."""

    async def run(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = await asyncio.to_thread(replay.main, ["--json", *arguments])
        return code, json.loads(capsys.readouterr().out or "null")

    return run


async def _revisions(world: World) -> dict[str, int]:
    return {
        str(row["exam_id"]): row["revision"] for row in await world.sql.fetch("SELECT exam_id, revision FROM exams")
    }


async def test_only_the_chosen_exams_run_again_and_only_with_yes(world: World, run: Run) -> None:
    broken = await world.exam(Status.FAILED, code=ErrorCode.INTERNAL)
    unreadable = await world.exam(Status.FAILED, code=ErrorCode.UNREADABLE_FILE)
    done, going = await world.exam(), await world.exam(Status.UPLOADED)
    chosen = ("--status", "FAILED", "--code", "internal", "--since", "1h")
    code, said = await run(*chosen)
    assert (code, said["done"], [exam["exam_id"] for exam in said["exams"]]) == (0, False, [str(broken.exam_id)])
    assert set((await _revisions(world)).values()) == {1}
    assert (await run(*chosen, "--rate", "20", "--yes"))[0] == 0
    assert await _revisions(world) == {
        str(broken.exam_id): 2,
        str(unreadable.exam_id): 1,
        str(done.exam_id): 1,
        str(going.exam_id): 1,
    }
    code, said = await run(*chosen, "--yes")
    assert (code, said["exams"]) == (1, [])


async def test_named_exams_are_told_apart_by_what_became_of_each(world: World, run: Run) -> None:
    done, going = await world.exam(), await world.exam(Status.UPLOADED)
    unknown = "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d"
    code, said = await run(str(done.exam_id), str(going.exam_id), unknown, "--from", "report", "--yes")
    assert code == 1
    assert {exam["exam_id"]: exam["begun"] for exam in said["exams"]} == {
        str(done.exam_id): True,
        str(going.exam_id): False,
        unknown: False,
    }
    row = await world.sql.fetchrow("SELECT revision, status, report FROM exams WHERE exam_id = $1", done.exam_id)
    assert tuple(row)[:2] == (2, "DIAGNOSED")
    assert row["report"], "a report that was there stays until the next one"


async def test_without_a_choice_nothing_is_chosen() -> None:
    with pytest.raises(SystemExit) as refused:
        replay.main(["--yes"])
    assert refused.value.code == 2
