"""The calls of a client, with nothing but the standard library: the canary shares no code with what it watches."""

import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

_TERMINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"})


class Refused(Exception):
    """The gateway didn't answer, or not as it should; the message names the call and the status, no content."""


@dataclass(frozen=True)
class Client:
    """`base` is the gateway's address, `timeout` in seconds for each call."""

    base: str
    key: str
    timeout: float = 30.0

    def upload(self, jpeg: bytes, form: dict[str, Any]) -> str:
        """POST /exams; the exam's id."""
        body, kind = _multipart(jpeg, form)
        headers = {"Content-Type": kind, "Idempotency-Key": secrets.token_hex(16)}
        answer = self._call("POST", "/exams", body, headers)
        return str(answer["exam_id"])

    def ended(self, exam: str) -> str | None:
        """The terminal status of the exam, None while it is under way."""
        status = str(self._call("GET", f"/exams/{exam}/status")["status"])
        return status if status in _TERMINAL else None

    def result(self, exam: str) -> dict[str, Any]:
        """GET /exams/{id}/result."""
        return self._call("GET", f"/exams/{exam}/result")

    def delete(self, exam: str) -> None:
        """DELETE /exams/{id}."""
        self._call("DELETE", f"/exams/{exam}")

    def _call(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        url = f"{self.base.rstrip('/')}/api/v1{path}"
        said = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        request = urllib.request.Request(url, body, said, method=method)  # noqa: S310 - the setting takes http(s) only
        template = path.split("/")[1]
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                text = answer.read()
            return dict(json.loads(text)) if text else {}
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(f"{method} {template}: {error.code}") from None
        except (OSError, ValueError) as error:
            raise Refused(f"{method} {template}: {type(error).__name__}") from None


def _multipart(jpeg: bytes, form: dict[str, Any]) -> tuple[bytes, str]:
    """The body and its media type."""
    boundary = f"canary-{secrets.token_hex(12)}"
    parts = [_part(boundary, f'name="{name}"', _text(value).encode()) for name, value in form.items()]
    parts.append(_part(boundary, 'name="files"; filename="canary.jpg"', jpeg, "image/jpeg"))
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, named: str, content: bytes, kind: str | None = None) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n"
    head += f"Content-Type: {kind}\r\n" if kind else ""
    return head.encode() + b"\r\n" + content + b"\r\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
