"""Redink's real stages as the work of Celery tasks: the same code, artefacts in the same kind of folder."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.artefacts.submission import Submission, UploadedFile
from contracts.events import ExamUploaded
from contracts.topics import STAGE, SUBMISSION, artefact_path
from runtime import log
from runtime.blobs_local import LocalBlobs
from runtime.cache import Nothing
from runtime.job import Job
from runtime.kit import Kit
from runtime.stage import Stage
from services.__main__ import open_stage_of

_TENANT = "bench"
_LIMIT = 240.0


def submit(root: Path, exam: str, data: bytes, media_type: str) -> str:
    """Store an upload as the gateway does; the event that says so, as JSON."""
    return asyncio.run(_submit(LocalBlobs(root), uuid.UUID(exam), data, media_type))


async def _submit(blobs: LocalBlobs, exam: uuid.UUID, data: bytes, media_type: Any) -> str:
    blob = await blobs.put(f"{_TENANT}/{exam}/1/upload-1", data)
    submission = Submission(subject="math", grade=7, files=(UploadedFile(blob=blob, media_type=media_type),))
    path = artefact_path(_TENANT, exam, 1, SUBMISSION)
    artefact = await blobs.put(path, submission.model_dump_json().encode())
    now = datetime.now(UTC)
    deadline = now + timedelta(minutes=10)
    event = ExamUploaded(exam_id=exam, tenant=_TENANT, uploaded_at=now, deadline=deadline, artefact=artefact)
    return event.model_dump_json()


class InThread:
    """Stands for the pool of a stage: a Celery child works in itself."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)

    async def call(self, fn: Callable[..., Any], args: tuple[Any, ...], _limit: float) -> tuple[Any, float]:
        """(result, CPU seconds)."""

        def measured() -> tuple[Any, float]:
            before = time.process_time()
            return fn(*args), time.process_time() - before

        return await asyncio.get_running_loop().run_in_executor(self._thread, measured)


class Stages:
    """All five in one process, opened once."""

    def __init__(self, root: Path) -> None:
        self._blobs = LocalBlobs(root)
        self._loop: asyncio.AbstractEventLoop
        self._stages: dict[str, Stage] = {}
        self._open: list[object] = []  # what nobody holds is closed
        self._here = InThread()

    def open(self) -> None:
        """Open all, and load what their pools would load; in the process that works, as no loop outlives a fork."""
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        kit = Kit(self._blobs, Nothing(), log.get("peer"))
        for name in STAGE:
            opening = open_stage_of(name)(kit)
            stage = self._do(opening.__aenter__())
            self._open.append(opening)
            if stage.pool and stage.pool.initializer:
                stage.pool.initializer(*stage.pool.initargs)
            self._stages[name] = stage

    def work(self, name: str, event: str) -> str:
        """Do one stage's work on an exam; the event again, for the next stage."""
        self._do(self._work(self._stages[name], ExamUploaded.model_validate_json(event)))
        return event

    async def _work(self, stage: Stage, event: ExamUploaded) -> None:
        job = Job(
            event,
            1,
            blobs=self._blobs,
            workers=self._here,  # type: ignore[arg-type]
            cancelled=lambda: False,
            progress=_nothing,
            time_limit=_LIMIT,
        )
        artefact = await stage.work(job)
        path = artefact_path(event.tenant, event.exam_id, event.revision, stage.name)
        await self._blobs.put(path, artefact.model_dump_json(by_alias=True).encode())

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_LIMIT)


async def _nothing(_done: int, _total: int) -> None: ...
