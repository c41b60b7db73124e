"""A student who hands in a paper and waits for the result; `locust -f tests/load/locustfile.py -H URL` with REDINK_KEY set.

`python -m tests.load.users` lets such students come all at once, and at rising rates.
"""

import os
import uuid
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, constant, task
from locust.env import Environment

SAMPLE = Path(__file__).parents[2] / "samples" / "paper.jpg"
TERMINAL = {"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"}
POLL = 2.0
"""Seconds between two questions for the status, as the client libraries have it."""
PATIENCE = 600.0
_BOUNDARY = "redink-load"


def form(pages: int) -> bytes:
    """A multipart body with so many files: built once, so that the clients take little of the machine."""
    fields = {"subject": "math", "grade": "7"}
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    head = b'Content-Disposition: form-data; name="files"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    parts += [head + SAMPLE.read_bytes()] * pages
    mark = f"--{_BOUNDARY}".encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


class Student(FastHttpUser):
    """Uploads, asks for the status until the exam has ended, fetches the result."""

    wait_time = constant(1)
    host = "http://127.0.0.1:8000"
    network_timeout = connection_timeout = 120.0
    paper = form(1)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.key = {"Authorization": f"Bearer {os.environ['REDINK_KEY']}"}

    @task
    def visit(self) -> dict[str, Any]:
        """One exam; its last status, with what it cost."""
        exam = self._upload()
        waited = 0.0
        while waited < PATIENCE:
            status = self.status_of(exam)
            if status["status"] in TERMINAL:
                break
            gevent.sleep(POLL)
            waited += POLL
        if status["status"] == "COMPLETED":
            status["cost"] = self._get(f"/api/v1/exams/{exam}/result", "result")["cost"]
        return status

    def status_of(self, exam: str) -> dict[str, Any]:
        """What it says of an exam now."""
        return self._get(f"/api/v1/exams/{exam}/status", "status")

    def _upload(self) -> str:
        """Asks again, under the same key, when it is to come back later."""
        headers = self.key | {
            "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
            "Idempotency-Key": uuid.uuid4().hex,
        }
        while True:
            with self.client.post(
                "/api/v1/exams", data=self.paper, headers=headers, name="accept", catch_response=True
            ) as answer:
                if answer.status_code == 202:
                    answer.success()
                    return str(answer.json()["exam_id"])
                answer.failure(f"{answer.status_code}")
                later = answer.headers.get("Retry-After") if answer.headers else None
            if later is None:
                raise RuntimeError(f"an upload was answered {answer.status_code}: {answer.text or answer.error}")
            gevent.sleep(float(later))

    def _get(self, path: str, name: str) -> dict[str, Any]:
        answer = self.client.get(path, headers=self.key, name=name)
        if answer.status_code != 200:
            raise RuntimeError(f"{name} was answered {answer.status_code}: {answer.text or answer.error}")
        return dict(answer.json())
