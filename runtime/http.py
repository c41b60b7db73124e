"""HTTP ports of a process: bound first, served while it runs."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from runtime.settings import BadSettings


@contextlib.contextmanager
def listening(host: str, port: int, setting: str) -> Iterator[socket.socket]:
    """Bind before anything else: a taken port is the commonest mistake, and it should be told at once.

    BadSettings names the `setting` that the port is from.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By its protocol asyncio knows TCP and switches off Nagle, which costs each answer some 50 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
        except OSError as error:
            raise BadSettings(f"{setting}: {port} on {host}: {error.strerror}") from None
        yield bound


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the process decides when to leave, and in which order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, bound: socket.socket) -> AsyncIterator[None]:
    """Serve while the context lasts; open answers get 5 s to end."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
        server_header=False,
        ws_max_size=4096,  # clients have nothing to say
        ws_per_message_deflate=False,  # an event is half a kilobyte, a compressor per client two hundred
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]), name="http")
    try:
        yield
    finally:
        server.should_exit = True
        await task
