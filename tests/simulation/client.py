"""Those who upload: with an Idempotency-Key, again when they don't know, giving up at times, cancelling at times."""

import asyncio
import contextlib
import functools
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from contracts.artefacts import EssayTask, Header, Submission, UploadedFile
from contracts.base import Contract
from contracts.events import BlobRef
from contracts.topics import SUBMISSION, artefact_path
from runtime import trace
from services.gateway import acceptance, keyed
from services.gateway.api.exams import _cancel
from services.gateway.core.form import Form
from services.gateway.core.problems import Problem
from services.gateway.essays.paper import AFTER
from services.gateway.exams import Exam
from services.gateway.idempotency import Earlier
from services.gateway.ledger import Ledger, transact
from services.gateway.replay import replay
from services.gateway.settings import GatewaySettings
from tests.simulation.blobs import SimulatedBlobs
from tests.simulation.process import PortError, Process
from tests.simulation.stages import Fate, Story, ToldPaper, ToldReading

TENANT = "school"
LEASE = 3.0
LIMITS = acceptance.Limits(in_flight=100, outbox=1000)
PATIENCE = 6.0
"""Seconds a client waits for an answer."""


@dataclass
class Upload:
    """The journal of one upload. `answers`: the exams that 202 named."""

    key: str
    marker: str
    fate: Fate
    priority: str
    deadline: float
    at: float
    cancel_after: float | None = None
    gives_up: bool = False
    replays_from: str | None = None
    answers: list[uuid.UUID] = field(default_factory=list)
    cancelled: bool = False
    asked: int = 0

    @property
    def essay(self) -> bool:
        """Whether it is text, which no stage before the analyzer has anything to do for: some of those that it suits.

        Told by the marker, so that it costs no number of the seed's.
        """
        return self.fate.stage not in {"ocr", "parser"} and self.marker[-1] in "048"


@dataclass(frozen=True)
class Door:
    """What an upload needs of a gateway process."""

    process: Process
    ledger: Ledger
    blobs: SimulatedBlobs
    settings: GatewaySettings

    async def upload(self, upload: Upload, exam_id: uuid.UUID) -> uuid.UUID:
        """As POST /exams does, or POST /essays, without HTTP."""
        held = await acceptance.reserve(self.ledger, TENANT, upload.key, LEASE, LIMITS)
        if isinstance(held, Earlier):
            return held.exam_id
        async with keyed.holding(self.ledger, held, LEASE):
            form = Form("math", 7, upload.marker, None, None, "zh-CN", upload.priority, None, ())  # type: ignore[arg-type]
            submission, artefact = await (self._typed if upload.essay else self._paper)(upload, exam_id, form)
            offer = acceptance.Offer(
                exam_id, TENANT, form, submission, artefact, held, trace.start().traceparent, upload.deadline, LIMITS,
                lambda exam: {"exam_id": str(exam.exam_id)}, AFTER if upload.essay else None,
            )  # fmt: skip
            accepted = await acceptance.accept(self.ledger, offer)
        return accepted.exam.exam_id

    async def _paper(self, upload: Upload, exam_id: uuid.UUID, form: Form) -> tuple[Submission, BlobRef]:
        page = await self.blobs.put(f"{TENANT}/{exam_id}/1/upload-1", upload.marker.encode())
        submission = form.submission([UploadedFile(blob=page, media_type="image/jpeg")])
        return submission, await self._put(exam_id, SUBMISSION, submission)

    async def _typed(self, upload: Upload, exam_id: uuid.UUID, form: Form) -> tuple[Submission, BlobRef]:
        """What the stages before the analyzer would have stored, with the story that they would have told."""
        submission = replace(form, essay=EssayTask(content=upload.marker)).submission(())
        await self._put(exam_id, SUBMISSION, submission)
        story: Story = (upload.marker, "typed")
        await self._put(exam_id, "ocr", ToldReading(pages=(), engine="typed", story=story))
        return submission, await self._put(exam_id, AFTER.name, ToldPaper(header=Header(), story=(*story, "typed")))

    async def _put(self, exam_id: uuid.UUID, name: str, artefact: Contract) -> BlobRef:
        return await self.blobs.put(artefact_path(TENANT, exam_id, 1, name), artefact.model_dump_json().encode())

    async def cancel(self, exam_id: uuid.UUID) -> Exam:
        """As POST /exams/{id}/cancel does."""
        _, moved = await transact(
            self.ledger, "cancel", lambda books: _cancel(books, exam_id, trace.start().traceparent)
        )
        return moved

    async def replay(self, exam_id: uuid.UUID, stage: str) -> Exam:
        """As POST /exams/{id}/retry does."""
        return await replay(self.ledger, self.blobs, exam_id, stage, self.settings, limits=LIMITS)


class Client:
    """One uploader, outside of all that can crash."""

    def __init__(self, upload: Upload, doors: dict[str, Door], rng: random.Random) -> None:
        self.upload = upload
        self._doors = doors
        self._rng = rng

    async def run(self) -> None:
        """Upload until there is an answer, or enough; then maybe ask once more, and maybe cancel."""
        upload = self.upload
        await asyncio.sleep(upload.at)
        while not upload.answers:
            if self._rng.random() < 0.1:
                await asyncio.gather(self._try(), self._try())
            else:
                await self._try()
            if upload.gives_up and upload.asked > 1:
                break
            await asyncio.sleep(self._rng.random())
        if self._rng.random() < 0.2:
            await self._try()
        if upload.cancel_after is not None and upload.answers:
            await asyncio.sleep(upload.cancel_after)
            await self._cancel(upload.answers[0])
        if upload.replays_from is not None and upload.answers:
            await self._replay(upload.answers[0], upload.replays_from)

    async def _try(self) -> None:
        self.upload.asked += 1
        exam_id = uuid.UUID(int=self._rng.getrandbits(128), version=4)
        if (door := self._door()) is None:
            return
        try:
            self.upload.answers.append(await self._ask(door, functools.partial(door.upload, self.upload, exam_id)))
        except (OSError, Problem, PortError):
            return

    async def _cancel(self, exam_id: uuid.UUID) -> None:
        for _ in range(5):
            if (door := self._door()) is not None:
                self.upload.cancelled = True
                try:
                    await self._ask(door, functools.partial(door.cancel, exam_id))
                except (OSError, PortError):
                    pass
                except Problem:
                    return
                else:
                    return
            await asyncio.sleep(self._rng.random() * 2)

    async def _replay(self, exam_id: uuid.UUID, stage: str) -> None:
        """Once it has ended, again from a stage on; not knowing whether that was heard, once more."""
        for _ in range(20):
            await asyncio.sleep(self._rng.random() * 2)
            if (door := self._door()) is not None:
                with contextlib.suppress(OSError, Problem, PortError):
                    await self._ask(door, functools.partial(door.replay, exam_id, stage))
                    return

    def _door(self) -> Door | None:
        return self._rng.choice(list(self._doors.values())) if self._doors else None

    async def _ask(self, door: Door, request: Callable[[], Awaitable[Any]]) -> Any:
        """Send a request: ConnectionResetError and TimeoutError mean that nobody knows what came of it."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def fail(error: Exception) -> None:
            if not answer.done():
                answer.set_exception(error)

        async def serve() -> None:
            try:
                result = await request()
                await door.process.reach("gateway.answer")
            except PortError as error:
                fail(ConnectionResetError(str(error)))
            except Exception as error:  # noqa: BLE001 - a 4xx or 5xx
                fail(error if isinstance(error, Problem) else ConnectionResetError(type(error).__name__))
            else:
                if not answer.done():
                    answer.set_result(result)

        timer = asyncio.get_running_loop().call_later(PATIENCE, fail, TimeoutError())
        door.process.when_dead.append(lambda: fail(ConnectionResetError("the process died")))
        door.process.spawn(serve())
        try:
            return await answer
        finally:
            timer.cancel()
