"""Live clients per gateway: how late they hear, what they cost; beside the herd in which each client asks the database.

python -m bench.subscribers [--clients 500] [--seconds 20]

One gateway process serves; this process plays the clients (SSE over sockets) and another replica that projects. Late is
from an event's time in the database to its arrival at a client, on one clock.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import statistics
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
from pydantic import SecretStr

from contracts.status import Status
from deploy.native.stack import embedded_stack
from services.gateway.api.events import EventStream
from services.gateway.core.progress import Position
from services.gateway.database import open_database
from services.gateway.history import events_after
from services.gateway.live import hub
from services.gateway.notices import wait
from services.gateway.postgres import PostgresLedger
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import DEV_KEY, gateway

TOTAL = 1_000_000
"""Pages an exam says it has, so that its progress has that many events."""


@dataclass(frozen=True)
class Shape:
    """How many clients on how many exams, told how often, by which server."""

    name: str
    alone: bool
    clients: int
    exams: int
    per_second: float
    seconds: float


@dataclass
class Heard:
    """What the clients heard, how often they were told to come again, and how often they were cut off."""

    late: list[float] = field(default_factory=list)
    numbers: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    cut: int = 0


def herd() -> None:
    """As it was before: every client waits for the notice and asks the database for itself."""
    waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def heard(_hub: Any, exam_id: str | None) -> None:
        groups = waiting.values() if exam_id is None else [waiting.get(exam_id, set())]
        for event in {event for group in groups for event in group}:
            event.set()

    async def stream(self: Any, send: Any) -> None:
        changed, number = asyncio.Event(), self._after
        waiting[str(self._exam.exam_id)].add(changed)
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while True:
            events = await events_after(self._hub._pool, self._exam.exam_id, number)  # noqa: SLF001
            for event in events:
                data = self._hub._encode(self._exam.exam_id, event)  # noqa: SLF001
                text = f"id: {event.number}\nevent: status\ndata: {data}\n\n"
                await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
                number = event.number
            await wait(changed, 2.0)

    hub.Hub.heard = heard  # type: ignore[method-assign]
    EventStream.stream_response = stream  # type: ignore[method-assign]


def serve(dsn: str, folder: str, alone: bool, pipe: Connection) -> None:
    """The gateway's process, until it is killed."""
    if alone:
        herd()

    async def run() -> None:
        postgres = PostgresSettings(dsn=SecretStr(dsn), pool=16)
        more = {"live_per_tenant": 10_000, "sse_poll_seconds": 2.0, "sse_heartbeat_seconds": 15.0}
        async with gateway(dsn, Path(folder), postgres=postgres, max_in_flight=100_000, **more) as running:
            pipe.send(running.port)
            await asyncio.Event().wait()

    asyncio.run(run())


async def client(number: int, port: int, exam_id: str, heard: Heard, ready: asyncio.Event) -> None:
    """One SSE client, as a good one is: cut off it resumes, told 503 it comes again after Retry-After."""
    while True:
        after = heard.numbers[number][-1] if heard.numbers[number] else 1
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        asked = f"GET /api/v1/exams/{exam_id}/events?after={after} HTTP/1.1"
        writer.write(f"{asked}\r\nHost: x\r\nAuthorization: Bearer {DEV_KEY}\r\n\r\n".encode())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            status = int(head.split(" ", 2)[1])
            if status == 503:
                heard.refused += 1
                await asyncio.sleep(int(re.findall(r"(?i)retry-after: (\d+)", head)[0]))
                continue
            if status != 200:
                raise AssertionError(head)
            ready.set()
            await listen(number, reader, heard)
            heard.cut += 1
        finally:
            writer.close()


async def listen(number: int, reader: asyncio.StreamReader, heard: Heard) -> None:
    """Note what comes, until the stream ends."""
    while line := await reader.readline():
        if line.startswith(b"data: "):
            now = time.time()
            data = json.loads(line[6:])
            heard.late.append(now - datetime.fromisoformat(data["at"]).timestamp())
            heard.numbers[number].append(data["number"])


@asynccontextmanager
async def clients(port: int, exams: list[str], count: int) -> AsyncIterator[Heard]:
    """`count` clients, spread over the exams, all connected."""
    heard, ready = Heard(), [asyncio.Event() for _ in range(count)]
    async with asyncio.TaskGroup() as group:  # a client that fails ends the run
        tasks = [
            group.create_task(client(number, port, exams[number % len(exams)], heard, ready[number]))
            for number in range(count)
        ]
        async with asyncio.timeout(120):
            for each in ready:
                await each.wait()
        yield heard
        for task in tasks:
            task.cancel()


async def progress(pool: asyncpg.Pool, exams: list[str], per_second: float, seconds: float) -> int:
    """Another replica projects: one event at a time; how many."""
    ledger, sent, begun = PostgresLedger(pool), 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        async with ledger.transaction("project") as books:
            exam = await books.lock(uuid.UUID(exams[sent % len(exams)]))
            assert exam is not None
            done = (exam.position.done or 0) + 1
            await books.move(exam, [Position(1, Status.OCR_PROCESSING, 10, "ocr", 1, done, TOTAL)])
        sent += 1
        await asyncio.sleep(max(0.0, begun + sent / per_second - time.monotonic()))
    return sent


async def gauge(port: int) -> tuple[float, float]:
    """(CPU seconds, MB resident) of the gateway."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    found = dict(re.findall(r"^(process_\w+) (\S+)$", text, re.MULTILINE))
    return float(found["process_cpu_seconds_total"]), float(found["process_resident_memory_bytes"]) / 1e6


async def reads(pool: asyncpg.Pool) -> int:
    """Statements on exam_events so far, whoever made them."""
    await asyncio.sleep(1.5)  # the server tells with a delay
    return int(await pool.fetchval("SELECT seq_scan + idx_scan FROM pg_stat_user_tables WHERE relname = 'exam_events'"))


async def measure(dsn: str, shape: Shape) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(dsn, folder, shape.alone, theirs))
        process.start()
        stack.callback(process.join)
        stack.callback(process.terminate)
        port = await asyncio.to_thread(ours.recv)
        pool = await stack.enter_async_context(open_database(PostgresSettings(dsn=SecretStr(dsn), pool=4)))
        exams = [await upload(port) for _ in range(shape.exams)]
        at_rest, idle = await gauge(port)
        begun = time.monotonic()
        heard = await stack.enter_async_context(clients(port, exams, shape.clients))
        opening = time.monotonic() - begun, (await gauge(port))[0] - at_rest
        await asyncio.sleep(2)
        heard.late.clear()
        cpu, before = (await gauge(port))[0], await reads(pool)
        sent = await progress(pool, exams, shape.per_second, shape.seconds)
        await asyncio.sleep(2)
        after_cpu, resident = await gauge(port)
        each = len(heard.late)
        late = sorted(heard.late)
        for numbers in heard.numbers.values():
            assert numbers == list(range(2, 2 + len(numbers))), "a gap or a repeat"
        return {
            "what": shape.name, "opened in s": round(opening[0], 2), "told 503": heard.refused, "cut off": heard.cut,
            "ms CPU to open one": round(1000 * opening[1] / shape.clients, 1), "events": sent, "deliveries": each, "expected": sent * shape.clients // shape.exams,
            "p50 ms": round(1000 * statistics.median(late), 1), "p99 ms": round(1000 * late[int(0.99 * each)], 1),
            "CPU s": round(after_cpu - cpu, 2), "µs CPU per delivery": round(1e6 * (after_cpu - cpu) / each),
            "KB per client": round(1000 * (resident - idle) / shape.clients), "reads": await reads(pool) - before,
        }  # fmt: skip


async def upload(port: int) -> str:
    form = {"subject": "math", "grade": "7"}
    files = [("files", ("p.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8, "image/jpeg"))]
    headers = {"Authorization": f"Bearer {DEV_KEY}"}
    async with httpx.AsyncClient(trust_env=False, timeout=60, headers=headers) as http:
        answer = await http.post(f"http://127.0.0.1:{port}/api/v1/exams", data=form, files=files)
    answer.raise_for_status()
    return str(answer.json()["exam_id"])


async def main(count: int, seconds: float, dsn: str) -> None:
    shapes = [("one exam", 1, 5.0), ("50 exams", 50, 25.0)]
    rows = []
    for shape, exams, per_second in shapes:
        for name, alone in (("hub", False), ("herd", True)):
            database = f"bench_{uuid.uuid4().hex}"
            admin = await asyncpg.connect(dsn)
            await admin.execute(f"CREATE DATABASE {database}")
            await admin.close()
            own = urlsplit(dsn)._replace(path=f"/{database}").geturl()
            what = Shape(f"{count} on {shape}: {name}", alone, count, exams, per_second, seconds)
            rows.append(await measure(own, what))
            print(rows[-1], flush=True)
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as place,
        embedded_stack(Path(place), "tansu", given=os.environ, durable=False) as servers,
    ):
        asyncio.run(main(asked.clients, asked.seconds, servers.postgres_dsn))
