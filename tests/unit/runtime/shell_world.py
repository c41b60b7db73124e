"""A shell with ports in memory: what it stores and says, a clock and illnesses of one's own."""

import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.artefacts import Paper
from contracts.artefacts.paper import Header
from contracts.base import Contract
from contracts.events import BlobRef, ExamControl, ExamEvent, ExamRead, ExamStatus, derived_id
from contracts.topics import CONTROL, STAGE, STATUS, artefact_path
from runtime import trace
from runtime.blobs import BlobMissing, ref_of, verified
from runtime.cache import Nothing
from runtime.cancellations import Cancellations
from runtime.envelope import Envelope, Headers, Record, encode
from runtime.job import Job
from runtime.settings import FlowSettings
from runtime.shell import Shell
from runtime.stage import Stage

ROW = STAGE["parser"]
EMPTY = Paper(header=Header())
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DEADLINE = NOW + timedelta(minutes=10)
EVENT = ExamRead(
    exam_id=uuid.UUID(int=7),
    tenant="school-a",
    uploaded_at=NOW,
    deadline=DEADLINE,
    artefact=BlobRef(path="x", sha256="0" * 64, size=0),
)
PATH = artefact_path(EVENT.tenant, EVENT.exam_id, 1, "parser")


async def works(_: Job) -> Contract:
    return EMPTY


class World:
    """Ports of one shell; `before_put` and `after_put` may do or raise something, once per call."""

    def __init__(self, tracer: trace.Tracer = trace.UNTRACED) -> None:
        self.tracer = tracer
        self.traces: list[tuple[str, trace.Trace]] = []
        self.now = NOW.timestamp()
        self.blobs: dict[str, bytes] = {}
        self.published: list[tuple[str, Any]] = []
        self.cancellations = Cancellations()
        self.before_put: Callable[[], None] = lambda: None
        self.after_put: Callable[[], None] = lambda: None
        self.before_read: Callable[[], None] = lambda: None

    async def deliver(self, work: Any = works, attempt: int = 1) -> None:
        await self.handle(record(attempt), work)

    async def handle(self, record: Record, work: Any = works) -> None:
        shell = Shell(
            Stage("parser", work),
            publisher=self,
            blobs=self,
            starts=Nothing(),
            cancellations=self.cancellations,
            workers=None,
            settings=FlowSettings(),
            clock=lambda: self.now,
            chance=lambda: 0.5,
            tracer=self.tracer,
        )
        await shell.handle(record)

    def cancel(self) -> None:
        control = ExamControl(**EVENT.model_dump(exclude={"artefact"}))
        self.cancellations.hear(Record(CONTROL, 0, 0, None, control.model_dump_json().encode()))

    @property
    def statuses(self) -> list[str]:
        """What was said on the status topic, as "PARSING started"."""
        return [f"{e.status} {e.kind}" for topic, e in self.published if isinstance(e, ExamStatus) and topic == STATUS]

    @property
    def topics(self) -> list[str]:
        return [topic for topic, _ in self.published if topic != STATUS]

    # blobs
    async def put(self, path: str, data: bytes) -> BlobRef:
        self.before_put()
        kept = self.blobs.setdefault(path, data)
        self.after_put()
        return ref_of(path, kept)

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes]) -> BlobRef:
        return await self.put(path, b"".join([chunk async for chunk in chunks]))

    async def get(self, ref: BlobRef) -> bytes:
        return verified(ref, await self.read(ref.path))

    async def read(self, path: str) -> bytes:
        self.before_read()
        if path not in self.blobs:
            raise BlobMissing(path)
        return self.blobs[path]

    async def ready(self) -> None: ...

    # Kafka
    async def publish(
        self, topic: str, event: ExamEvent, *, event_id: uuid.UUID, source: str, trace: trace.Trace
    ) -> None:
        self.published.append((topic, event))
        self.traces.append((topic, trace))

    async def send(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self.published.append((topic, headers))


def record(attempt: int = 1) -> Record:
    """The event as it is delivered."""
    envelope = Envelope(derived_id(EVENT.exam_id, "ocr", 1), ROW.sources[0], "/redink/ocr", NOW, trace.start())
    key, value, headers = encode(envelope, EVENT)
    headers |= {"x-attempt": str(attempt)}
    return Record(ROW.sources[0], 0, 0, key, value, tuple((name, text.encode()) for name, text in headers.items()))
