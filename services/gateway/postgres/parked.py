"""Rows of `parked`."""

import base64
import json
import uuid

import asyncpg

from services.gateway.ledger import Parked


class ParkedEvents:
    """The part of a transaction that is about events that could not be applied."""

    _connection: asyncpg.Connection

    async def park(
        self, topic: str, exam_id: uuid.UUID | None, value: bytes, headers: tuple[tuple[str, bytes], ...], reason: str
    ) -> None:
        await self._connection.execute(
            "INSERT INTO parked (topic, exam_id, value, headers, reason) VALUES ($1, $2, $3, $4, $5)",
            topic,
            exam_id,
            value,
            _packed(headers),
            reason,
        )

    async def parked(self, after: int) -> Parked | None:
        row = await self._connection.fetchrow(
            """SELECT p.id, p.topic, p.value, p.headers FROM parked p JOIN exams USING (exam_id)
               WHERE p.id > $1 ORDER BY p.id LIMIT 1 FOR UPDATE OF p SKIP LOCKED""",
            after,
        )
        if row is None:
            return None
        return Parked(row["id"], row["topic"], row["value"], _unpacked(row["headers"]))

    async def unpark(self, parked_id: int) -> None:
        await self._connection.execute("DELETE FROM parked WHERE id = $1", parked_id)

    async def forget_parked(self, seconds: float) -> int:
        """Drop events older than that; how many."""
        dropped = await self._connection.fetchval(
            """WITH gone AS (DELETE FROM parked WHERE received_at < now() - make_interval(secs => $1) RETURNING 1)
               SELECT count(*) FROM gone""",
            seconds,
        )
        return int(dropped)


def _packed(headers: tuple[tuple[str, bytes], ...]) -> bytes:
    """JSON [[name, base64], …] as bytes: unlike jsonb, they may hold anything."""
    return json.dumps([[name, base64.b64encode(content).decode()] for name, content in headers]).encode()


def _unpacked(packed: bytes) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, base64.b64decode(content)) for name, content in json.loads(packed))
