"""What a status tells besides the exam's row: the row is always read, so nobody polls into the past."""

from dataclasses import dataclass

import asyncpg

from contracts.status import Status
from services.gateway.caching.layered import Flights, count
from services.gateway.caching.local import Local
from services.gateway.core.eta import Queue
from services.gateway.exams import Exam
from services.gateway.history import History, Timing, timings

_BYTES = 2048
"""Of one entry, about."""


@dataclass(frozen=True)
class Beside:
    """Times of the stages, and the queue ahead of an exam that waits."""

    timings: list[Timing]
    queue: Queue


class Statuses:
    """Kept for `seconds` under the number of the exam's last event: the next event is another key."""

    def __init__(self, pool: asyncpg.Pool, history: History, *, seconds: float, most: int) -> None:
        self._pool = pool
        self._history = history
        self._seconds = seconds
        self._local: Local[Beside] = Local(most)
        self._flights = Flights[Beside]()

    async def beside(self, exam: Exam) -> Beside:
        """Of the exam as its row is."""
        key = f"{exam.exam_id}:{exam.last_event}"
        known = self._local.get(key)
        count("status", "local", hit=known is not None)
        if known is None:
            known = await self._flights.join(key, lambda: self._fetch(key, exam))
        assert known is not None
        return known

    async def _fetch(self, key: str, exam: Exam) -> Beside:
        waits = exam.position.status is Status.UPLOADED
        queue = await self._history.queue(exam.priority, exam.created_at) if waits else Queue()
        found = Beside(await timings(self._pool, exam), queue)
        self._local.set(key, found, _BYTES, self._seconds)
        return found
