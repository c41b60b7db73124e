"""CPU work of a stage in processes of its own: a blocked event loop would miss Kafka's heartbeats."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pool:
    """The worker processes a stage asks for.

    `initializer(*initargs)` loads models once per process and must be picklable; a process is replaced after
    `max_tasks` calls, which bounds what leaks.
    """

    workers: int = 1
    initializer: Callable[..., None] | None = None
    initargs: tuple[Any, ...] = ()
    max_tasks: int = 200
