"""Essays by the Python client and its command, against a real gateway, over a line that fails."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from redink import AsyncRedink, Essay, Redink
from redink.cli import main
from tests.component.client.conftest import Line
from tests.component.gateway.harness import DEV_KEY, Running

ESSAY = Essay("I goed home.\n\nIt was late.", "english", 8, title="Home", max_score=15.0, min_length=60)
FOUND = {
    "mistakes": [
        {"start": 2, "end": 6, "quote": "goed", "correction": "went", "explanation": "An irregular verb."},
        {"start": 13, "end": 14, "quote": "\n", "correction": "", "explanation": ""},
        {"start": 22, "end": 26, "quote": "late", "correction": None, "explanation": "Say how late."},
    ],
    "suggestions": [{"text": "Say more."}],
}


def test_what_was_not_said_is_not_sent() -> None:
    assert ESSAY.body() == {
        "content": "I goed home.\n\nIt was late.", "subject": "english", "grade": 8, "title": "Home",
        "max_score": 15.0, "min_length": 60,
    }  # fmt: skip


async def test_an_essay_whose_answers_are_lost_is_accepted_once(line: Line, running: Running) -> None:
    line.orders.extend(["drop", "lose", "busy", "lose"])
    async with AsyncRedink(line.url, DEV_KEY) as client:
        exam = await client.submit_essay(ESSAY)

    def again() -> Any:
        with Redink(line.url, DEV_KEY) as client:
            return client.submit_essay(ESSAY)

    other = await asyncio.to_thread(again)
    rows = await running.sql("SELECT exam_id FROM exams ORDER BY created_at")
    assert [str(row["exam_id"]) for row in rows] == [exam.id, other.id]
    assert (exam.status, exam.raw["title"]) == ("PARSED", "Home")


async def test_an_essay_by_command_is_followed_and_says_what_was_found(
    line: Line, running: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "essay.txt").write_text("\ufeffI goed home.", "utf-8")
    words = ["--url", line.url, "--api-key", DEV_KEY, "essay", str(tmp_path / "essay.txt"), "--subject", "english"]
    words += ["--grade", "8", "--student-id", "s-7", "--wait", "--out", str(tmp_path / "reports")]
    command = asyncio.create_task(asyncio.to_thread(main, words))
    exam = await _accepted(running)
    assert exam["student_id"] == "s-7"
    score = {"earned": None, "max": 100.0, "graded": 0, "needs_review": 1}
    result = {"score": score, "questions": [{"number": "1", "essay": FOUND}]}
    await running.blobs.put(f"dev/{exam['exam_id']}/1/result.json", json.dumps(result).encode())
    await running.report(exam)
    code = await asyncio.wait_for(command, 90)
    assert code == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith((exam["exam_id"], "  "))]
    assert said == [  # the gateway's log is there, too
        exam["exam_id"],
        f"{exam['exam_id']}  no score, 1 to review",
        "  2: goed → went  An irregular verb.",
        '  13: "\\n" → (left out)',
        "  22: late  Say how late.",
        "  * Say more.",
    ]
    assert (tmp_path / "reports" / f"{exam['exam_id']}.pdf").stat().st_size


def test_a_text_that_is_not_utf_8_is_told_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "essay.txt").write_bytes("作文".encode("gbk"))
    words = ["--url", "http://127.0.0.1:1", "--api-key", DEV_KEY, "essay", str(tmp_path / "essay.txt")]
    assert main([*words, "--subject", "chinese", "--grade", "7"]) == 2
    assert "UTF-8" in capsys.readouterr().err


async def _accepted(running: Running) -> dict[str, Any]:
    """The exam, as soon as there is one."""
    async with asyncio.timeout(60):
        while True:
            if items := (await running.get("/exams")).json()["items"]:
                return dict(items[0])
            await asyncio.sleep(0.1)
