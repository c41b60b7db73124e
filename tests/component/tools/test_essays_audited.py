"""An exam that begins at the analyzer is audited and rebuilt like any other: its books are the gateway's own."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from audited_world import Audit, World

from contracts.events import BlobRef, ExamReported, ExamStatus, StageDone, StatusKind
from contracts.topics import REPORTED, STAGE, STAGES, STATUS, SUBMISSION, artefact_path
from services.gateway.essays.paper import AFTER, BEGINS_AT
from services.gateway.tools import rebuild
from tests.component.gateway.harness import Running, gateway, said, until

CONTENT = "Last weekend I go to the museum with my classmates."
ESSAY = {"subject": "english", "grade": 8, "title": "My Weekend", "content": CONTENT, "max_score": 15}
LATER = STAGES[STAGES.index(STAGE[BEGINS_AT]) :]


@pytest.fixture
async def running(world: World, database: str, tmp_path: Path) -> AsyncIterator[Running]:
    async with gateway(database, tmp_path / "blobs") as each:
        yield each


async def accepted(world: World, running: Running, name: str = "essay") -> dict[str, Any]:
    """An essay as the gateway took it, and its event on the real topics."""
    response = await running.client.post("/api/v1/essays", json=ESSAY, headers={"Idempotency-Key": name})
    assert response.status_code == 202, response.text
    exam: dict[str, Any] = response.json()

    async def published() -> bool:
        return AFTER.sink in running.bus.topics_of(exam["exam_id"])

    await until(published, 60)
    for topic, event, event_id, trace in running.bus.published:
        if str(event.exam_id) == exam["exam_id"]:
            await world.kafka.publish(topic, event, event_id=event_id, source="/gateway", trace=trace)
    return exam


async def finished(world: World, running: Running, exam: dict[str, Any]) -> None:
    """What the later stages do about it, told to the gateway and to the topics."""
    for row in LATER:
        for kind, status in ((StatusKind.STARTED, row.running), (StatusKind.COMPLETED, row.done)):
            word = ExamStatus(**said(exam), stage=row.name, kind=kind, status=status, at=datetime.now(UTC))
            await world.say(STATUS, word, f"{row.name}/{kind}")
            await running.deliver(STATUS, word)
        if row.sink != REPORTED:
            path = artefact_path("dev", uuid.UUID(exam["exam_id"]), 1, row.name)
            ref = await world.blobs.put(path, json.dumps({"made": row.name}).encode())
            await world.say(row.sink, row.event(**said(exam), artefact=ref), row.name)
    await running.report(exam)
    row = await world.sql.fetchrow("SELECT status, report FROM exams WHERE exam_id = $1", exam["exam_id"])
    assert row["status"] == "COMPLETED"
    report = BlobRef.model_validate_json(row["report"])
    await world.say(REPORTED, ExamReported(**said(exam), artefact=report), "report")


def journal(world: World, exam: dict[str, Any], content: str = CONTENT) -> str:
    """What its client wrote down: the hash is of the essay's text."""
    line = {"key": "essay", "sha256": hashlib.sha256(content.encode()).hexdigest(), "marker": "ok",
            "started": 1.0, "ended": 2.0, "outcome": "ok", "exam_id": exam["exam_id"], "tenant": "dev"}  # fmt: skip
    path = world.folder / "journal.jsonl"
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    return str(path)


async def test_an_essay_waiting_and_one_that_ended_are_clean_and_belong_to_what_was_sent(
    world: World, running: Running, audited: Audit
) -> None:
    exam = await accepted(world, running)
    found = await audited("--journal", journal(world, exam))
    assert (found["ok"], found["equation"]["in_flight"]) == (True, 1), found
    await finished(world, running, exam)
    found = await audited("--journal", journal(world, exam))
    assert (found["code"], found["ok"], found["equation"]["completed"]) == (0, True, 1), found
    assert found["by_id"]["I6"]["checked"] == 4
    other = await audited("--journal", journal(world, exam, "Another essay."))
    assert other["by_id"]["I6"]["violations"] >= 1


async def test_the_books_of_an_essay_are_rebuilt_as_they_were(
    world: World, running: Running, audited: Audit, capsys: pytest.CaptureFixture[str]
) -> None:
    exam = await accepted(world, running)
    await finished(world, running, exam)
    columns = "tenant, revision, status, priority, subject, grade, title, files, created_at, deadline, report"
    history = "SELECT number, status FROM exam_events WHERE exam_id = $1 ORDER BY number"
    before = await world.sql.fetchrow(f"SELECT {columns} FROM exams")
    steps = await world.sql.fetch(history, exam["exam_id"])
    await world.sql.execute("TRUNCATE exams CASCADE")
    capsys.readouterr()
    assert await asyncio.to_thread(rebuild.main, ["--json", "--write"]) == 0, capsys.readouterr()
    capsys.readouterr()
    assert await world.sql.fetchrow(f"SELECT {columns} FROM exams") == before
    assert await world.sql.fetch(history, exam["exam_id"]) == steps
    assert (await audited())["ok"]


async def _lost(world: World, exam: dict[str, Any]) -> None:
    await world.sql.execute("DELETE FROM exams WHERE exam_id = $1", exam["exam_id"])


async def _overdue(world: World, exam: dict[str, Any]) -> None:
    await world.sql.execute("UPDATE exams SET deadline = now() - interval '1 s' WHERE exam_id = $1", exam["exam_id"])


async def _text_gone(world: World, exam: dict[str, Any]) -> None:
    path = artefact_path("dev", uuid.UUID(exam["exam_id"]), 1, SUBMISSION)
    (world.folder / "blobs" / path).unlink()


async def _forked(world: World, exam: dict[str, Any]) -> None:
    other = await world.blobs.put(f"dev/{exam['exam_id']}/1/other.json", b"{}")
    event: StageDone = AFTER.event(**said(exam), artefact=other)
    await world.say(AFTER.sink, event, "again")


async def _passed_over(world: World, exam: dict[str, Any]) -> None:
    await world.commit(BEGINS_AT, AFTER.sink, 9)  # whatever place it has in its partition


async def test_essays_that_are_spoiled_are_found(world: World, running: Running, audited: Audit) -> None:
    spoilt = [(_lost, "I1"), (_overdue, "I1"), (_text_gone, "I3"), (_forked, "I2"), (_passed_over, "I9")]
    exams = []
    for spoil, _ in spoilt:
        exams.append(await accepted(world, running, spoil.__name__))
    for exam, (spoil, _) in zip(exams, spoilt, strict=True):
        await spoil(world, exam)
    found = await audited()
    assert found["code"] == 1
    for exam, (spoil, violated) in zip(exams, spoilt, strict=True):
        assert any(exam["exam_id"] in each for each in found["by_id"][violated]["examples"]), (spoil.__name__, found)
