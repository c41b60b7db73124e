"""A scripted receiver of webhooks: good, flaky (500 twice), hanging, redirecting; it notes who told it what."""

import asyncio
import contextlib
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_FLAKY = 2


class Receiver:
    """One server, a path per kind of misbehaviour."""

    def __init__(self) -> None:
        self.url = ""
        self.counts: Counter[str] = Counter()
        self._told: list[tuple[str, str, str, int]] = []
        self._held: dict[str, asyncio.Event] = {}

    def ids(self, path: str) -> list[str]:
        """The webhook-id of each attempt at a path."""
        return [one for where, one, _, _ in self._told if where == path]

    def about(self, exam: str) -> list[str]:
        """The webhook-id of each attempt to tell the good path of an exam."""
        return [one for where, one, of, _ in self._told if where == "good" and of == exam]

    def ids_by_exam(self) -> dict[str, set[str]]:
        """The webhook-ids that told the good path of each exam: one per end."""
        found: dict[str, set[str]] = defaultdict(set)
        for where, one, of, _ in self._told:
            if where == "good":
                found[of].add(one)
        return found

    def heard(self, path: str, status: int) -> bool:
        """Whether an attempt at a path was answered so."""
        return any(where == path and code == status for where, _, _, code in self._told)

    def hold(self, path: str) -> None:
        """Take messages at this path and answer none until released."""
        self._held[path] = asyncio.Event()

    def release(self, path: str) -> None:
        """Answer again."""
        self._held.pop(path).set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one message."""
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = [line.partition(":") for line in head.splitlines()[1:] if line]
                headers = {name.lower(): value.strip() for name, _, value in lines}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                path = head.split(" ")[1].strip("/")
                await self._answer(writer, path, headers, body)
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, path: str, headers: dict[str, str], body: bytes) -> None:
        self.counts[path] += 1
        status = self._status(path)
        exam = json.loads(body or b"{}").get("data", {}).get("exam_id", "")
        self._told.append((path, headers.get("webhook-id", ""), exam, status))
        if path == "hang":
            await asyncio.sleep(30)
        if held := self._held.get(path):
            await held.wait()
        where = f"Location: {self.url}elsewhere\r\n" if status == 302 else ""
        writer.write(f"HTTP/1.1 {status} x\r\n{where}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()

    def _status(self, path: str) -> int:
        if path == "redirect":
            return 302
        return 500 if path == "flaky" and self.counts[path] <= _FLAKY else 204


@asynccontextmanager
async def open_receiver() -> AsyncIterator[Receiver]:
    """On a free port, while the context lasts."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield receiver
    finally:
        server.close()
