"""What is told: event types, ids and bodies. Ids, statuses, times and links, never names or exam text."""

import json
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts.status import Status
from services.gateway.exams import Exam

CALLBACK = "callback"
"""The endpoint that stands for the callback_url of uploads."""


class EventType(StrEnum):
    """Ends of an exam or a batch that an endpoint may subscribe to."""

    COMPLETED = "exam.completed"
    FAILED = "exam.failed"
    CANCELLED = "exam.cancelled"
    EXPIRED = "exam.expired"
    BATCH_COMPLETED = "batch.completed"


TEST = "webhook.test"
"""Sent on demand; no subscription asks for it."""

BY_STATUS = {
    Status.COMPLETED: EventType.COMPLETED,
    Status.FAILED: EventType.FAILED,
    Status.CANCELLED: EventType.CANCELLED,
    Status.EXPIRED: EventType.EXPIRED,
}


def delivery_id(exam: Exam, endpoint_id: str) -> uuid.UUID:
    """The webhook-id: the same whoever derives it and however often; a replay is a new revision and a new id."""
    return uuid.uuid5(exam.exam_id, f"{exam.position.revision}/{exam.position.status.value}/{endpoint_id}")


def body_of_end(exam: Exam) -> str:
    """The body about an exam that ended."""
    position = exam.position
    ended = exam.completed_at or exam.updated_at
    data = {
        "exam_id": str(exam.exam_id),
        "revision": position.revision,
        "status": position.status.value,
        "progress": position.progress,
        "error_code": position.code.value if position.code else None,
        "error_message": position.error_message,
        "created_at": _time(exam.created_at),
        "completed_at": _time(ended),
        "links": _links(exam),
    }
    return _body(BY_STATUS[position.status], ended, data)


def body_of_test(endpoint_id: str, at: datetime) -> str:
    """The body of a test."""
    return _body(TEST, at, {"webhook_id": endpoint_id})


def _body(event_type: str, at: datetime, data: dict[str, Any]) -> str:
    return json.dumps({"type": event_type, "timestamp": _time(at), "data": data}, separators=(",", ":"))


def _links(exam: Exam) -> dict[str, str]:
    base = f"/api/v1/exams/{exam.exam_id}"
    links = {"self": base, "status": f"{base}/status"}
    if exam.position.status is Status.COMPLETED:
        links |= {"result": f"{base}/result", "report_html": f"{base}/report.html", "report_pdf": f"{base}/report.pdf"}
    return links


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
