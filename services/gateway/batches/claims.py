"""What the intake does to batches and papers in Postgres: whose turn it is, what became of them, what has ended."""

import uuid
from typing import Any

import asyncpg

from services.gateway.batches.rows import BATCH, Batch, State, with_counts
from services.gateway.exams import IN_FLIGHT, Exam, exam_of

_NOTHING_OPEN = f"""
(intake_until IS NULL OR intake_until < clock_timestamp()) AND NOT EXISTS (
    SELECT FROM batch_papers p LEFT JOIN exams e ON e.exam_id = p.exam_id
    WHERE p.batch_id = b.batch_id AND (p.state = 'waiting' OR (p.state = 'accepted' AND e.{IN_FLIGHT}))
)"""


async def claim(pool: asyncpg.Pool, batch_id: uuid.UUID, lease_seconds: float) -> bool:
    """Take the lease of a batch's intake; False while another gateway has it."""
    done = await pool.execute(
        """UPDATE batches SET intake_until = clock_timestamp() + make_interval(secs => $2)
           WHERE batch_id = $1 AND (intake_until IS NULL OR intake_until < clock_timestamp())""",
        batch_id,
        lease_seconds,
    )
    return bool(done == "UPDATE 1")


async def hold(pool: asyncpg.Pool, batch_id: uuid.UUID, lease_seconds: float) -> None:
    """Make the lease last for so long from now; 0 gives it back. Two that hold it only repeat each other's work."""
    await pool.execute(
        "UPDATE batches SET intake_until = clock_timestamp() + make_interval(secs => $2) WHERE batch_id = $1",
        batch_id,
        lease_seconds,
    )


async def settle(
    pool: asyncpg.Pool, batch_id: uuid.UUID, number: int, state: State, problem: dict[str, Any] | None = None
) -> None:
    """A waiting paper became this."""
    await pool.execute(
        """UPDATE batch_papers SET state = $3, problem = $4
           WHERE batch_id = $1 AND number = $2 AND (state = 'waiting' OR $3 = 'accepted')""",
        batch_id,
        number,
        state,
        problem,
    )


async def to_take_in(pool: asyncpg.Pool, limit: int) -> list[Batch]:
    """Batches with waiting papers that nobody works on: the oldest of each tenant first, then the second oldest, and so on.

    Those of a tenant that has as many exams in flight as it may would else stand before everybody's.
    """
    rows = await pool.fetch(
        f"""SELECT {BATCH} FROM batches b
            WHERE ended_at IS NULL AND (intake_until IS NULL OR intake_until < clock_timestamp())
              AND EXISTS (SELECT FROM batch_papers p WHERE p.batch_id = b.batch_id AND p.state = 'waiting')
            ORDER BY row_number() OVER (PARTITION BY tenant ORDER BY created_at), created_at LIMIT $1""",  # noqa: S608
        limit,
    )
    return [Batch(**dict(row)) for row in rows]


async def to_cancel(pool: asyncpg.Pool, limit: int) -> list[Exam]:
    """Exams in flight of batches that were cancelled before they ended."""
    rows = await pool.fetch(
        f"""SELECT e.* FROM batches b JOIN batch_papers p USING (batch_id) JOIN exams e ON e.exam_id = p.exam_id
            WHERE b.ended_at IS NULL AND b.cancelled_at IS NOT NULL AND e.{IN_FLIGHT} LIMIT $1""",  # noqa: S608
        limit,
    )
    return [exam_of(row) for row in rows]


async def to_close(pool: asyncpg.Pool, limit: int) -> list[uuid.UUID]:
    """Batches all of whose papers have ended and whose intake is done, which nobody said yet. Deleted exams have ended."""
    rows = await pool.fetch(
        f"""SELECT batch_id FROM batches b
            WHERE ended_at IS NULL AND {_NOTHING_OPEN} ORDER BY created_at LIMIT $1""",  # noqa: S608
        limit,
    )
    return [row["batch_id"] for row in rows]


async def close(connection: asyncpg.Connection, batch_id: uuid.UUID) -> Batch | None:
    """Say that the batch has ended; None when another did, or it has not. Call it in a transaction."""
    row = await connection.fetchrow(
        f"""UPDATE batches b SET ended_at = clock_timestamp()
            WHERE batch_id = $1 AND ended_at IS NULL AND {_NOTHING_OPEN} RETURNING {BATCH}""",  # noqa: S608
        batch_id,
    )
    return (await with_counts(connection, [row]))[0] if row else None


async def forget(pool: asyncpg.Pool, seconds: float) -> None:
    """Drop batches that ended so long ago and of which no exam is left, with the names of their files."""
    await pool.execute(
        """DELETE FROM batches b WHERE ended_at < clock_timestamp() - make_interval(secs => $1)
             AND NOT EXISTS (SELECT FROM batch_papers p JOIN exams e USING (exam_id) WHERE p.batch_id = b.batch_id)""",
        seconds,
    )
