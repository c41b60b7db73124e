"""Imports in Postgres: what was sent, whose turn it is, what became of its rows."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from contracts.events import BlobRef
from services.gateway.records.reader import Batch, Kind
from services.gateway.records.responses import derived, parts_of, weight_of
from services.gateway.records.rows import Record, midnight

KINDS: dict[str, Kind] = {"text/csv": "csv", "application/x-ndjson": "jsonl", "application/jsonl": "jsonl"}
_STATEMENT_SECONDS = 60.0


@dataclass(frozen=True)
class Import:
    """A file of past records. `file` is null once it was taken; `problem` why it was not taken to its end."""

    import_id: uuid.UUID
    tenant: str
    media_type: str
    subject: str | None
    file: BlobRef | None
    requested_by: str
    created_at: datetime
    leased_until: datetime | None
    ended_at: datetime | None
    problem: dict[str, Any] | None


@dataclass(frozen=True)
class Counts:
    """What became of the rows so far; those neither created nor updated nor refused were there already."""

    rows: int
    created: int
    updated: int
    refused: int
    errors: int


class Gone(Exception):
    """The import was deleted meanwhile."""


def import_of(row: asyncpg.Record) -> Import:
    """A row as an Import."""
    known = dict(row)
    return Import(**known | {"file": BlobRef.model_validate(known["file"]) if known["file"] else None})


def fresh(tenant: str, media_type: str, subject: str | None, file: BlobRef, requested_by: str) -> Import:
    """An import that was just sent."""
    return Import(uuid.uuid4(), tenant, media_type, subject, file, requested_by, datetime.now(UTC), None, None, None)


async def create(pool: asyncpg.Pool, new: Import) -> None:
    """Keep what is to be taken."""
    await pool.execute(
        """INSERT INTO imports (import_id, tenant, media_type, subject, file, requested_by, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        new.import_id,
        new.tenant,
        new.media_type,
        new.subject,
        new.file.model_dump() if new.file else None,
        new.requested_by,
        new.created_at,
    )


async def unended(pool: asyncpg.Pool, tenant: str) -> int:
    """How many of the tenant's imports have not ended."""
    return int(await pool.fetchval("SELECT count(*) FROM imports WHERE tenant = $1 AND ended_at IS NULL", tenant))


async def find(pool: asyncpg.Pool, tenant: str, import_id: uuid.UUID) -> tuple[Import, Counts] | None:
    """The tenant's import and how far it is."""
    row = await pool.fetchrow("SELECT * FROM imports WHERE import_id = $1 AND tenant = $2", import_id, tenant)
    if row is None:
        return None
    counts = await pool.fetchrow(
        """SELECT coalesce(sum(rows), 0)::int AS rows, coalesce(sum(created), 0)::int AS created,
                  coalesce(sum(updated), 0)::int AS updated, coalesce(sum(refused), 0)::int AS refused,
                  (SELECT count(*)::int FROM import_errors WHERE import_id = $1 AND tenant = $2) AS errors
           FROM import_batches WHERE import_id = $1 AND tenant = $2""",
        import_id,
        tenant,
    )
    return import_of(row), Counts(**dict(counts))


async def errors(pool: asyncpg.Pool, tenant: str, import_id: uuid.UUID, after: int, limit: int) -> list[asyncpg.Record]:
    """Up to `limit` errors of lines behind `after`, in the order of the file: line, code, field, detail."""
    return list(
        await pool.fetch(
            """SELECT line, code, field, detail FROM import_errors
               WHERE import_id = $1 AND tenant = $2 AND line > $3 ORDER BY line LIMIT $4""",
            import_id,
            tenant,
            after,
            limit,
        )
    )


async def delete(pool: asyncpg.Pool, tenant: str, import_id: uuid.UUID) -> int | None:
    """Take back what the import said last, and its outcome; how many responses, None when there is no such import.

    The import's row goes first: a batch that is being taken is waited for, and the next one finds no import.
    """
    async with pool.acquire() as connection, connection.transaction():
        done = await connection.execute("DELETE FROM imports WHERE import_id = $1 AND tenant = $2", import_id, tenant)
        if done != "DELETE 1":
            return None
        gone = await connection.execute(
            "DELETE FROM responses WHERE import_id = $1 AND tenant = $2", import_id, tenant, timeout=_STATEMENT_SECONDS
        )
        return int(gone.split()[1])


async def claim(pool: asyncpg.Pool, lease_seconds: float) -> Import | None:
    """The oldest import that nobody works on, leased."""
    row = await pool.fetchrow(
        """UPDATE imports SET leased_until = clock_timestamp() + make_interval(secs => $1)
           WHERE import_id = (SELECT import_id FROM imports
                              WHERE ended_at IS NULL AND (leased_until IS NULL OR leased_until < clock_timestamp())
                              ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING *""",
        lease_seconds,
    )
    return import_of(row) if row else None


async def hold(pool: asyncpg.Pool, import_id: uuid.UUID, lease_seconds: float) -> None:
    """Make the lease last for so long from now. Two that hold it only find each other's batches done."""
    await pool.execute(
        "UPDATE imports SET leased_until = clock_timestamp() + make_interval(secs => $2) WHERE import_id = $1",
        import_id,
        lease_seconds,
    )


async def taken(pool: asyncpg.Pool, import_id: uuid.UUID) -> set[int]:
    """Numbers of the batches that are done."""
    rows = await pool.fetch("SELECT number FROM import_batches WHERE import_id = $1", import_id)
    return {row["number"] for row in rows}


async def take(pool: asyncpg.Pool, of: Import, batch: Batch) -> bool:
    """The batch's rows and its outcome, in one transaction; False when somebody did it before. Gone."""
    async with pool.acquire() as connection, connection.transaction():
        try:
            mine = await connection.fetchval(
                """INSERT INTO import_batches (import_id, number, tenant, rows, created, updated, refused)
                   VALUES ($1, $2, $3, $4, 0, 0, $5) ON CONFLICT DO NOTHING RETURNING 1""",
                of.import_id,
                batch.number,
                of.tenant,
                batch.rows,
                batch.refused,
            )
        except asyncpg.ForeignKeyViolationError as error:
            raise Gone from error
        if not mine:
            return False
        created, updated = await _put(connection, of, batch.records)
        await connection.execute(
            "UPDATE import_batches SET created = $3, updated = $4 WHERE import_id = $1 AND number = $2",
            of.import_id,
            batch.number,
            created,
            updated,
        )
        await connection.executemany(
            "INSERT INTO import_errors (import_id, line, code, tenant, field, detail) VALUES ($1, $2, $3, $4, $5, $6)",
            [(of.import_id, each.line, each.code, of.tenant, each.field, each.detail) for each in batch.faults],
        )
    return True


async def end(pool: asyncpg.Pool, import_id: uuid.UUID, problem: dict[str, Any] | None = None) -> None:
    """All that can be taken of it was."""
    await pool.execute(
        "UPDATE imports SET ended_at = clock_timestamp(), problem = $2 WHERE import_id = $1 AND ended_at IS NULL",
        import_id,
        problem,
    )


async def with_files(pool: asyncpg.Pool) -> list[Import]:
    """Imports that have ended and whose file is stored still."""
    rows = await pool.fetch("SELECT * FROM imports WHERE ended_at IS NOT NULL AND file IS NOT NULL LIMIT 50")
    return [import_of(row) for row in rows]


async def without_file(pool: asyncpg.Pool, import_id: uuid.UUID) -> None:
    """Its file is gone."""
    await pool.execute("UPDATE imports SET file = NULL WHERE import_id = $1", import_id)


async def forget(pool: asyncpg.Pool, keep_days: float, retention_days: int | None) -> None:
    """Drop old outcomes, and imported responses kept longer than their tenant wants, or `retention_days`; None keeps them."""
    await pool.execute(
        "DELETE FROM imports WHERE ended_at < clock_timestamp() - make_interval(secs => $1) AND file IS NULL",
        keep_days * 86_400,
    )
    await pool.execute(
        """DELETE FROM responses WHERE response_id IN (
             SELECT r.response_id FROM tenants t JOIN responses r ON r.tenant = t.name AND r.import_id IS NOT NULL
                AND r.recorded_at < clock_timestamp() - make_interval(days => coalesce(t.retention_days, $1))
             LIMIT 20000)""",
        retention_days,
        timeout=_STATEMENT_SECONDS,
    )


async def _put(connection: asyncpg.Connection, of: Import, records: Sequence[Record]) -> tuple[int, int]:
    """(created, updated). In the order of ids, so that two who write the same rows wait, and don't lock each other out."""
    found = await connection.fetch(
        _UPSERT, of.tenant, of.import_id, [_row(of.tenant, each) for each in records], timeout=_STATEMENT_SECONDS
    )
    created = sum(row["created"] for row in found)
    return created, len(found) - created


def _row(tenant: str, record: Record) -> dict[str, Any]:
    return {
        "id": str(derived("imported", tenant, *record.identity)),
        "sitting": str(derived("sitting", tenant, *record.sitting)),
        "student_id": record.student_id,
        "class_id": record.class_id,
        "subject": record.subject,
        "taken_at": midnight(record.on).isoformat(),
        "item": record.item,
        "codes": [code for code, _ in record.points],
        "names": [name for _, name in record.points],
        "parts": parts_of([1.0] * len(record.points)),
        "weight": weight_of(record.max_score),
        "share": record.earned / record.max_score,
        "earned": record.earned,
        "max_score": record.max_score,
        "difficulty": record.difficulty,
    }


_UPSERT = """
INSERT INTO responses AS r (response_id, tenant, import_id, sitting, student_id, class_id, subject, taken_at, place, item,
                            path, codes, names, parts, weight, share, earned, max_score, difficulty)
SELECT n.id, $1, $2, n.sitting, n.student_id, n.class_id, n.subject, n.taken_at, 0, n.item,
       '{}', n.codes, n.names, n.parts, n.weight, n.share, n.earned, n.max_score, n.difficulty
FROM jsonb_to_recordset($3) AS n (
    id uuid, sitting uuid, student_id text, class_id text, subject text, taken_at timestamptz, item text, codes text[],
    names text[], parts double precision[], weight double precision, share double precision, earned double precision,
    max_score double precision, difficulty double precision)
ORDER BY n.id
ON CONFLICT (response_id) DO UPDATE SET
    import_id = excluded.import_id, class_id = excluded.class_id, codes = excluded.codes, names = excluded.names,
    parts = excluded.parts, weight = excluded.weight, share = excluded.share, earned = excluded.earned,
    max_score = excluded.max_score, difficulty = excluded.difficulty, recorded_at = clock_timestamp()
WHERE (r.class_id, r.codes, r.names, r.earned, r.max_score, r.difficulty)
      IS DISTINCT FROM
      (excluded.class_id, excluded.codes, excluded.names, excluded.earned, excluded.max_score, excluded.difficulty)
RETURNING (xmax = 0) AS created
"""
