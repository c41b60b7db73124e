"""What a service hands the runtime: the name of its row and the work on one record."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from contracts.base import Contract
from contracts.topics import STAGE, StageRow
from runtime.job import Job
from runtime.pool import Pool

__all__ = ["Job", "Pool", "Stage"]


@dataclass(frozen=True)
class Stage:
    """One stage as `open_stage(kit)` yields it. Times in seconds.

    `work` returns the artefact of the stage's row and raises `contracts.errors` words. `soft_timeout` cancels the work,
    `hard_timeout` also kills a worker process that doesn't listen. `concurrency` counts records worked on at a time.
    """

    name: str
    work: Callable[[Job], Awaitable[Contract]]
    pool: Pool | None = None
    soft_timeout: float = 240
    hard_timeout: float = 300
    concurrency: int = 4

    @property
    def row(self) -> StageRow:
        """The stage as the system map has it; KeyError when it has none."""
        return STAGE[self.name]
