"""Accepting something for work, and what is answered then: POST /exams and POST /essays."""

import asyncio
import os
import time
import uuid
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from contracts.artefacts import Submission
from contracts.events import BlobRef
from contracts.topics import StageRow
from services.gateway import acceptance, idempotency
from services.gateway.api import estimates, reports
from services.gateway.api.context import Gateway, trace_of
from services.gateway.api.exam_views import AcceptedView, exam_fields
from services.gateway.core.form import Form
from services.gateway.core.problems import Code, Problem
from services.gateway.exams import Exam, find

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


@dataclass(frozen=True)
class Stored:
    """What may be accepted: all of it is in the blob store. `advice`: the fields of AcceptedView that say what was seen.

    `after`: the stage whose artefact `artefact` is, when there is nothing to do for it and for those before it.
    """

    exam_id: uuid.UUID
    form: Form
    submission: Submission
    artefact: BlobRef
    advice: dict[str, Any]
    warnings: tuple[str, ...] = ()
    after: StageRow | None = None


async def accepted(
    request: Request, gateway: Gateway, tenant: str, held: idempotency.Reservation | None, stored: Stored
) -> Accepted:
    """Make it an exam, as `acceptance.accept` does; its problems."""
    form, settings = stored.form, gateway.settings
    async with asyncio.timeout(settings.store_seconds):
        estimate = await estimates.fresh(gateway.history, form.priority, stored.after)

        def view(exam: Exam) -> dict[str, Any]:
            fields = exam_fields(exam, estimate, stored.warnings)
            return AcceptedView(**fields, **stored.advice).model_dump(mode="json")

        offer = acceptance.Offer(
            stored.exam_id,
            tenant,
            form,
            stored.submission,
            stored.artefact,
            held,
            trace_of(request).traceparent,
            settings.deadline_seconds(form.priority),
            settings.limits,
            view,
            stored.after,
        )
        done = await acceptance.accept(gateway.ledger, offer)
    return Accepted(done.exam, stored.warnings, done.response)


async def repeated(gateway: Gateway, tenant: str, asked: bytes, earlier: idempotency.Earlier) -> Accepted:
    """What the first request with the key was answered. Problem(IDEMPOTENCY_MISMATCH | EXAM_DELETED)."""
    if asked != earlier.fingerprint:
        raise Problem(Code.IDEMPOTENCY_MISMATCH)
    exam = await find(gateway.pool, tenant, earlier.exam_id)
    if exam is None:
        raise Problem(Code.EXAM_DELETED)
    return Accepted(exam, tuple(earlier.response["warnings"]), earlier.response, replayed=True)


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
