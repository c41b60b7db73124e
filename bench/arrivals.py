"""Uploads and status queries in an open model: they arrive at a fixed rate, whether those before were answered or not.

    python -m bench.arrivals [--rates 5 10 20 40] [--seconds 12] [--burst 100]

Latency counts from the moment at which a request should have been sent, so a client that is behind hides nothing. Beside the
gateway, at the same arrivals, a server that only reads the same bytes and answers 202: what the bytes take on this machine.
CPU seconds are per upload, of the gateway, of its stores and of the clients, which share the machine. Stages don't run.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench.upload import BOUNDARY, form
from deploy.native.services import Service, create_topics
from deploy.native.stack import embedded_stack

SAMPLE = Path(__file__).parents[1] / "samples" / "paper.jpg"
ASKED_PER_SECOND = 20
MIB = 1024 * 1024
READER = "import asyncio; from bench.arrivals import read_only; asyncio.run(read_only())"


class Http:
    """The least that a client can do: bytes made beforehand, connections kept."""

    def __init__(self, url: str, key: str) -> None:
        at = urlsplit(url)
        self._at = str(at.hostname), int(at.port or 80)
        self._head = f"Host: x\r\nAuthorization: Bearer {key}\r\n"
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, line: str, headers: str = "", body: bytes = b"") -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(*self._at)
        writer.write(f"{line} HTTP/1.1\r\n{self._head}{headers}Content-Length: {len(body)}\r\n\r\n".encode())
        writer.write(body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = next(part for part in head.split(b"\r\n") if part.startswith(b"content-length"))
        answer = await reader.readexactly(int(length.split(b":")[1]))
        self._idle.append((reader, writer))
        return int(head.split(b" ", 2)[1]), head, answer

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


class Load:
    """What arrives at one server; milliseconds of each request from its intended moment."""

    def __init__(self, http: Http, body: bytes) -> None:
        self._http = http
        self._body = body
        self.accepted: list[float] = []
        self.asked: list[float] = []
        self.answers: Counter[str] = Counter()
        self._exams: list[str] = []

    async def arrive(self, rate: float, seconds: float) -> None:
        """Uploads at `rate` a second, and status queries beside them."""
        uploads = self._steadily(self._upload, rate, seconds, self.accepted)
        questions = self._steadily(self._ask, ASKED_PER_SECOND, seconds, self.asked)
        await asyncio.gather(uploads, questions)

    async def burst(self, count: int) -> None:
        """So many uploads at the same moment."""
        now = time.perf_counter()
        await asyncio.gather(*(self._timed(self._upload, now, self.accepted) for _ in range(count)))

    async def _steadily(
        self, request: Callable[[], Awaitable[None]], rate: float, seconds: float, into: list[float]
    ) -> None:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for number in range(int(rate * seconds)):
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(self._timed(request, due, into))

    async def _timed(self, request: Callable[[], Awaitable[None]], due: float, into: list[float]) -> None:
        await request()
        into.append((time.perf_counter() - due) * 1000)

    async def _upload(self) -> None:
        headers = (
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nIdempotency-Key: {secrets.token_hex(12)}\r\n"
        )
        status, head, answer = await self._http.ask("POST /api/v1/exams", headers, self._body)
        self._note(status, head)
        if b'"exam_id":"' in answer:
            self._exams.append(answer.split(b'"exam_id":"', 1)[1][:36].decode())

    async def _ask(self) -> None:
        if self._exams:
            status, head, _ = await self._http.ask(f"GET /api/v1/exams/{secrets.choice(self._exams)}/status")
            self._note(status, head)

    def _note(self, status: int, head: bytes) -> None:
        self.answers[f"{status}{' with Retry-After' if status == 503 and b'retry-after' in head else ''}"] += 1


class Cpu:
    """CPU seconds since the start: of the clients, of a server, and of the stores below it."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._before = self._now()

    def per(self, uploads: int) -> dict[str, float]:
        """Milliseconds for each upload."""
        return {name: (value - self._before[name]) / uploads * 1000 for name, value in self._now().items()}

    def _now(self) -> dict[str, float]:
        spent = {"clients": _spent(psutil.Process()), "server": 0.0, "stores": 0.0}
        for child in psutil.Process().children(recursive=True):
            spent["server" if child.pid == self._server else "stores"] += _spent(child)
        return spent


def _spent(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


async def read_only() -> None:
    """A server that reads bodies and does nothing with them; says its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
                left = int(length.split(b":")[1])
                while left > 0:
                    left -= len(await reader.read(min(left, 65536)))
                writer.write(b"HTTP/1.1 202 x\r\nContent-Length: 2\r\n\r\n{}")
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def reader() -> Iterator[tuple[str, int]]:
    """Its address and process."""
    with subprocess.Popen([sys.executable, "-c", READER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid
        finally:
            process.terminate()


async def measure(servers: dict[str, tuple[str, int]], key: str, asked: argparse.Namespace) -> None:
    """One row per server and load."""
    body = form(SAMPLE.read_bytes())
    print(f"uploads of {len(body) / MIB:.1f} MiB, {ASKED_PER_SECOND} status queries a second beside them; ms\n")
    print("| arrivals | server | accept p50 | p99 | status p50 | p99 | CPU of server | stores | clients | answers |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|---|")
    for rate in [*asked.rates, None]:
        for name, (url, pid) in servers.items():
            http = Http(url, key)
            load, cpu = Load(http, body), Cpu(pid)
            await (load.burst(asked.burst) if rate is None else load.arrive(rate, asked.seconds))
            http.close()
            what = f"{asked.burst} at once" if rate is None else f"{rate:g} a second"
            row = [what, name, *_percentiles(load.accepted), *_percentiles(load.asked)]
            row += [
                f"{spent:.1f}" for spent in (cpu.per(len(load.accepted))[n] for n in ("server", "stores", "clients"))
            ]
            print(
                "| " + " | ".join([*row, ", ".join(f"{n} x {a}" for a, n in load.answers.items())]) + " |", flush=True
            )


def _percentiles(values: list[float]) -> list[str]:
    ordered = sorted(values)
    return [f"{ordered[min(len(ordered) - 1, int(len(ordered) * p))]:.0f}" if ordered else "" for p in (0.5, 0.99)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=float, nargs="+", default=[5, 10, 20, 40])
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--burst", type=int, default=100)
    asked = parser.parse_args()
    key = f"rk_dev_{secrets.token_hex(24)}"
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_stack(folder, given=os.environ) as stack,
        reader() as bytes_only,
    ):
        settings = {**stack.environment(), "REDINK_GATEWAY_DEV_KEY": key, "REDINK_GATEWAY_MAX_IN_FLIGHT": "1000000"}
        create_topics(settings)
        gateway = Service("gateway", Path(folder), settings=settings)
        stack.supervisor.start(gateway)
        servers = {"bytes only": bytes_only, "gateway": (gateway.url, gateway.pid)}
        asyncio.run(measure(servers, key, asked))


if __name__ == "__main__":
    main()
