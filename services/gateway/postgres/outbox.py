"""Rows of `outbox`."""

from collections.abc import Sequence

import asyncpg

from contracts.events import ExamEvent
from services.gateway.exams import OUTBOX_CHANNEL
from services.gateway.ledger import Outgoing


class Outbox:
    """The part of a transaction that is about events to be published."""

    _connection: asyncpg.Connection

    async def enqueue(self, topic: str, event: ExamEvent, traceparent: str | None) -> None:
        await self._connection.execute(
            """WITH put AS (INSERT INTO outbox (exam_id, topic, event, traceparent) VALUES ($1, $2, $3, $4))
               SELECT pg_notify($5, '')""",
            event.exam_id,
            topic,
            event.model_dump(mode="json"),
            traceparent,
            OUTBOX_CHANNEL,
        )

    async def due(self, limit: int) -> list[Outgoing]:
        rows = await self._connection.fetch(
            """SELECT id, exam_id, topic, event, traceparent, attempts FROM outbox WHERE due_at <= clock_timestamp()
               ORDER BY due_at, id LIMIT $1 FOR UPDATE SKIP LOCKED""",
            limit,
        )
        return [Outgoing(**dict(row)) for row in rows]

    async def sent(self, ids: Sequence[int]) -> None:
        await self._connection.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", list(ids))

    async def postpone(self, ids: Sequence[int], base_seconds: float) -> None:
        await self._connection.execute(
            """UPDATE outbox SET attempts = attempts + 1,
                   due_at = clock_timestamp() + make_interval(secs => least(10, $2 * 2 ^ least(attempts, 10)))
               WHERE id = ANY($1::bigint[])""",
            list(ids),
            base_seconds,
        )
