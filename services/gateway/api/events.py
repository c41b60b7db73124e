"""GET /exams/{id}/events: server-sent events. What is told is in a table, so any replica serves any client."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InWatched

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse

from services.gateway.api.context import Gateway, InGateway
from services.gateway.api.documented import problems
from services.gateway.api.live_stream import HEARTBEAT, LiveStream
from services.gateway.api.tickets import InWatched, number_after
from services.gateway.core.problems import Code
from services.gateway.exams import Exam
from services.gateway.live.channel import Told

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
            "content": {"text/event-stream": {"schema": {"title": "Server-sent events"}, "example": _EXAMPLE}},
        },
        204: {"description": "Nothing more will come after `Last-Event-ID`: don't connect again"},
        **problems(
            Code.EXAM_NOT_FOUND,
            Code.INVALID_LAST_EVENT_ID,
            Code.VALIDATION_FAILED,
            Code.INVALID_TICKET,
            Code.TOO_MANY_STREAMS,
        ),
    },
)
async def get_events(
    gateway: InGateway,
    exam: InWatched,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="Continues after this event, without gap or repeat.")
    ] = None,
    after: Annotated[
        str | None, Query(max_length=16, description="As `Last-Event-ID`, for who can't send headers.")
    ] = None,
) -> Response:
    """Every change of the exam, from the first on, as events `status`; the stream ends after the final one.

    The same over a WebSocket at `/exams/{exam_id}/ws`, with `after` and `ticket` in its query.
    """
    number = number_after(last_event_id or after, exam)
    if exam.ended and number == exam.last_event:
        return Response(status_code=204)
    return EventStream(gateway, exam, number)


class EventStream(LiveStream):
    """The exam's events, until the final one."""

    def __init__(self, gateway: Gateway, exam: Exam, after: int) -> None:
        super().__init__(gateway.settings)
        self._hub = gateway.hub
        self._exam = exam
        self._after = after

    async def frames(self) -> AsyncGenerator[str, None]:
        """Nothing is missed before the first: the number of the event heard last says where to begin."""
        with self._hub.watch(self._exam, self._after) as watching:
            while patience := self.patience:
                news = await watching.more(patience)
                yield "".join(map(_frame, news)) or HEARTBEAT
                if news and news[-1].final and watching.caught_up:
                    return


def _frame(told: Told) -> str:
    return f"id: {told.number}\nevent: status\ndata: {told.data}\n\n"
