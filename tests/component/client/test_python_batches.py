"""Batches by the Python client and its commands, against a real gateway, over a line that fails."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import ErrorCode
from contracts.status import Status
from redink import AsyncRedink, Papers, ProblemError, Redink
from redink.cli import main
from tests.component.client.conftest import Line
from tests.component.gateway.harness import DEV_KEY, JPEG, Running

MANIFEST = "file,student_id,class_id\nli,s-1,7-2\n王.jpg,s-2,7-2\nnotes.pdf,s-3,7-2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two papers and a file that only looks like one, with a manifest, and what a file manager leaves behind."""
    folder = tmp_path / "scans"
    (folder / "li").mkdir(parents=True)
    for name in ("li/1.jpg", "li/2.JPG", "王.jpg"):
        (folder / name).write_bytes(JPEG + name.encode())
    (folder / "notes.pdf").write_bytes(b"not a PDF")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "readme.txt").write_bytes(b"x")
    (folder / "manifest.csv").write_text(MANIFEST, "utf-8")
    return folder


async def test_a_folder_is_one_batch_however_often_its_answer_is_lost(
    folder: Path, line: Line, running: Running
) -> None:
    line.orders.extend(["drop", "lose", "busy", "lose"])
    async with AsyncRedink(line.url, DEV_KEY) as client:
        batch = await client.submit_batch(Papers(folder, "math", 7, name="midterm"))
        outcomes = [outcome async for outcome in client.batch_papers(batch.id)]
    assert [str(row["batch_id"]) for row in await running.sql("SELECT batch_id FROM batches")] == [batch.id]
    assert (batch.papers, batch.refused, batch.raw["name"]) == (3, 1, "midterm")
    assert [(one.name, one.state) for one in outcomes] == [
        ("li", "accepted"), ("王.jpg", "accepted"), ("notes.pdf", "refused"),
    ]  # fmt: skip
    assert [one.exam.raw["student_id"] for one in outcomes if one.exam] == ["s-1", "s-2"]
    assert outcomes[2].problem is not None
    assert outcomes[2].problem["code"] == "unsupported_media"


async def test_a_batch_is_followed_to_its_end_over_a_line_that_is_cut(
    folder: Path, line: Line, running: Running
) -> None:
    async with AsyncRedink(line.url, DEV_KEY) as client:
        batch = await client.submit_batch(Papers(folder, "math", 7))
        exams = [one.exam.raw async for one in client.batch_papers(batch.id) if one.exam]
    line.orders.extend(["cut 700", "busy", "drop"])
    shown: list[int] = []
    async with AsyncRedink(line.url, DEV_KEY) as client:
        waiting = asyncio.create_task(client.wait_batch(batch.id, seen=lambda now: shown.append(now.done)))
        await running.report(dict(exams[0]))
        await running.say(dict(exams[1]), Status.FAILED, stage="ocr", code=ErrorCode.INTERNAL)
        done = await asyncio.wait_for(waiting, 90)
        page = await client.class_report(batch.id, "html", disclosure="none")
        document = json.loads(await client.class_report(batch.id, "json"))
    assert (done.status, done.done, shown[-1]) == ("COMPLETED", 2, 2)
    assert page.startswith(b"<!doctype html>")
    assert document["coverage"]["reported"] == 1


async def test_a_batch_by_command_says_what_became_of_each_paper_and_fetches_all_reports(
    folder: Path, line: Line, running: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "reports"
    words = ["--url", line.url, "--api-key", DEV_KEY, "batch", str(folder), "--subject", "math", "--grade", "7"]
    command = asyncio.create_task(asyncio.to_thread(main, [*words, "--wait", "--out", str(out)]))
    exams = await _accepted(running, 2)
    for exam in exams:
        await running.report(exam)
    code = await asyncio.wait_for(command, 90)
    said = capsys.readouterr()
    assert code == 1, "a paper was refused"
    assert "2 of 2 done, 1 refused" in said.err
    for exam in exams:
        assert f"{exam['exam_id']}  COMPLETED" in said.out
        assert (out / f"{exam['exam_id']}.pdf").stat().st_size
    assert "notes.pdf" in said.out
    assert (out / "class-report.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_folder_without_pages_is_told_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_bytes(b"x")
    words = ["--url", "http://127.0.0.1:1", "--api-key", DEV_KEY, "batch", str(tmp_path)]
    assert main([*words, "--subject", "math", "--grade", "7"]) == 2
    assert "no pages in it" in capsys.readouterr().err


async def test_a_batch_without_any_paper_is_refused_with_a_reason_for_each(tmp_path: Path, line: Line) -> None:
    (tmp_path / "a.jpg").write_bytes(b"not a picture")

    def send() -> Any:
        with Redink(line.url, DEV_KEY) as client:
            return client.submit_batch(Papers(tmp_path, "math", 7))

    with pytest.raises(ProblemError, match=r"a\.jpg: unsupported_media"):
        await asyncio.to_thread(send)


async def _accepted(running: Running, count: int) -> list[dict[str, Any]]:
    """The exams, once the batch has become so many."""
    async with asyncio.timeout(60):
        while True:
            items = (await running.get("/exams")).json()["items"]
            if len(items) == count:
                return list(items)
            await asyncio.sleep(0.1)
