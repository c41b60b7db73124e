"""Imports in Postgres, as they are taken: whose turn it is, batch by batch, each once, and what is over."""

import uuid
from collections.abc import Sequence
from typing import Any

import asyncpg

from contracts.taxonomy import taxonomy
from services.gateway.records.imports import STATEMENT_SECONDS, Import, import_of
from services.gateway.records.reader import Batch
from services.gateway.records.responses import derived, weight_of
from services.gateway.records.rows import Record, midnight


class Gone(Exception):
    """The import was deleted meanwhile."""


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
        timeout=STATEMENT_SECONDS,
    )


async def _put(connection: asyncpg.Connection, of: Import, records: Sequence[Record]) -> tuple[int, int]:
    """(created, updated). In the order of ids, so that two who write the same rows wait, and don't lock each other out."""
    found = await connection.fetch(
        _UPSERT, of.tenant, of.import_id, [_row(of.tenant, each) for each in records], timeout=STATEMENT_SECONDS
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
        "parts": taxonomy(record.subject).parts_of([(code, 1.0) for code, _ in record.points]),
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
