"""`python -m deploy.native`, with stand-ins for the services: what it prints, keeps, refuses and leaves behind."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONG = 200.0
"""Seconds, below the limit of a test: a busy machine takes its time to begin six processes."""

STAND_IN = """
import http.server, json, os, sys
if sys.argv[1] == "topics":
    sys.exit()
if os.environ.get("STAND_IN") == "broken":
    print("REDINK_KAFKA_BOOTSTRAP: not understood"); sys.exit(78)
KEY = os.environ["REDINK_GATEWAY_DEV_KEY"]
for name in ("KAFKA_BOOTSTRAP", "KAFKA_PROFILE", "POSTGRES_DSN", "REDIS_URL", "BLOBS_URL"):
    assert os.environ["REDINK_" + name], name
RESULT = {"title": "t", "score": {"earned": 3.0, "max": 5.0, "graded": 2, "needs_review": 1},
    "questions": [{"number": "1", "verdict": "correct", "student_answer": "[B]", "correct_answer": "B", "score": 3.0,
                   "max_score": 3.0, "needs_review": False},
                  {"number": "2", "verdict": "ungraded", "student_answer": None, "correct_answer": None, "score": None,
                   "max_score": None, "needs_review": True}],
    "diagnosis": {"weak_points": ["有理数的加减"], "suggestions": [{"text": "复习第 2 题", "evidence": ["2"]}]}}
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, body, code=200):
        self.send_response(code); self.end_headers(); self.wfile.write(body)
    def do_POST(self):
        assert self.headers["Authorization"] == "Bearer " + KEY
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert b"answer_key" in body and b"paper.jpg" in body
        self.answer(json.dumps({"exam_id": "e1"}).encode(), 202)
    def do_GET(self):
        path = self.path.removeprefix("/api/v1/exams/e1/")
        end = os.environ.get("STAND_IN", "COMPLETED")
        status = {"status": end, "progress": 100, "current_step": "处理完成", "error_message": "no question found"}
        pages = {"status": json.dumps(status).encode(), "result": json.dumps(RESULT).encode(),
                 "report.html": b"<html>", "report.pdf": b"%PDF-1.7"}
        self.answer(pages.get(path, b"{}"))
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["REDINK_HTTP_PORT"])), Handler).serve_forever()
"""

LAUNCH = "import sys, pathlib, deploy.native.services as s; s.ROOT = pathlib.Path(sys.argv.pop(1))\n"
LAUNCH += "from deploy.native.__main__ import main; main()"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    package = tmp_path / "checkout" / "services"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(textwrap.dedent(STAND_IN))
    (package.parent / "samples").symlink_to(ROOT / "samples")
    return package.parent


def launch(checkout: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-c", LAUNCH, str(checkout), *arguments, "--data", str(checkout / "data")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REDINK_")}
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "cwd": ROOT}
    return subprocess.Popen(command, env=kept | environment, **pipe)


@contextlib.contextmanager
def up(checkout: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with launch(checkout, "up", "--port", "0", *arguments) as process:
        try:
            lines = []
            assert process.stdout
            for line in process.stdout:
                lines.append(line)
                if line.startswith("logs:"):
                    break
            yield process, "".join(lines)
        finally:
            process.kill()


def children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def gone(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    return True


def wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.02)


@pytest.mark.parametrize(("stages", "processes"), [("one", 4), ("process", 9)])
def test_up_starts_prints_and_stops_everything(checkout: Path, stages: str, processes: int) -> None:
    with up(checkout, "--stages", stages) as (process, printed):
        key = checkout / "data" / "dev-key"
        assert key.stat().st_mode & 0o777 == 0o600
        assert f"API key: {key.read_text().strip()}" in printed
        environment = checkout / "data" / "env"
        assert environment.stat().st_mode & 0o777 == 0o600
        assert "export REDINK_POSTGRES_DSN=" in environment.read_text()
        started = children(process.pid)
        assert len(started) == processes, started
        with launch(checkout, "reset") as reset:
            said, _ = reset.communicate(timeout=LONG)
        assert reset.returncode != 0
        assert f"in use by process {process.pid}" in said
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=LONG)
        assert process.returncode == 128 + signal.SIGINT
        wait(lambda: all(gone(pid) for pid in started))
        assert not environment.exists(), "the tools would look for a stack that is gone"
        assert "Traceback" not in said


def test_reset_forgets_the_data_and_keeps_the_key(checkout: Path) -> None:
    data = checkout / "data"
    (data / "blobs").mkdir(parents=True)
    (data / "dev-key").write_text("key")
    with launch(checkout, "reset") as reset:
        reset.communicate(timeout=LONG)
    assert reset.returncode == 0
    assert {path.name for path in data.iterdir()} == {"lock", "dev-key"}


def test_up_says_why_a_service_cannot_start(checkout: Path) -> None:
    with launch(checkout, "up", "--port", "0", STAND_IN="broken") as process:
        said, _ = process.communicate(timeout=LONG)
    assert process.returncode == 1
    assert "REDINK_KAFKA_BOOTSTRAP: not understood" in said
    assert "Traceback" not in said


def test_the_demo_tells_the_result_and_keeps_the_reports(checkout: Path) -> None:
    with launch(checkout, "demo") as process:
        said, _ = process.communicate(timeout=LONG)
    assert process.returncode == 0, said
    for words in ("score 3 of 5", "✓ correct", "[B]", "ungraded (review)", "有理数的加减", "复习第 2 题"):
        assert words in said
    folder = checkout / "data" / "demo"
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert str(folder / "report.html") in said


def test_the_demo_fails_when_the_exam_does(checkout: Path) -> None:
    with launch(checkout, "demo", STAND_IN="FAILED") as process:
        said, _ = process.communicate(timeout=LONG)
    assert process.returncode == 1
    assert "FAILED: no question found" in said
