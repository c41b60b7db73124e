"""What a stage's work sees of one record."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.artefacts import Submission
from contracts.base import Contract
from contracts.errors import ErrorCode, Permanent, Transient
from contracts.events import BlobRef, ExamEvent
from contracts.topics import ARTEFACTS, artefact_path
from runtime.blobs import BlobMissing, Blobs
from runtime.clock import Clock
from runtime.pool import Workers
from runtime.verdict import Cancelled, Expired

T = TypeVar("T", bound=Contract)
R = TypeVar("R")

SKEW = 900.0
"""Seconds by which a stage's clock may be ahead of the gateway's without an exam in time being given up."""

_NAMES = {model: name for name, model in ARTEFACTS.items()}


class Job:
    """One attempt at one exam by one stage."""

    def __init__(
        self,
        event: ExamEvent,
        attempt: int,
        *,
        blobs: Blobs,
        workers: Workers | None,
        cancelled: Callable[[], bool],
        progress: Callable[[int, int], Awaitable[None]],
        time_limit: float,
        last_try: bool = False,
        clock: Clock = time.time,
    ) -> None:
        """`time_limit`: seconds from now, the longest that a call of `cpu` may last."""
        self.event = event
        self.attempt = attempt
        self.cpu_seconds: float = 0.0
        self._blobs = blobs
        self._workers = workers
        self._cancelled = cancelled
        self._progress = progress
        self._last_try = last_try
        self._clock = clock
        self._until = asyncio.get_running_loop().time() + time_limit

    async def submission(self) -> Submission:
        """The upload's form fields and file references; raises as `artefact`."""
        return await self.artefact(Submission)

    async def artefact(self, model: type[T]) -> T:
        """The artefact of an earlier stage, as `await job.artefact(Reading)`.

        Transient when it isn't there (yet) or is torn, Permanent(ARTEFACT_MISSING) when the last try finds none,
        Cancelled or Expired when it is of no use any more.
        """
        self.check()
        name = _NAMES[model]
        path = artefact_path(self.event.tenant, self.event.exam_id, self.event.revision, name)
        try:
            data = await self._blobs.read(path)
        except BlobMissing:
            raise self._missing(f"the artefact of {name}") from None
        return understood(model, data)

    async def blob(self, ref: BlobRef) -> bytes:
        """The bytes of a blob; raises as `artefact`, Transient also when they don't match the hash."""
        self.check()
        try:
            return await self._blobs.get(ref)
        except BlobMissing:
            raise self._missing("a blob") from None

    async def store(self, name: str, data: bytes) -> BlobRef:
        """Put bytes at tenant/exam/revision/name unless they are there; the first writer wins, its reference returns."""
        return await self._blobs.put(f"{self.event.tenant}/{self.event.exam_id}/{self.event.revision}/{name}", data)

    async def stored(self, name: str) -> bytes | None:
        """What `store` was given under this name, by this or an earlier attempt; None when nothing was."""
        try:
            return await self._blobs.read(f"{self.event.tenant}/{self.event.exam_id}/{self.event.revision}/{name}")
        except BlobMissing:
            return None

    async def cpu(self, fn: Callable[..., R], *args: Any, timeout: float | None = None) -> R:  # noqa: ASYNC109
        """Call a picklable top-level function in the stage's process pool.

        Raises what it raises; Permanent(STAGE_TIMEOUT) after `timeout` seconds, Transient when its process died,
        Cancelled or Expired instead of beginning what is of no use any more.
        """
        self.check()
        if self._workers is None:
            raise RuntimeError("the stage asked for no pool")
        left = max(0.1, self._until - asyncio.get_running_loop().time())
        result, seconds = await self._workers.call(fn, args, left if timeout is None else min(timeout, left))
        self.cpu_seconds += seconds
        return result  # type: ignore[no-any-return]

    async def progress(self, done: int, total: int) -> None:
        """Say how far the work is, as pages read; never fails the work."""
        await self._progress(done, total)

    def check(self) -> None:
        """Raise Cancelled or Expired when going on is of no use."""
        if self._cancelled():
            raise Cancelled("withdrawn by the user")
        if self._clock() >= latest(self.event):
            raise Expired("past the deadline")

    @property
    def seconds_left(self) -> float:
        """Until the stage's time is over or the exam's deadline passes, as far as this clock knows."""
        stage = self._until - asyncio.get_running_loop().time()
        return min(stage, self.event.deadline.timestamp() - self._clock())

    def _missing(self, what: str) -> Transient | Permanent:
        """An event comes after its blobs, but not every store shows at once what it was given."""
        return Permanent(ErrorCode.ARTEFACT_MISSING, what) if self._last_try else Transient(f"{what} isn't there")


def latest(event: ExamEvent) -> float:
    """When a stage gives an exam up, in seconds since 1970.

    The gateway decides what is overdue, by the one clock that all gateways share. A stage's own clock may be wrong, so
    it only spares itself work that would be overdue even if that clock were ahead by SKEW.
    """
    return event.deadline.timestamp() + SKEW


def understood(model: type[T], data: bytes) -> T:
    """An artefact from its bytes; Transient when they aren't one: it was valid when it was put, so the read is torn."""
    try:
        return model.model_validate_json(data)
    except ValidationError:
        raise Transient(f"{len(data)} bytes are no {model.__name__}") from None
