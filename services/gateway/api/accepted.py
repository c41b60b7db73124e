"""What is answered when something was accepted for work: POST /exams and POST /essays."""

import os
import time
import uuid
from dataclasses import dataclass
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from services.gateway.api import estimates, reports
from services.gateway.api.context import Gateway
from services.gateway.api.exam_views import AcceptedView, exam_fields
from services.gateway.exams import Exam

HEADERS = {
    "Location": {"description": "The exam.", "schema": {"type": "string"}},
    "Operation-Location": {"description": "Its status.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds until a look at the status is worth while.", "schema": {"type": "integer"}},
}


@dataclass(frozen=True)
class Accepted:
    """An exam and the answer that belongs to its Idempotency-Key."""

    exam: Exam
    warnings: tuple[str, ...]
    response: dict[str, Any]
    replayed: bool = False


async def answered(gateway: Gateway, accepted: Accepted, exam: Exam, applied: int | None) -> Response:
    """202, or 200 when the exam has ended within the `applied` seconds that the client was willing to wait."""
    content, status = accepted.response, 202
    headers = {
        "Location": f"/api/v1/exams/{exam.exam_id}",
        "Operation-Location": f"/api/v1/exams/{exam.exam_id}/status",
    }
    if applied is not None:
        headers["Preference-Applied"] = f"wait={applied}"
        estimate = await estimates.remaining(gateway.history, exam)
        first = {name: accepted.response[name] for name in ("advice", "advice_complete")}
        view = AcceptedView(**exam_fields(exam, estimate, accepted.warnings), **first)
        if exam.ended:
            status = 200
            view.result = await reports.document(gateway, exam) if exam.report else None
        content = view.model_dump(mode="json")
    if status == 202:
        headers["Retry-After"] = "1"
    if accepted.replayed:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(content, status, headers)


def new_exam_id() -> uuid.UUID:
    """RFC 9562 version 7: milliseconds since 1970, then 74 random bits. Sorts by time, can't be guessed."""
    value = int.from_bytes((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
