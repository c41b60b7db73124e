"""Imports in Postgres, as requests make, read and delete them."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from contracts.events import BlobRef
from services.gateway.records.reader import Kind

KINDS: dict[str, Kind] = {"text/csv": "csv", "application/x-ndjson": "jsonl", "application/jsonl": "jsonl"}
STATEMENT_SECONDS = 60.0
"""So many rows at a time take longer than other statements do."""


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
            "DELETE FROM responses WHERE import_id = $1 AND tenant = $2", import_id, tenant, timeout=STATEMENT_SECONDS
        )
        return int(gone.split()[1])
