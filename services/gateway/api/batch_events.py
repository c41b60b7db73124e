"""GET /batches/{id}/events: how far a batch is, told as it changes."""

import uuid
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, Security
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials

from services.gateway.api.batch_views import state_of
from services.gateway.api.context import Gateway, InGateway, bearer, uuid_of
from services.gateway.api.documented import problems
from services.gateway.api.live_stream import HEARTBEAT, LiveStream
from services.gateway.api.tickets import in_query, watching_tenant
from services.gateway.batches import rows
from services.gateway.batches.rows import Batch
from services.gateway.core.problems import Code, Problem

router = APIRouter(tags=["batches"])

_ID = "5c0f3c1e-0b7e-5d2a-9a52-3f0c8a1b2c3d"
_STATE = "9f86d081884c7d65"
_SEEN = r"^[0-9a-f]{16}$"
_EXAMPLE = f"""retry: 2000

id: {_STATE}
event: batch
data: {{"batch_id": "{_ID}", "status": "PROCESSING", "progress": 35, "counts": {{"COMPLETED": 8}}, "final": false}}

: still here

"""


async def _watched(
    request: Request,
    gateway: InGateway,
    batch_id: Annotated[str, Path(description="As answered by the upload.", examples=[_ID])],
    _key: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    ticket: Annotated[str | None, Security(in_query)],
) -> Batch:
    known = uuid_of(batch_id)
    tenant = await watching_tenant(gateway, known, request.headers.get("authorization"), ticket)
    batch = await rows.find(gateway.pool, tenant, known) if known else None
    if batch is None:
        raise Problem(Code.BATCH_NOT_FOUND)
    return batch


@router.get(
    "/batches/{batch_id}/events",
    summary="Live progress of a batch",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A stream",
            "content": {"text/event-stream": {"schema": {"title": "Server-sent events"}, "example": _EXAMPLE}},
        },
        204: {"description": "It has ended, as `Last-Event-ID` says you know: don't connect again"},
        **problems(Code.BATCH_NOT_FOUND, Code.VALIDATION_FAILED, Code.INVALID_TICKET, Code.TOO_MANY_STREAMS),
    },
)
async def get_batch_events(
    gateway: InGateway,
    batch: Annotated[Batch, Depends(_watched)],
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID", pattern=_SEEN, examples=[_STATE], description="Of the state that you know already."
        ),
    ] = None,
    after: Annotated[
        str | None,
        Query(pattern=_SEEN, examples=[_STATE], description="As `Last-Event-ID`, for who can't send headers."),
    ] = None,
) -> Response:
    """Events `batch`, each the whole state; several changes at once are one event. It ends when all exams have ended.

    Nothing can be missed: a stream that is opened again begins with the state of then.
    """
    told, now = last_event_id or after or "", state_of(batch)
    if now.final and told == now.id:
        return Response(status_code=204)
    return BatchStream(gateway, batch, await rows.exams_of(gateway.pool, batch), told)


class BatchStream(LiveStream):
    """The states of a batch, until the final one."""

    def __init__(self, gateway: Gateway, batch: Batch, exams: list[uuid.UUID], told: str) -> None:
        super().__init__(gateway.settings)
        self._board = gateway.board
        self._watched = batch, exams, told

    async def frames(self) -> AsyncGenerator[str, None]:
        """A client may miss states in between, never the last."""
        with self._board.watch(*self._watched) as watching:
            while patience := self.patience:
                state = await watching.more(patience)
                yield HEARTBEAT if state is None else f"id: {state.id}\nevent: batch\ndata: {state.data}\n\n"
                if state is not None and state.final:
                    return
