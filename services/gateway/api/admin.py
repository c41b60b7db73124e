"""Calls of operators: tenants, their quotas and keys. An application of its own, on a port of its own."""

# ruff: noqa: FAST003 - the tenant of the path is called InName

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Message

from services.gateway import auth
from services.gateway.api import bodies, errors
from services.gateway.api.usage_views import UsageView, usage_view, used_view
from services.gateway.core import keys
from services.gateway.core.problems import Code, Problem
from services.gateway.core.scopes import Scope
from services.gateway.limits import quotas
from services.gateway.tenancy import tenants
from services.gateway.tenancy.settings import AdminSettings
from services.gateway.tenancy.tenants import Tenant

_MOST_BYTES = 64 * 1024
"""What operators settle takes a few hundred bytes."""


class _OperatorsRoute(APIRoute):
    """Asks who calls before anything of the request is read (a dependency would come after the body was parsed), and reads
    no more than `_MOST_BYTES` of it: Problem(UNAUTHORIZED | BODY_TOO_LARGE).
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def for_operators(request: Request) -> Response:
            _check_operator(request)
            body = await bodies.raw(request, _MOST_BYTES)

            async def again() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            return await handle(Request(request.scope, again))

        return for_operators


router = APIRouter(route_class=_OperatorsRoute)


class TenantChange(BaseModel):
    """What to settle; what is left out stays, null takes a limit away."""

    model_config = ConfigDict(extra="forbid")

    rate_factor: float = Field(default=1.0, gt=0, le=1e6)
    quota_exams: int | None = Field(default=None, ge=0, le=10**12)
    quota_pages: int | None = Field(default=None, ge=0, le=10**12)
    quota_tokens: int | None = Field(default=None, ge=0, le=10**15)
    quota_cost: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=6)
    retention_days: int | None = Field(default=None, ge=1, le=36500)
    canary: bool = False


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(default="", max_length=200)
    scopes: list[Scope] = Field(default=[Scope.ADMIN], min_length=1)
    days: float | None = Field(default=None, gt=0, le=36500)


class Rotation(BaseModel):
    """How a key is replaced."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: float = Field(default=24.0, ge=0, le=24 * 365)


class MadeKey(BaseModel):
    """A new key, shown this once."""

    id: str
    key: str


def create_admin(pool: asyncpg.Pool, settings: AdminSettings) -> FastAPI:
    """The application. Without a token nobody is an operator."""
    app = FastAPI(title="Redink, for operators", version="1", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.pool = pool
    app.state.tokens = settings.tokens
    app.include_router(router, prefix="/admin/v1")
    errors.add_handlers(app)
    app.add_middleware(errors.Tracing)
    return app


def _check_operator(request: Request) -> None:
    """Problem(UNAUTHORIZED) unless the caller has the operators' token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    known = [hmac.compare_digest(given.strip().encode(), token.encode()) for token in request.app.state.tokens]
    if scheme.lower() != "bearer" or not any(known):
        detail = (
            "Send 'Authorization: Bearer …' with the token of REDINK_ADMIN_TOKEN; API keys of tenants don't work here."
        )
        raise Problem(Code.UNAUTHORIZED, detail, headers={"WWW-Authenticate": 'Bearer realm="redink-admin"'})


def _pool(request: Request) -> asyncpg.Pool:
    return request.app.state.pool


InPool = Annotated[asyncpg.Pool, Depends(_pool)]
InName = Annotated[str, Path(alias="tenant", pattern=f"^(?:{keys.TENANT.pattern})$")]


async def _tenant(pool: InPool, name: InName) -> Tenant:
    tenant = await tenants.find(pool, name)
    if tenant is None:
        raise Problem(Code.NOT_FOUND, "There is no such tenant: PATCH it, or make a key for it, and there is.")
    return tenant


InTenant = Annotated[Tenant, Depends(_tenant)]


@router.get("/tenants")
async def list_tenants(pool: InPool) -> list[dict[str, Any]]:
    """All tenants."""
    return [asdict(tenant) for tenant in await tenants.every(pool)]


@router.get("/tenants/{tenant}")
async def get_tenant(tenant: InTenant) -> dict[str, Any]:
    """What is settled for a tenant."""
    return asdict(tenant)


@router.patch("/tenants/{tenant}")
async def change_tenant(pool: InPool, name: InName, change: TenantChange) -> dict[str, Any]:
    """Settle what is given; a tenant that doesn't exist is made."""
    return asdict(await tenants.settle(pool, name, change.model_dump(exclude_unset=True)))


@router.get("/tenants/{tenant}/usage")
async def get_tenant_usage(pool: InPool, tenant: InTenant) -> UsageView:
    """As the tenant sees it at GET /usage."""
    account = await quotas.account(pool, tenant.name)
    if account is None:
        raise Problem(Code.NOT_FOUND)
    return usage_view(account, [used_view(each) for each in await quotas.months(pool, tenant.name, 12)])


@router.get("/tenants/{tenant}/keys")
async def list_tenant_keys(pool: InPool, tenant: InTenant) -> list[dict[str, Any]]:
    """Keys without their secrets, also those that are no longer valid."""
    return [asdict(key) for key in await auth.list_keys(pool, tenant.name)]


@router.post("/tenants/{tenant}/keys", status_code=201)
async def create_tenant_key(response: Response, pool: InPool, name: InName, wanted: NewKey) -> MadeKey:
    """A new key; the tenant is made if need be."""
    expires = datetime.now(UTC) + timedelta(days=wanted.days) if wanted.days else None
    return _made(response, await auth.create_key(pool, name, wanted.label, expires, wanted.scopes))


@router.post("/keys/{key_id}/rotate", status_code=201)
async def rotate_key(response: Response, pool: InPool, key_id: str, wanted: Rotation) -> MadeKey:
    """A new key with the same rights; the old one stays valid for the overlap."""
    made = await auth.rotate_key(pool, key_id, wanted.overlap_hours * 3600)
    if made is None:
        raise Problem(Code.NOT_FOUND, "There is no such key, or it is revoked, expired or replaced already.")
    return _made(response, made)


@router.post("/keys/{key_id}/revoke", status_code=204)
async def revoke_key(pool: InPool, key_id: str) -> None:
    """Refuse the key from now on."""
    if not await auth.revoke_key(pool, key_id):
        raise Problem(Code.NOT_FOUND, "There is no such key, or it is revoked already.")


def _made(response: Response, text: str) -> MadeKey:
    response.headers["Cache-Control"] = "no-store"
    key = keys.parse(text)
    assert key is not None
    return MadeKey(id=key.id, key=text)
