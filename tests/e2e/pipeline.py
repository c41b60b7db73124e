"""The real processes of Redink, one per stage, as an operator would run them, and a client that calls the gateway."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from deploy.native.process import free_port

ROOT = Path(__file__).parents[2]
STAGES = ("ocr", "parser", "analyzer", "diagnostic", "report")
TERMINAL = {"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"}


@dataclass
class Processes:
    """`python -m services …` processes that share one environment. `log`: folder of their output."""

    env: dict[str, str]
    log: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start one process per name; does not wait."""
        for name in names:
            port = self.ports.setdefault(name, free_port())
            env = {**os.environ, **self.env, "REDINK_HTTP_PORT": str(port), "REDINK_HTTP_HOST": "127.0.0.1"}
            out = (self.log / f"{name}.log").open("ab")
            argv = [sys.executable, "-m", "services", name]
            self.running[name] = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=out, stderr=out)
            out.close()

    def run(self, *argv: str) -> None:
        """Run `python -m services …` to its end, as `topics` is before a first start; raises when it fails."""
        env = {**os.environ, **self.env}
        subprocess.run([sys.executable, "-m", "services", *argv], cwd=ROOT, env=env, check=True, capture_output=True)

    def kill(self, name: str) -> None:
        """SIGKILL, as the kernel's out-of-memory killer would."""
        self.running[name].kill()
        self.running[name].wait()

    def stop(self, name: str, within: float = 90) -> int:
        """SIGTERM, and the exit code; raises TimeoutExpired when it did not drain in time."""
        self.running[name].send_signal(signal.SIGTERM)
        return self.running[name].wait(within)

    def wait_ready(self, *names: str, within: float = 200) -> None:
        """Wait until /readyz of each says yes; raises with the log's tail when one does not."""
        deadline = time.monotonic() + within
        for name in names:
            while not self._ready(name):
                code = self.running[name].poll()
                if code is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{name} is not ready (exit {code}):\n{self.tail(name)}")
                time.sleep(0.1)

    def close(self) -> None:
        """Stop what still runs."""
        alive = [p for p in self.running.values() if p.poll() is None]
        for process in alive:
            process.terminate()
        for process in alive:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def tail(self, name: str) -> str:
        """The last lines a process wrote."""
        return "\n".join((self.log / f"{name}.log").read_text("utf-8", "replace").splitlines()[-30:])

    def _ready(self, name: str) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=10).status_code == 200
        except httpx.HTTPError:
            return False


class Client:
    """The calls of a client developer."""

    def __init__(self, base: str, key: str) -> None:
        self.http = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, timeout=120)

    def upload(self, files: list[tuple[str, bytes, str]], form: dict[str, Any], **headers: str) -> httpx.Response:
        """POST /exams; dicts of the form travel as JSON."""
        fields = {k: json.dumps(v, ensure_ascii=False) if isinstance(v, dict) else str(v) for k, v in form.items()}
        return self.http.post("/api/v1/exams", data=fields, files=[("files", f) for f in files], headers=headers)

    def status(self, exam: str) -> dict[str, Any]:
        """GET /exams/{id}/status."""
        answer = self.http.get(f"/api/v1/exams/{exam}/status")
        answer.raise_for_status()
        return dict(answer.json())

    def wait(self, exam: str, within: float = 240) -> dict[str, Any]:
        """Poll until the exam has ended."""
        deadline = time.monotonic() + within
        while True:
            status = self.status(exam)
            if status["status"] in TERMINAL:
                return status
            if time.monotonic() > deadline:
                raise AssertionError(f"not ended in {within} s: {status}")
            time.sleep(0.1)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
