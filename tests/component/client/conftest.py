"""A gateway, and a line to it that fails as a test orders."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.component.gateway.harness import Running, gateway

MOVED = b"HTTP/1.1 301 x\r\nLocation: https://redink.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BUSY = b"HTTP/1.1 503 x\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Line:
    """What happens to the next connections, in order; when no order is left, nothing does.

    `drop`: closed at once. `busy`: 503. `moved`: 301. `lose`: the request arrives, its answer doesn't. `cut N`: after N answer bytes.
    """

    url: str = ""
    orders: deque[str] = field(default_factory=deque)
    carried: list[str] = field(default_factory=list)


@pytest.fixture
async def running(database: str, tmp_path: Path) -> AsyncIterator[Running]:
    async with gateway(database, tmp_path) as one:
        yield one


@pytest.fixture
async def line(running: Running) -> AsyncIterator[Line]:
    line = Line()
    carrying: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrying.add(asyncio.current_task())  # type: ignore[arg-type]
        order = line.orders.popleft() if line.orders else "pass"
        line.carried.append(order)
        try:
            with contextlib.suppress(ConnectionError):
                await _carry(order, running.port, reader, writer)
        finally:
            await _hang_up(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield line
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)


async def _carry(order: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if order == "drop":
        return
    if order in {"busy", "moved"}:
        await reader.read(65536)
        writer.write(BUSY if order == "busy" else MOVED)
        await writer.drain()
        return
    back, forth = await asyncio.open_connection("127.0.0.1", port)
    sending = asyncio.create_task(_pump(reader, forth))
    try:
        if order == "lose":
            await back.read(1)  # answered: so the request has had its effect
        elif order.startswith("cut"):
            await _pump(back, writer, int(order.split()[1]))
        else:
            await _pump(back, writer)
    finally:
        sending.cancel()
        await _hang_up(forth)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, most: int | None = None) -> None:
    left = most
    while data := await source.read(65536 if left is None else min(left, 65536)):
        sink.write(data)
        await sink.drain()
        if left is not None:
            left -= len(data)
            if left <= 0:
                return


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
