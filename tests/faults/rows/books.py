"""What Postgres holds, asked past every proxy: rows as they are, not as the API tells them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

ENDED = ("COMPLETED", "FAILED", "CANCELLED", "EXPIRED")


@dataclass(frozen=True)
class Books:
    """A connection of one's own to the world's database."""

    pool: asyncpg.Pool

    async def exam(self, exam: str) -> dict[str, Any] | None:
        """The row of an exam."""
        row = await self.pool.fetchrow("SELECT * FROM exams WHERE exam_id = $1::text::uuid", exam)
        return dict(row) if row else None

    async def status(self, exam: str) -> str | None:
        """The status of an exam, None when there is none."""
        row = await self.exam(exam)
        return row["status"] if row else None

    async def ended(self, exam: str) -> str | None:
        """The terminal status of an exam, None while it has none."""
        status = await self.status(exam)
        return status if status in ENDED else None

    async def told(self, exam: str) -> list[str]:
        """The statuses an exam went through, one per row of its events, in order."""
        rows = await self.pool.fetch(
            "SELECT status FROM exam_events WHERE exam_id = $1::text::uuid ORDER BY number", exam
        )
        return [row["status"] for row in rows]

    async def endings(self, exam: str) -> int:
        """How often an exam ended: 1, or the system is wrong."""
        return sum(status in ENDED for status in await self.told(exam))

    async def repeated(self, exam: str) -> list[str]:
        """Positions of an exam that were told more than once, or went backwards in revision."""
        rows = await self.pool.fetch(
            """SELECT status FROM exam_events WHERE exam_id = $1::text::uuid
               GROUP BY revision, status, attempt, done HAVING count(*) > 1""",
            exam,
        )
        return [row["status"] for row in rows]

    async def of_key(self, key: str) -> list[str]:
        """The exams accepted under an Idempotency-Key."""
        rows = await self.pool.fetch(
            "SELECT exam_id::text FROM idempotency WHERE key = $1 AND exam_id IS NOT NULL", key
        )
        return [row["exam_id"] for row in rows]

    async def of_class(self, name: str) -> list[str]:
        """The exams whose upload named this class: how a row finds what it uploaded without being told the id."""
        rows = await self.pool.fetch("SELECT exam_id::text FROM exams WHERE class_id = $1", name)
        return [row["exam_id"] for row in rows]

    async def count(self, table: str) -> int:
        """Rows of a table."""
        return int(await self.pool.fetchval(f"SELECT count(*) FROM {table}"))

    async def torn(self) -> list[str]:
        """Exams of which one transaction left only a part: no first event, or a number that no event has."""
        rows = await self.pool.fetch(
            """SELECT e.exam_id::text FROM exams e LEFT JOIN exam_events v USING (exam_id)
               GROUP BY e.exam_id HAVING count(v.number) <> e.last_event OR coalesce(max(v.number), 0) <> e.last_event"""
        )
        return [row["exam_id"] for row in rows]


@asynccontextmanager
async def open_books(dsn: str) -> AsyncIterator[Books]:
    """Connect; `dsn` is the server's own, not that of a proxy before it."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4, command_timeout=15) as pool:
        yield Books(pool)
