"""A scripted language model over HTTP: ill for so many requests, in the ways such services are, and well afterwards."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_GOOD = b'{"ok": true}'
_BODIES = {
    "garbage": b'{"ok": tr',
    "schema": b'{"score": "full marks"}',
    "huge": b'{"ok": true, "x": "' + b"x" * 10 * 1024 * 1024 + b'"}',
}
_HANG = 30.0


class Model:
    """One endpoint. `asked` counts requests since the last order, `open` those not answered yet."""

    def __init__(self) -> None:
        self.url = ""
        self.asked = 0
        self.open = 0
        self._kind = ""
        self._times = 0

    def be(self, kind: str, times: int) -> None:
        """Answer the next so many requests in this way: 429, 500, hang, garbage, huge, schema."""
        self._kind, self._times, self.asked = kind, times, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        self.open += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                await self._answer(reader, writer, self._kind if self.asked <= self._times else "")
        finally:
            self.open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: str) -> None:
        if kind == "hang":
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_HANG):
                    await reader.read()  # until the client gives up
            return
        status = {"429": "429 Too Many Requests\r\nRetry-After: 1", "500": "500 Internal Server Error"}.get(
            kind, "200 OK"
        )
        body = _BODIES.get(kind, _GOOD)
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()


@asynccontextmanager
async def open_model() -> AsyncIterator[Model]:
    """On a free port, while the context lasts."""
    model = Model()
    server = await asyncio.start_server(model.serve, "127.0.0.1", 0)
    model.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield model
    finally:
        server.close()
