"""What every route gets: the gateway's parts, the caller's tenant, the exam of the path."""

import uuid
from dataclasses import dataclass, field
from typing import Annotated, TypeVar, cast

import asyncpg
from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from runtime.blobs import Blobs
from runtime.trace import UNTRACED, Trace, Tracer
from services.gateway import auth, exams
from services.gateway.batches.service import Batches
from services.gateway.caching.statuses import Statuses
from services.gateway.core.problems import Code, Problem
from services.gateway.core.scopes import required
from services.gateway.courses.finding import Reader
from services.gateway.database import TENANT
from services.gateway.history import History
from services.gateway.keyring import Keyring
from services.gateway.ledger import Ledger
from services.gateway.limits.limiter import refuse
from services.gateway.live.board import Board
from services.gateway.live.hub import Hub
from services.gateway.looks.watch import Looks
from services.gateway.practice.printer import Printer
from services.gateway.practice.writing import Writer
from services.gateway.records.service import Records
from services.gateway.review.settings import ReviewSettings
from services.gateway.settings import GatewaySettings
from services.gateway.templates.library import Library
from services.gateway.tenancy.service import Tenancy
from services.gateway.webhooks.egress import Way
from services.gateway.webhooks.settings import WebhookSettings

T = TypeVar("T")


@dataclass(frozen=True)
class Gateway:
    """The parts that routes work with.

    `pool` sees the rows of the caller's tenant only, `owner_pool` all rows.
    """

    ledger: Ledger
    pool: asyncpg.Pool
    owner_pool: asyncpg.Pool
    keys: Keyring
    tenancy: Tenancy
    blobs: Blobs
    hub: Hub
    board: Board
    history: History
    settings: GatewaySettings
    webhook_settings: WebhookSettings
    way: Way
    batches: Batches
    library: Library
    statuses: Statuses
    records: Records
    looks: Looks = field(default_factory=lambda: Looks(None, 1))
    review_settings: ReviewSettings = field(default_factory=ReviewSettings)
    printer: Printer = field(default_factory=Printer)
    reader: Reader = field(default_factory=Reader)
    writer: Writer = field(default_factory=Writer)
    tracer: Tracer = UNTRACED


async def _gateway(request: Request) -> Gateway:  # not by a thread, as FastAPI calls what isn't async
    return cast("Gateway", request.app.state.gateway)


def trace_of(request: Request) -> Trace:
    """The trace that the outermost layer found or began."""
    return cast("Trace", request.scope["state"]["trace"])


InGateway = Annotated[Gateway, Depends(_gateway)]

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    bearerFormat="rk_<id>_<secret>",
    description="`Authorization: Bearer rk_…`. Every call sees the exams of the key's tenant only.",
)


async def _caller(
    request: Request,
    gateway: InGateway,
    _credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> auth.Caller:
    caller = await auth.caller_of(gateway.keys, request.headers.get("authorization"))
    TENANT.set(caller.tenant)  # from here on, connections of gateway.pool see this tenant's rows
    method, path = request.method, request.scope["route"].path_format
    standing = await gateway.tenancy.limiter.take(caller.tenant, caller.rate_factor, method, path)
    request.scope["state"]["headers"] = standing.headers
    refuse(standing)
    caller.require(required(method, path))
    return caller


InCaller = Annotated[auth.Caller, Depends(_caller)]


async def _tenant(caller: InCaller) -> str:
    return caller.tenant


InTenant = Annotated[str, Depends(_tenant)]


async def _exam(
    gateway: InGateway,
    tenant: InTenant,
    exam_id: Annotated[
        str, Path(description="As answered by the upload.", examples=["0199a7f2-6c1e-7d31-9a52-3f0c8a1b2c3d"])
    ],
) -> exams.Exam:
    known = uuid_of(exam_id)
    return existing(await exams.find(gateway.pool, tenant, known) if known else None, Code.EXAM_NOT_FOUND)


InExam = Annotated[exams.Exam, Depends(_exam)]


def existing(thing: T | None, code: Code) -> T:
    """What was looked for; Problem(code) when there is none of the tenant's."""
    if thing is None:
        raise Problem(code)
    return thing


def uuid_of(text: str) -> uuid.UUID | None:
    """The id, or None: a malformed id is an exam that doesn't exist."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
