"""A hundred clients upload at once and ask for status: `python -m bench.concurrent [--clients 100] [--uploads 600]`.

Beside the gateway, in the same run, a server that only reads the same bytes and answers 202: what the bytes themselves take on
this machine, clients included. The difference is the gateway's. Stages don't run: they would take the two cores.
"""

import argparse
import asyncio
import contextlib
import os
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import psutil

from deploy.native.services import Service, create_topics
from deploy.native.stack import embedded_stack

SAMPLE = Path(__file__).parents[1] / "samples" / "paper.jpg"
HEAD = b"HTTP/1.1 202 x\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
MIB = 1024 * 1024


class Clients:
    """So many at once; seconds of each request, and what they were answered."""

    def __init__(self, url: str, key: str, count: int) -> None:
        limits = httpx.Limits(max_connections=count + 20)
        self._http = httpx.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, limits=limits, timeout=120, trust_env=False
        )
        self._count = count
        self._data = SAMPLE.read_bytes()
        self.seconds: list[float] = []
        self.asked: list[float] = []
        self.answers: Counter[str] = Counter()
        self.exams: list[str] = []

    async def upload(self, total: int) -> None:
        """`total` uploads, each client one after the other."""
        left = iter(range(total))

        async def one() -> None:
            for _ in left:
                await self._timed(self._upload, self.seconds)

        await asyncio.gather(*(one() for _ in range(self._count)))

    async def ask(self, until: "asyncio.Task[None]") -> None:
        """Ask for the status of what was accepted, twenty times a second, while uploads go on."""
        while not until.done():
            if self.exams:
                await self._timed(self._ask, self.asked)
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        await self._http.aclose()

    async def _timed(self, request: Callable[[], Awaitable[None]], into: list[float]) -> None:
        began = time.perf_counter()
        await request()
        into.append(time.perf_counter() - began)

    async def _upload(self) -> None:
        answer = await self._http.post(
            "/api/v1/exams",
            data={"subject": "math", "grade": "7"},
            files=[("files", ("p.jpg", self._data, "image/jpeg"))],
            headers={"Idempotency-Key": secrets.token_hex(16)},
        )
        self._note(answer)
        if exam := answer.json().get("exam_id"):
            self.exams.append(exam)

    async def _ask(self) -> None:
        self._note(await self._http.get(f"/api/v1/exams/{secrets.choice(self.exams)}/status"))

    def _note(self, answer: httpx.Response) -> None:
        honest = answer.status_code == 503 and "retry-after" in answer.headers
        self.answers[f"{answer.status_code}{' with Retry-After' if honest else ''}"] += 1


@contextlib.asynccontextmanager
async def reader() -> AsyncIterator[str]:
    """A server that reads bodies and does nothing with them."""

    async def serve(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await source.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
                left = int(length.split(b":")[1])
                while left > 0:
                    left -= len(await source.read(min(left, 65536)))
                sink.write(HEAD)
                await sink.drain()
        sink.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def measure(gateway: Service, key: str, clients: int, uploads: int) -> None:
    """Upload to both, print what it took."""
    async with reader() as url:
        bytes_only = Clients(url, key, clients)
        await bytes_only.upload(uploads)
        await bytes_only.close()
    process = psutil.Process(gateway.pid)
    before, most = process.memory_info().rss, 0
    people = Clients(gateway.url, key, clients)
    began = time.perf_counter()
    uploading = asyncio.create_task(people.upload(uploads))
    asking = asyncio.create_task(people.ask(uploading))
    while not uploading.done():
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(0.05)
    await asyncio.gather(uploading, asking)
    took = time.perf_counter() - began
    alone = Clients(gateway.url, key, 1)
    alone.exams = people.exams
    for _ in range(300):
        await alone._timed(alone._ask, alone.asked)  # noqa: SLF001 - its own
    await asyncio.gather(people.close(), alone.close())
    size = SAMPLE.stat().st_size / MIB
    print(f"{uploads} uploads of {size:.1f} MiB by {clients} clients at once: {uploads / took:.0f} a second")
    print(f"answers: {dict(people.answers)}")
    row("bytes only, accept", bytes_only.seconds)
    row("gateway, accept", people.seconds)
    row("gateway, status under that load", people.asked)
    row("gateway, status at rest", alone.asked)
    print(f"gateway memory: {before / MIB:.0f} MiB before, at most {most / MIB:.0f} MiB")


def row(name: str, seconds: list[float]) -> None:
    """Percentiles in milliseconds."""
    ordered = sorted(seconds)
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.99))
    print(f"{name:34} p50 {p50:8.1f} ms   p99 {p99:8.1f} ms   {len(ordered)} requests")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--uploads", type=int, default=600)
    asked = parser.parse_args()
    key = f"rk_dev_{secrets.token_hex(24)}"
    with tempfile.TemporaryDirectory() as folder, embedded_stack(folder, given=os.environ) as stack:
        settings = {**stack.environment(), "REDINK_GATEWAY_DEV_KEY": key, "REDINK_GATEWAY_MAX_IN_FLIGHT": "1000000"}
        create_topics(settings)
        gateway = Service("gateway", Path(folder), settings=settings)
        stack.supervisor.start(gateway)
        asyncio.run(measure(gateway, key, asked.clients, asked.uploads))


if __name__ == "__main__":
    main()
