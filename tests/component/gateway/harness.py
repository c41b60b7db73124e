"""A gateway on a real database behind real HTTP; only Kafka is played, by a bus whose failures a test decides."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import uvicorn
from pydantic import SecretStr

from contracts.artefacts import Report
from contracts.errors import ErrorCode
from contracts.events import BlobRef, ExamEvent, ExamReported, ExamStatus, StatusKind
from contracts.result import Result, ResultDiagnosis, ResultReport, ResultScore
from contracts.status import Status
from contracts.topics import REPORTED, STATUS, artefact_path
from runtime import health
from runtime.blobs import Blobs
from runtime.blobs_local import LocalBlobs
from runtime.cache import Cache, Nothing
from runtime.envelope import Record
from runtime.health import Health
from runtime.trace import UNTRACED, Trace, Tracer
from services.gateway.app import open_gateway
from services.gateway.ledger import Ledger
from services.gateway.ports import Handler
from services.gateway.settings import GatewaySettings, PostgresSettings

DEV_KEY = "rk_dev_" + "d" * 43
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
PDF = b"%PDF-1.7\n" + b"x" * 5000
FORM = {"subject": "math", "grade": "7", "student_id": "s-1"}
PATIENCE = 60.0
"""Seconds that a test waits for an answer, and the gateway for its database: a busy machine is no fault of ours."""


@dataclass
class Bus:
    """Kafka as the gateway sees it."""

    published: list[tuple[str, ExamEvent, uuid.UUID, Trace]] = field(default_factory=list)
    refuse: Callable[[str], bool] = lambda _topic: False
    handler: Handler | None = None

    async def publish(self, topic: str, event: ExamEvent, *, event_id: uuid.UUID, source: str, trace: Trace) -> None:
        if self.refuse(topic):
            raise TimeoutError("the broker is away")
        await asyncio.sleep(0)
        self.published.append((topic, event, event_id, trace))

    @asynccontextmanager
    async def consume(self, topics: Sequence[str], group: str, handler: Handler, **_: int) -> AsyncIterator[None]:
        self.handler = handler
        yield

    def topics_of(self, exam_id: object) -> list[str]:
        return [topic for topic, event, *_ in self.published if str(event.exam_id) == str(exam_id)]


@dataclass
class Outside:
    """What the composition root would hand in."""

    kafka: Bus
    blobs: Blobs
    health: Health = field(default_factory=Health)
    cache: Cache = field(default_factory=Nothing)
    tracer: Tracer = UNTRACED


@dataclass
class Running:
    """One gateway process, so to say."""

    client: httpx.AsyncClient
    port: int
    bus: Bus
    blobs: Blobs
    dsn: str

    async def upload(self, *, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
        files = [("files", ("p1.jpg", JPEG, "image/jpeg"))]
        return await self.client.post("/api/v1/exams", data={**FORM, **form}, files=files, headers=headers)

    async def exam(self, **form: str) -> dict[str, Any]:
        response = await self.upload(headers=None, **form)
        assert response.status_code == 202, response.text
        return dict(response.json())

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(f"/api/v1{path}", **more)

    async def status(self, exam_id: str) -> dict[str, Any]:
        return dict((await self.get(f"/exams/{exam_id}/status")).json())

    async def deliver(self, topic: str, event: ExamEvent) -> None:
        assert self.bus.handler is not None
        await self.bus.handler(Record(topic, 0, 0, str(event.exam_id).encode(), event.model_dump_json().encode()))

    async def say(self, exam: dict[str, Any], status: Status, **more: Any) -> None:
        await self.deliver(STATUS, status_event(exam, status, **more))

    async def report(self, exam: dict[str, Any]) -> None:
        """All that the report stage does."""
        exam_id, revision = exam["exam_id"], exam.get("revision", 1)
        put = self.blobs.put
        base = f"dev/{exam_id}/{revision}"
        result = Result(
            exam_id=str(exam_id),
            subject="math",
            grade=7,
            score=ResultScore(earned=None, max=None, graded=0, needs_review=0),
            diagnosis=ResultDiagnosis(engine="played"),
            report=ResultReport(html="/report.html", pdf="/report.pdf"),
        )
        artefact = Report(
            result=await put(f"{base}/result.json", result.model_dump_json(by_alias=True).encode()),
            html=await put(f"{base}/report.html", b"<!doctype html><p>ok"),
            pdf=await put(f"{base}/report.pdf", PDF),
            pages=(await put(f"{base}/page-1.jpg", JPEG),),
        )
        path = artefact_path("dev", exam_id, revision, "report")
        ref = await put(path, artefact.model_dump_json().encode())
        await self.deliver(REPORTED, ExamReported(**said(exam), artefact=ref))

    async def sql(self, statement: str, *arguments: object) -> list[Any]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()


def said(exam: dict[str, Any], tenant: str = "dev") -> dict[str, Any]:
    return {
        "exam_id": exam["exam_id"],
        "tenant": tenant,
        "revision": exam.get("revision", 1),
        "uploaded_at": exam["created_at"],
        "deadline": exam["deadline"],
    }


STAGE_OF = {
    Status.OCR_PROCESSING: "ocr", Status.OCR_COMPLETED: "ocr", Status.PARSING: "parser", Status.PARSED: "parser",
    Status.ANALYZING: "analyzer", Status.ANALYZED: "analyzer", Status.DIAGNOSING: "diagnostic",
    Status.DIAGNOSED: "diagnostic", Status.REPORT_GENERATING: "report", Status.REPORT_GENERATED: "report",
}  # fmt: skip


def status_event(
    exam: dict[str, Any],
    status: Status,
    *,
    stage: str | None = None,
    code: ErrorCode | None = None,
    tenant: str = "dev",
    kind: StatusKind | None = None,
    **more: Any,
) -> ExamStatus:
    if kind is None:
        ends = status.value.endswith("ED") or status is Status.PARSED
        kind = StatusKind.FAILED if code else StatusKind.COMPLETED if ends else StatusKind.STARTED
    return ExamStatus(
        **said(exam, tenant),
        stage=stage or STAGE_OF[status],
        kind=kind,
        status=status,
        at=datetime.now(UTC),
        code=code,
        **more,
    )


def settings(**changes: Any) -> GatewaySettings:
    quick: dict[str, Any] = {
        "dev_key": SecretStr(DEV_KEY),
        "sweep_seconds": 3600,
        "relay_poll_seconds": 0.2,
        "relay_retry_seconds": 0.05,
        "sse_poll_seconds": 0.5,
        "sse_heartbeat_seconds": 0.3,
        "store_seconds": PATIENCE,
    }
    return GatewaySettings(**{**quick, **changes})


@asynccontextmanager
async def gateway(
    dsn: str,
    folder: Path,
    *,
    bus: Bus | None = None,
    outside: Any = None,
    postgres: PostgresSettings | None = None,
    keep_books: Callable[[Ledger], Ledger] = lambda ledger: ledger,
    opened: dict[str, Any] | None = None,
    **changes: Any,
) -> AsyncIterator[Running]:
    """A gateway, serving; `opened` are further arguments of `open_gateway`."""
    outside = outside or Outside(bus or Bus(), LocalBlobs(folder))
    postgres = postgres or PostgresSettings(
        dsn=SecretStr(dsn), pool=8, acquire_timeout=PATIENCE, statement_timeout=PATIENCE
    )
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(
            open_gateway(outside, settings(**changes), postgres, keep_books=keep_books, **(opened or {}))
        )
        outside.health.started = True
        port = await stack.enter_async_context(serve(health.app(outside.health, api)))
        headers = {"Authorization": f"Bearer {DEV_KEY}"}
        client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=2 * PATIENCE, trust_env=False
        )
        await stack.enter_async_context(client)
        yield Running(client, port, outside.kafka, outside.blobs, dsn)


@asynccontextmanager
async def serve(app: Any) -> AsyncIterator[int]:
    """The app on a free port of loopback."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        ws_max_size=4096,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    # With the protocol named, asyncio turns Nagle off: else each answer waits 40 ms for a delayed ACK.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        task = asyncio.create_task(server._serve([listening]))
        await until(lambda: server.started)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await task


async def raw(port: int, head: str, body: bytes, *, finish: bool = True) -> tuple[int, bytes]:
    """Send bytes as they are; (status, the rest of the answer). `finish=False` closes the sending side early."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.replace("\n", "\r\n").encode() + body)
        await writer.drain()
        if not finish:
            writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
    finally:
        writer.close()
        await writer.wait_closed()
    return (int(answer.split(b" ", 2)[1]) if answer else 0), answer


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Wait for a condition, which may be a coroutine function. Patience costs only where the test fails anyway."""
    async with asyncio.timeout(seconds):
        while True:
            value = condition()
            if asyncio.iscoroutine(value):
                value = await value
            if value:
                return
            await asyncio.sleep(0.02)


__all__ = ["BlobRef", "Bus", "Outside", "Running", "gateway", "raw", "said", "status_event", "until"]
