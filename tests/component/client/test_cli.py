"""The command `redink`, as a shell runs it."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from contracts.errors import ErrorCode
from contracts.status import Status
from tests.component.gateway.harness import DEV_KEY, JPEG, PDF, Running

CLIENT = Path(__file__).parents[3] / "clients" / "python"


async def redink(url: str, *argv: str, key: str = DEV_KEY) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CLIENT), "REDINK_URL": url, "REDINK_API_KEY": key}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "redink.cli", *argv),
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_key_that_is_none_is_said_without_showing_it_and_a_line_end_behind_it_is_no_part_of_it(
    running: Running,
) -> None:
    url = f"http://127.0.0.1:{running.port}"
    code, out, error = await redink(url, "list", key=f"{DEV_KEY}\r\n")
    assert (code, out, error) == (0, "", "")
    for key in (f"{DEV_KEY}\nX-Other: 1", f"{DEV_KEY}钥匙"):
        code, _, error = await redink(url, "list", key=key)
        assert (code, DEV_KEY in error) == (2, False)
        assert "API key" in error


async def test_what_is_no_address_is_wrong_use_and_not_tried_again() -> None:
    for url in ("127.0.0.1:8000", "ftp://redink.example", "http://"):
        code, _, error = await redink(url, "list")
        assert (code, "https://redink.example" in error) == (2, True), url


@pytest.fixture
def page(tmp_path: Path) -> str:
    (tmp_path / "王小明.jpg").write_bytes(JPEG)
    return str(tmp_path / "王小明.jpg")


async def test_a_paper_is_sent_followed_and_its_reports_put_into_a_folder(
    running: Running, page: str, tmp_path: Path
) -> None:
    url, out = f"http://127.0.0.1:{running.port}", tmp_path / "reports"
    asked = ("submit", page, "--subject", "math", "--grade", "7", "--wait", "--out", str(out))
    command = asyncio.create_task(redink(url, *asked))
    exam = await _accepted(running)
    score = {"score": {"earned": 37, "max": 60, "graded": 20, "needs_review": 4}}
    await running.blobs.put(f"dev/{exam['exam_id']}/1/result.json", json.dumps(score).encode())
    await running.say(exam, Status.OCR_PROCESSING)
    await running.report(exam)
    code, said, shown = await command
    assert code == 0, shown
    assert said.splitlines() == [exam["exam_id"], f"{exam['exam_id']}  37 of 60, 4 to review"]
    assert "100%" in shown
    assert (out / f"{exam['exam_id']}.pdf").read_bytes() == PDF
    assert (out / f"{exam['exam_id']}.html").exists()


async def test_an_exam_that_fails_is_told_by_the_exit_code(running: Running, page: str) -> None:
    exam = await running.exam()
    await running.say(exam, Status.FAILED, stage="ocr", code=ErrorCode.INTERNAL)
    code, _, shown = await redink(f"http://127.0.0.1:{running.port}", "watch", exam["exam_id"])
    assert code == 1
    assert "FAILED" in shown


async def test_refusals_and_silence_have_exit_codes_of_their_own(running: Running, page: str) -> None:
    url = f"http://127.0.0.1:{running.port}"
    asked = ("submit", page, "--subject", "alchemy", "--grade", "7")
    assert (await redink(url, *asked))[0] == 2
    code, _, shown = await redink(url, "list", key="rk_dev_wrong")
    assert (code, "invalid_api_key" in shown or "unauthorized" in shown) == (2, True), shown
    code, _, shown = await redink(url, "submit", "nowhere.jpg", "--subject", "math", "--grade", "7")
    assert (code, "nowhere.jpg" in shown) == (2, True), shown
    assert "Traceback" not in shown


async def _accepted(running: Running) -> dict[str, str]:
    """The exam, as soon as there is one."""
    for _ in range(300):
        if items := (await running.get("/exams")).json()["items"]:
            return dict(items[0])
        await asyncio.sleep(0.1)
    raise AssertionError("nothing was accepted")
