"""GET /exams/{id}/events: server-sent events from a table, so any replica serves any client and none misses one."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InExam

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from services.gateway.api.context import Gateway, InExam, InGateway
from services.gateway.api.documented import problems
from services.gateway.api.views import event_data
from services.gateway.core.problems import Code, Problem
from services.gateway.exams import Exam
from services.gateway.history import Event, events_after
from services.gateway.notices import wait

router = APIRouter(tags=["exams"])

_EXAMPLE = """retry: 2000

id: 1
event: status
data: {"exam_id": "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d", "number": 1, "status": "UPLOADED", "progress": 0, "final": false}

: still here

"""


@router.get(
    "/exams/{exam_id}/events",
    summary="Live progress",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A stream",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        },
        204: {"description": "Nothing more will come after `Last-Event-ID`: don't connect again"},
        **problems(Code.EXAM_NOT_FOUND, Code.INVALID_LAST_EVENT_ID),
    },
)
async def get_events(
    gateway: InGateway,
    exam: InExam,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="Continues after this event, without gap or repeat.")
    ] = None,
) -> Response:
    """Every change of the exam, from the first on, as events `status`; the stream ends after the final one."""
    number = _number(last_event_id, exam)
    if exam.ended and number == exam.last_event:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(gateway, exam, number), media_type="text/event-stream", headers=headers)


async def _stream(gateway: Gateway, exam: Exam, number: int) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    clock = asyncio.get_running_loop().time
    spoken = clock()
    with gateway.notices.exam(exam.exam_id) as changed:
        while True:
            events = await events_after(gateway.pool, exam.exam_id, number)
            for event in events:
                yield _frame(exam, event)
                number, spoken = event.number, clock()
            if events and events[-1].position.status.terminal:
                return
            if clock() - spoken >= gateway.settings.sse_heartbeat_seconds:
                yield ": still here\n\n"
                spoken = clock()
            await wait(changed, min(gateway.settings.sse_poll_seconds, gateway.settings.sse_heartbeat_seconds))


def _frame(exam: Exam, event: Event) -> str:
    data = json.dumps(event_data(exam, event), ensure_ascii=False)
    return f"id: {event.number}\nevent: status\ndata: {data}\n\n"


def _number(last_event_id: str | None, exam: Exam) -> int:
    text = (last_event_id or "").strip()
    if not text:
        return 0
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if not 0 <= number <= exam.last_event:
        raise Problem(Code.INVALID_LAST_EVENT_ID)
    return number
