"""What a stage's work sees of one record."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from contracts.artefacts import Submission
from contracts.base import Contract
from contracts.events import BlobRef, ExamEvent

T = TypeVar("T", bound=Contract)
R = TypeVar("R")


class Job:
    """One attempt at one exam by one stage."""

    event: ExamEvent
    attempt: int
    cpu_seconds: float
    """CPU spent so far by this job's `cpu` calls, user and system, in the worker processes."""

    async def submission(self) -> Submission:
        """The upload's form fields and file references. Permanent(ARTEFACT_MISSING) when gone."""
        raise NotImplementedError

    async def artefact(self, model: type[T]) -> T:
        """The artefact of an earlier stage, as `await job.artefact(Reading)`. Permanent(ARTEFACT_MISSING) when gone."""
        raise NotImplementedError

    async def blob(self, ref: BlobRef) -> bytes:
        """The bytes of a blob; Transient when they don't match the hash, Permanent(ARTEFACT_MISSING) when gone."""
        raise NotImplementedError

    async def store(self, name: str, data: bytes) -> BlobRef:
        """Put bytes at tenant/exam/revision/name unless they are there; the first writer wins, its reference returns."""
        raise NotImplementedError

    async def cpu(self, fn: Callable[..., R], *args: Any, timeout: float | None = None) -> R:
        """Call a picklable top-level function in the stage's process pool.

        Raises what it raises; Permanent(STAGE_TIMEOUT) after `timeout` seconds, Transient when its process died.
        """
        raise NotImplementedError

    async def progress(self, done: int, total: int) -> None:
        """Say how far the work is, as pages read; never fails the work."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise Cancelled or Expired when going on is of no use."""
        raise NotImplementedError
