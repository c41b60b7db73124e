"""The hub beside a database that answers when the test says so."""

import asyncio
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from services.gateway.live.hub import Hub

EXAM = SimpleNamespace(exam_id=uuid.UUID(int=7), tenant="dev")


class Events:
    """Stands for the pool: events 1 to `last` of one exam; a query is answered as of when it was asked, once let."""

    def __init__(self) -> None:
        self.last = 0
        self.asked: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    async def fetch(
        self, _statement: str, exams: list[uuid.UUID], after: list[int], limit: int
    ) -> list[dict[str, Any]]:
        rows = [
            _row(exam, number) for exam, a in zip(exams, after, strict=True) for number in range(a + 1, self.last + 1)
        ]
        let = asyncio.Event()
        self.asked.put_nowait(let)
        await let.wait()
        return rows[:limit]

    async def answer_next(self) -> None:
        (await self.asked.get()).set()


def _row(exam_id: uuid.UUID, number: int) -> dict[str, Any]:
    columns = {"revision": 1, "status": "OCR_PROCESSING", "progress": 1, "stage": "ocr", "attempt": 1}
    return {
        **columns, "exam_id": exam_id, "number": number, "at": datetime.now(UTC),
        "done": number, "total": 99, "error_code": None,
    }  # fmt: skip


async def test_who_leaves_and_comes_again_while_the_hub_reads_misses_nothing() -> None:
    pool: Any = Events()
    exam: Any = EXAM
    hub = Hub(pool, lambda _exam, event: str(event.number), poll_seconds=3600)
    running = asyncio.create_task(hub.run())
    try:
        pool.last = 9
        with hub.watch(exam, 0) as watching:
            await pool.answer_next()
            assert [told.number for told in await watching.more(60)] == list(range(1, 10))
            pool.last = 12
            hub.heard(str(EXAM.exam_id))
            answer = await pool.asked.get()  # the hub has asked for what comes after 9
        with hub.watch(exam, 5) as watching:  # this client had taken no more than 5 of the 9
            answer.set()
            await pool.answer_next()
            assert [told.number for told in await watching.more(60)] == list(range(6, 13))
    finally:
        running.cancel()
        await asyncio.wait([running])
