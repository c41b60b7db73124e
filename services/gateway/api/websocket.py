"""WS /exams/{id}/ws: the events of `/events` over a WebSocket.

Messages are `{"type": "status", "id": 3, "data": {…}}` and `{"type": "heartbeat"}`; what the client says is ignored.
Closed with 1000 after the final event; 1013 means: connect again with `after=` the last id.
"""

import asyncio
import contextlib

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from runtime import metrics
from runtime.trace import Trace
from services.gateway.api.context import Gateway
from services.gateway.api.errors import problem_of, response_of
from services.gateway.api.tickets import number_after, watched_exam
from services.gateway.core.problems import Problem
from services.gateway.exams import Exam
from services.gateway.live.channel import Told

router = APIRouter()

AGAIN = 1013
_HEARTBEAT = '{"type": "heartbeat"}'
_CLOSING_SECONDS = 1.0


@router.websocket("/exams/{exam_id}/ws")
async def socket(websocket: WebSocket, exam_id: str) -> None:
    """Refused before the handshake with the same problem documents as any other call."""
    gateway: Gateway = websocket.app.state.gateway
    try:
        query = websocket.query_params
        authorization = websocket.headers.get("authorization")
        exam = await watched_exam(gateway, exam_id, authorization, query.get("ticket"))
        number = number_after(query.get("after"), exam)
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        await _refuse(websocket, problem)
        return
    await websocket.accept()
    telling = asyncio.create_task(_tell(websocket, gateway, exam, number))
    leaving = asyncio.create_task(_left(websocket))
    try:
        await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if telling.done():
            await _close(websocket, *telling.result())
    except WebSocketDisconnect:
        pass  # it left while it was told
    finally:
        for task in (telling, leaving):
            task.cancel()
        await asyncio.gather(telling, leaving, return_exceptions=True)


async def _tell(websocket: WebSocket, gateway: Gateway, exam: Exam, after: int) -> tuple[int, str]:
    """Tell every event; the code and reason to close with."""
    settings = gateway.settings
    clock = asyncio.get_running_loop().time
    until = clock() + settings.live_seconds
    with gateway.hub.watch(exam, after) as watching:
        while (left := until - clock()) > 0:
            news = await watching.more(min(left, settings.sse_heartbeat_seconds))
            try:
                async with asyncio.timeout(settings.live_send_seconds):
                    for message in map(_message, news) if news else (_HEARTBEAT,):
                        await websocket.send_text(message)
            except TimeoutError:
                metrics.LIVE_CUT.inc()
                return AGAIN, "too slow: connect again with after= the last id"
            if news and news[-1].final and watching.caught_up:
                return 1000, "the exam has ended"
    return AGAIN, "connect again with after= the last id"


async def _left(websocket: WebSocket) -> None:
    """Until the client is gone; whatever it says meanwhile is dropped."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    """Say why, if the client takes that; the server closes the connection anyway."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSING_SECONDS):
            await websocket.close(code, reason)


async def _refuse(websocket: WebSocket, problem: Problem) -> None:
    trace: Trace = websocket.scope["state"]["trace"]
    await websocket.send_denial_response(response_of(problem, trace.trace_id, websocket.url.path))


def _message(told: Told) -> str:
    return f'{{"type": "status", "id": {told.number}, "data": {told.data}}}'
