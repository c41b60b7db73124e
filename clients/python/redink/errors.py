"""What can go wrong, as exceptions."""

from collections.abc import Mapping
from typing import Any

from redink.models import Exam


class RedinkError(Exception):
    """Base of all that this client raises of its own."""


class Unreachable(RedinkError):
    """No answer, after all repetitions. An upload may have arrived: repeat it under the same `key`."""


class Ended(RedinkError):
    """The exam ended, but not COMPLETED."""

    def __init__(self, exam: Exam) -> None:
        super().__init__(f"{exam.status}: {exam.error_message or exam.error_code or 'no result'}")
        self.exam = exam


class ProblemError(RedinkError):
    """The server refused: an RFC 9457 problem. Branch on `code`; `detail` says what to do."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(document.get("code", "unknown"))
        self.detail = str(document.get("detail", ""))
        self.trace_id = document.get("trace_id")
        self.errors: list[dict[str, str]] = list(document.get("errors", ()))
        named = "".join(f"\n  {one.get('pointer')}: {one.get('detail')}" for one in self.errors)
        papers = document.get("papers", ())  # of a batch none of which could be accepted
        named += "".join(f"\n  {one.get('name')}: {one.get('code')}: {one.get('detail')}" for one in papers)
        super().__init__(f"{status} {self.code}: {self.detail}{named}")
