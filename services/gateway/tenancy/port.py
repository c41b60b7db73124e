"""The operators' port: a server of its own, so that no proxy in front of the public one can lead there."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from runtime import log
from runtime.settings import BadSettings
from services.gateway.tenancy.settings import AdminSettings


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the process decides when to leave."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def open_admin(app: ASGIApp, settings: AdminSettings) -> AsyncIterator[int | None]:
    """Serve `app`; the port, or None without a token. BadSettings when the port is taken."""
    if settings.token is None:
        yield None
        return
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((settings.host, settings.port))
        except OSError as error:
            raise BadSettings(f"REDINK_ADMIN_PORT: {settings.port} on {settings.host}: {error.strerror}") from None
        port: int = listening.getsockname()[1]
        log.get("gateway.admin").info("operators' port open", host=settings.host, port=port)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5, server_header=False
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]), name="admin http")
        try:
            yield port
        finally:
            server.should_exit = True
            await serving
