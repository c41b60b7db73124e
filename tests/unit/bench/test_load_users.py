"""The students of the load do what a client does, against a gateway that is played."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


class Played(BaseHTTPRequestHandler):
    """Refuses the first upload, takes the others; every exam has ended when it is asked for."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    seen: Counter[str] = Counter()
    keys: set[str] = set()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert body.count(b"Content-Type: image/jpeg") == 1
        assert self.headers["Authorization"] == "Bearer key"
        self.seen["upload"] += 1
        self.keys.add(self.headers["Idempotency-Key"])
        if self.seen["upload"] == 1:
            self._answer(429, {}, {"Retry-After": "0"})
        else:
            self._answer(202, {"exam_id": f"exam-{self.seen['upload']}"})

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._send(200, b'redink_cache_hits_total{cache="status",level="local"} 3.0\n', {})
            return
        what = self.path.rpartition("/")[2]
        self.seen[what] += 1
        self._answer(200, {"status": "COMPLETED", "exam_id": self.path.split("/")[4], "cost": {"cpu_seconds": 1.0}})

    def _answer(self, code: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(code, json.dumps(document).encode(), headers or {})

    def _send(self, code: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Played)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_students_upload_ask_again_when_told_to_and_see_the_result(url: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.load.users", url, "--pages", "0", "--at-once", "3"]
    env = {**os.environ, "REDINK_KEY": "key"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    together, rest = seen["phases"]
    assert (seen["hits"], seen["misses"]) == ([["status", "local", 3.0]], [])
    assert (together["name"], len(together["visits"]), together["errors"]) == ("3 at once", 3, [])
    assert (len(together["accept"]), together["refused"], len(together["result"])) == (3, 1, 3)
    assert {visit["cost"]["cpu_seconds"] for visit in together["visits"]} == {1.0}
    assert len(rest["status"]) == Played.seen["status"] - 3
    assert (Played.seen["upload"], len(Played.keys)) == (4, 3)  # the refused one came again under its key
