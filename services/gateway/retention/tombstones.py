"""What is left of a deleted exam: a row that says so, and the receipt. Deleting an exam is one transaction with writing it."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from services.gateway.exams import Exam, exam_of

Reason = Literal["request", "retention"]
LEASE_SECONDS = 60.0
"""How long one eraser has a deletion to itself; when its process died, another goes on after that."""
_LOOKS = 4
"""How often a deleted exam's folder is looked at again. With the pause between, longer than any stage works on an exam."""
_KEPT = ("exams", "exam_tombstones", "idempotency")


@dataclass(frozen=True)
class Tombstone:
    """A deletion. `blobs` and `bytes` are what there was; `erased_at` is None while some may be there still."""

    exam_id: uuid.UUID
    tenant: str
    reason: Reason
    requested_by: str | None
    deleted_at: datetime
    blobs: int
    bytes: int
    erased_at: datetime | None


_VISIBLE = ", ".join(Tombstone.__annotations__)


async def find(pool: asyncpg.Pool, tenant: str, exam_id: uuid.UUID) -> Tombstone | None:
    """The tenant's deletion of the exam, if there was one."""
    row = await pool.fetchrow(
        f"SELECT {_VISIBLE} FROM exam_tombstones WHERE exam_id = $1 AND tenant = $2",  # noqa: S608
        exam_id,
        tenant,
    )
    return Tombstone(**row) if row else None


async def bury(pool: asyncpg.Pool, tenant: str, exam_id: uuid.UUID, reason: Reason, by: str | None) -> Exam | None:
    """Delete the rows of an exam that has ended: from the commit on nobody can read it.

    The exam as it was: in flight it is as before. None when there is no such exam (any more).
    """
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(
            "SELECT * FROM exams WHERE exam_id = $1 AND tenant = $2 FOR UPDATE", exam_id, tenant
        )
        exam = exam_of(row) if row else None
        if exam is None or not exam.ended:
            return exam
        await connection.execute(
            """INSERT INTO exam_tombstones (exam_id, tenant, reason, requested_by, exam_created_at, look_again_at)
               VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6))""",
            exam_id,
            tenant,
            reason,
            by,
            exam.created_at,
            LEASE_SECONDS,
        )
        await _delete_rows(connection, exam_id)
    return exam


async def renew(pool: asyncpg.Pool, tombstone: Tombstone) -> None:
    """Write a tombstone that was lost with its database, of an exam that has no rows either."""
    await pool.execute("INSERT INTO tenants (name) VALUES ($1) ON CONFLICT DO NOTHING", tombstone.tenant)
    await pool.execute(
        """INSERT INTO exam_tombstones (exam_id, tenant, reason, requested_by, exam_created_at, deleted_at)
           VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT DO NOTHING""",
        tombstone.exam_id,
        tombstone.tenant,
        tombstone.reason,
        tombstone.requested_by,
        tombstone.deleted_at,
    )


async def _delete_rows(connection: asyncpg.Connection, exam_id: uuid.UUID) -> None:
    """Whatever table says something of the exam: those that are not thought of here, too."""
    # The key stays taken, so that a repeated upload is no new exam; the answer kept with it had the form's fields.
    await connection.execute(
        """UPDATE idempotency SET response = '{"warnings": []}'::text::jsonb WHERE exam_id = $1""", exam_id
    )
    for row in await connection.fetch(_TABLES, list(_KEPT)):
        await connection.execute(f"DELETE FROM {row['name']} WHERE exam_id = $1", exam_id)  # noqa: S608 - quoted by the server
    await connection.execute("DELETE FROM exams WHERE exam_id = $1", exam_id)


_TABLES = """
SELECT a.attrelid::regclass::text AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attname = 'exam_id' AND a.atttypid = 'uuid'::regtype AND NOT a.attisdropped AND c.relkind = 'r'
  AND c.relnamespace = current_schema()::regnamespace AND NOT c.relname = ANY($1)
ORDER BY a.attrelid
"""


async def claim(pool: asyncpg.Pool, limit: int) -> list[Tombstone]:
    """Deletions to be finished, or to be looked at again, for LEASE_SECONDS."""
    rows = await pool.fetch(
        f"""UPDATE exam_tombstones SET look_again_at = clock_timestamp() + make_interval(secs => $2)
            WHERE exam_id IN (SELECT exam_id FROM exam_tombstones WHERE look_again_at <= clock_timestamp()
                              ORDER BY look_again_at LIMIT $1 FOR UPDATE SKIP LOCKED)
            RETURNING {_VISIBLE}""",  # noqa: S608
        limit,
        LEASE_SECONDS,
    )
    return [Tombstone(**row) for row in rows]


async def note_found(pool: asyncpg.Pool, exam_id: uuid.UUID, blobs: int, size: int) -> None:
    """What there is to be erased, before it is: an eraser that goes on after another finds less."""
    await pool.execute(
        """UPDATE exam_tombstones SET blobs = greatest(blobs, $2), bytes = greatest(bytes, $3)
           WHERE exam_id = $1 AND erased_at IS NULL""",
        exam_id,
        blobs,
        size,
    )


async def note_erased(pool: asyncpg.Pool, exam_id: uuid.UUID, again_seconds: float) -> Tombstone:
    """Its blobs are gone; to be looked at again, until no stage can be at work on the exam any more."""
    row = await pool.fetchrow(
        f"""UPDATE exam_tombstones SET erased_at = coalesce(erased_at, clock_timestamp()),
                   look_again_at = CASE WHEN clock_timestamp() < deleted_at + make_interval(secs => $2 * {_LOOKS})
                                        THEN clock_timestamp() + make_interval(secs => $2) END
            WHERE exam_id = $1 RETURNING {_VISIBLE}""",  # noqa: S608
        exam_id,
        again_seconds,
    )
    return Tombstone(**row)


async def outlived(pool: asyncpg.Pool, days: int | None, limit: int) -> list[tuple[str, uuid.UUID]]:
    """(tenant, exam) of exams that ended longer ago than their tenant wants them kept, or `days`; None keeps them."""
    rows = await pool.fetch(
        """SELECT e.tenant, e.exam_id FROM tenants t
           JOIN exams e ON e.tenant = t.name
            AND e.completed_at < clock_timestamp() - make_interval(days => coalesce(t.retention_days, $1))
           ORDER BY e.completed_at LIMIT $2""",
        days,
        limit,
    )
    return [(row["tenant"], row["exam_id"]) for row in rows]


async def forget_parked(pool: asyncpg.Pool) -> None:
    """Events that came after the deletion will never find their exam."""
    await pool.execute("DELETE FROM parked p USING exam_tombstones t WHERE p.exam_id = t.exam_id")


async def oldest_unfinished(pool: asyncpg.Pool) -> float:
    """Seconds since the oldest deletion whose blobs are not gone; 0 without."""
    age = await pool.fetchval(
        """SELECT extract(epoch FROM clock_timestamp() - min(deleted_at)) FROM exam_tombstones
           WHERE look_again_at IS NOT NULL AND erased_at IS NULL"""
    )
    return float(age or 0.0)
