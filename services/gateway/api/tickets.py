"""POST /exams/{id}/tickets, and who may open a live stream: a key in a header, or a ticket in the URL."""

# ruff: noqa: FAST003 - exam_id is taken by the dependency InExam

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response, Security
from fastapi.security import APIKeyQuery, HTTPAuthorizationCredentials
from pydantic import Field

from services.gateway import auth, exams
from services.gateway.api.context import Gateway, InExam, InGateway, bearer, uuid_of
from services.gateway.api.documented import problems
from services.gateway.api.views import View
from services.gateway.core.problems import Code, Problem
from services.gateway.core.scopes import Scope
from services.gateway.database import TENANT
from services.gateway.live import tickets

router = APIRouter(tags=["exams"])

_ID = "0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d"
_TICKET = "rt_eXaMpLe0n1yNotAT1cketAbcdefghijklmnopqrstuv"

in_query = APIKeyQuery(
    name="ticket",
    scheme_name="Ticket",
    auto_error=False,
    description="From `POST /exams/{id}/tickets`: for browsers, which can't send a header with EventSource or WebSocket.",
)


class StreamTicket(View):
    """What opens one live stream of one exam or batch, once."""

    ticket: str = Field(
        examples=[_TICKET], description="Shown once. It opens one stream; a reconnection needs another."
    )
    expires_at: datetime = Field(description="By then the stream must have been opened; an open stream goes on.")
    events: str = Field(
        examples=[f"/api/v1/exams/{_ID}/events?ticket={_TICKET}"], description="For EventSource, with the ticket."
    )


class TicketView(StreamTicket):
    """What opens one live stream of one exam, once, in either way."""

    websocket: str = Field(
        examples=[f"/api/v1/exams/{_ID}/ws?ticket={_TICKET}"], description="For WebSocket, with the ticket."
    )


@router.post(
    "/exams/{exam_id}/tickets",
    status_code=201,
    summary="A ticket for a live stream",
    responses=problems(Code.EXAM_NOT_FOUND),
)
async def create_ticket(response: Response, gateway: InGateway, exam: InExam) -> TicketView:
    """Give the URL to a page of yours: it follows this exam, and nothing else, without your key."""
    made = await tickets.issue(gateway.owner_pool, exam.tenant, "exam", exam.exam_id, gateway.settings.ticket_seconds)
    response.headers["Cache-Control"] = "no-store"
    base = f"/api/v1/exams/{exam.exam_id}"
    return TicketView(
        ticket=made.text,
        expires_at=made.expires_at,
        events=f"{base}/events?ticket={made.text}",
        websocket=f"{base}/ws?ticket={made.text}",
    )


async def watched_exam(gateway: Gateway, exam_id: str, authorization: str | None, ticket: str | None) -> exams.Exam:
    """The exam that the key or the ticket lets its holder watch; Problem as of `watching_tenant`, or EXAM_NOT_FOUND."""
    known = uuid_of(exam_id)
    tenant = await watching_tenant(gateway, known, authorization, ticket)
    exam = await exams.find(gateway.pool, tenant, known) if known else None
    if exam is None:
        raise Problem(Code.EXAM_NOT_FOUND)
    return exam


async def watching_tenant(
    gateway: Gateway, watched: uuid.UUID | None, authorization: str | None, ticket: str | None
) -> str:
    """Whose exam or batch may be watched, by a key or by a ticket for it, which is used up with that.

    Raises Problem: what `auth.caller_of` and `Caller.require` raise, INVALID_TICKET or TOO_MANY_STREAMS.
    """
    if ticket is not None and not authorization:
        tenant = await tickets.redeem(gateway.owner_pool, ticket, watched) if watched else None
        if tenant is None:
            raise Problem(Code.INVALID_TICKET, headers={"WWW-Authenticate": 'Bearer realm="redink"'})
    else:
        caller = await auth.caller_of(gateway.keys, authorization)
        caller.require(Scope.EXAMS_READ)
        tenant = caller.tenant
    TENANT.set(tenant)
    if gateway.hub.watchers(tenant) >= gateway.settings.live_per_tenant:
        raise Problem(Code.TOO_MANY_STREAMS, headers={"Retry-After": "5"})
    return tenant


async def _watched(
    request: Request,
    gateway: InGateway,
    exam_id: Annotated[str, Path(description="As answered by the upload.", examples=[_ID])],
    _key: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    ticket: Annotated[str | None, Security(in_query)],
) -> exams.Exam:
    return await watched_exam(gateway, exam_id, request.headers.get("authorization"), ticket)


InWatched = Annotated[exams.Exam, Depends(_watched)]


def number_after(text: str | None, exam: exams.Exam) -> int:
    """The number of the event a client heard last; 0 without. Problem(INVALID_LAST_EVENT_ID)."""
    text = (text or "").strip()
    if not text:
        return 0
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if not 0 <= number <= exam.last_event:
        raise Problem(Code.INVALID_LAST_EVENT_ID)
    return number


__all__ = ["InWatched", "TicketView", "in_query", "number_after", "router", "watched_exam", "watching_tenant"]
