"""What Prometheus is told of the books: exams in flight and where they are, and the age of what waits."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, get_args

import asyncpg

from contracts.errors import ErrorCode
from contracts.events import Priority
from contracts.status import TERMINAL, Status
from contracts.topics import STAGES
from runtime import log, metrics
from services.gateway.background import regularly
from services.gateway.exams import IN_FLIGHT

_IN_FLIGHT = f"""
SELECT status, priority, count(*) AS n,
       extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS age,
       extract(epoch FROM clock_timestamp() - min(updated_at))::float8 AS still
FROM exams WHERE {IN_FLIGHT} GROUP BY 1, 2
"""  # noqa: S608 - a constant
_OUTBOX = "SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM outbox"
_WAITING = "SELECT count(*) FROM batch_papers WHERE state = 'waiting'"
_IMPORTS = "SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM imports WHERE ended_at IS NULL"
_UNRECORDED = """
SELECT extract(epoch FROM clock_timestamp() - min(completed_at)) FROM exams
WHERE status = 'COMPLETED' AND recorded_revision < revision
"""

CLASSES: tuple[str, ...] = get_args(Priority)


def _next_stages() -> dict[str, str]:
    """The stage that an exam of a status waits for or is in."""
    found = {Status.UPLOADED: STAGES[0].name}
    for row, after in zip(STAGES, (*STAGES[1:], STAGES[-1]), strict=True):
        found |= {row.running: row.name, row.done: after.name}
    return {status.value: stage for status, stage in found.items()}


STAGE_OF = _next_stages()


@dataclass(frozen=True)
class Snapshot:
    """Exams in flight: how many and how old (seconds), by class and by stage; `still` since the last sign of progress."""

    count: Counter[str] = field(default_factory=Counter)
    age: dict[str, float] = field(default_factory=dict)
    at_stage: Counter[str] = field(default_factory=Counter)
    still: dict[str, float] = field(default_factory=dict)


def snapshot(rows: Iterable[Any]) -> Snapshot:
    """Fold rows of (status, priority, n, age, still)."""
    seen = Snapshot()
    for row in rows:
        stage, name = STAGE_OF[row["status"]], row["priority"]
        seen.count[name] += row["n"]
        seen.age[name] = max(seen.age.get(name, 0.0), row["age"])
        seen.at_stage[stage] += row["n"]
        seen.still[stage] = max(seen.still.get(stage, 0.0), row["still"])
    return seen


class Gauges:
    """Sets the gauges regularly."""

    def __init__(self, pool: asyncpg.Pool, every_seconds: float) -> None:
        self._pool = pool
        self._every = every_seconds
        self._log = log.get("gateway.gauges")
        begin_counters()

    async def run(self) -> None:
        """For ever; a database that is away is waited for."""
        await regularly(self.measure, self._every, self._log, "not measured")

    async def measure(self) -> None:
        """Once."""
        seen = snapshot(await self._pool.fetch(_IN_FLIGHT))
        for name in CLASSES:
            metrics.INFLIGHT.labels(name).set(seen.count[name])
            metrics.OLDEST_INFLIGHT.labels(name).set(seen.age.get(name, 0.0))
        for stage in {row.name for row in STAGES}:
            metrics.AT_STAGE.labels(stage).set(seen.at_stage[stage])
            metrics.OLDEST_AT_STAGE.labels(stage).set(seen.still.get(stage, 0.0))
        metrics.OUTBOX_OLDEST.set(float(await self._pool.fetchval(_OUTBOX) or 0.0))
        metrics.BATCH_WAITING.set(int(await self._pool.fetchval(_WAITING)))
        metrics.IMPORT_OLDEST.set(float(await self._pool.fetchval(_IMPORTS) or 0.0))
        metrics.RECORD_BEHIND.set(float(await self._pool.fetchval(_UNRECORDED) or 0.0))
        metrics.BOOKS_READ.set_to_current_time()


def begin_counters() -> None:
    """Let what the objectives count begin at 0: the first increment of a series that wasn't there is no rate."""
    for name in CLASSES:
        metrics.ACCEPTED.labels(name)
        for outcome in ("rejected", *(status.value.lower() for status in TERMINAL)):
            metrics.E2E.labels(outcome, name)
    metrics.TERMINAL.labels("completed", "")
    metrics.TERMINAL.labels("cancelled", "")
    metrics.TERMINAL.labels("expired", ErrorCode.DEADLINE_EXCEEDED.value)
    for code in set(ErrorCode) - {ErrorCode.DEADLINE_EXCEEDED}:
        metrics.TERMINAL.labels("failed", code.value)
