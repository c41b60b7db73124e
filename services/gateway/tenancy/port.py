"""The operators' port: a server of its own, so that no proxy in front of the public one can lead there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from runtime import log
from runtime.http import listening, serving
from services.gateway.tenancy.settings import AdminSettings


@asynccontextmanager
async def open_admin(app: ASGIApp, settings: AdminSettings) -> AsyncIterator[int | None]:
    """Serve `app`; the port, or None without a token. BadSettings when the port is taken."""
    if settings.token is None:
        yield None
        return
    with listening(settings.host, settings.port, "REDINK_ADMIN_PORT") as bound:
        port: int = bound.getsockname()[1]
        log.get("gateway.admin").info("operators' port open", host=settings.host, port=port)
        async with serving(app, bound):
            yield port
