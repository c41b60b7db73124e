"""Batches and their papers in Postgres. What a request reads or writes names the tenant."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

import asyncpg

from contracts.events import BlobRef, Priority
from services.gateway.batches.storing import Kept
from services.gateway.core.cursor import Cursor
from services.gateway.exams import IN_FLIGHT, Exam, exam_of

State = Literal["waiting", "accepted", "refused", "cancelled"]


@dataclass(frozen=True)
class Counts:
    """Papers of a batch: by state of the paper, by status of its exam, and the sum of the exams' progress (percent).

    An exam that has ended counts as 100, however it did.
    """

    states: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    progress: int = 0

    @property
    def papers(self) -> int:
        """All of them."""
        return sum(self.states.values())


@dataclass(frozen=True)
class Batch:
    """One row of `batches`, with the counts of its papers."""

    batch_id: uuid.UUID
    tenant: str
    name: str | None
    traceparent: str | None
    created_at: datetime
    cancelled_at: datetime | None
    ended_at: datetime | None
    counts: Counts = Counts()


@dataclass(frozen=True)
class PaperRow:
    """One row of `batch_papers`, with its exam when there is one."""

    number: int
    name: str
    files: int
    state: State
    exam_id: uuid.UUID | None
    artefact: BlobRef | None
    priority: Priority
    callback_url: str | None
    problem: dict[str, Any] | None
    advice: list[dict[str, Any]]
    exam: Exam | None = None


BATCH = "batch_id, tenant, name, traceparent, created_at, cancelled_at, ended_at"


async def create(  # noqa: PLR0917 - the columns
    pool: asyncpg.Pool,
    batch_id: uuid.UUID,
    tenant: str,
    name: str | None,
    traceparent: str,
    papers: Sequence[Kept],
    lease_seconds: float,
) -> bool:
    """Insert the batch with its papers, leased to the caller for their intake; False when it is there already."""
    async with pool.acquire() as connection, connection.transaction():
        done = await connection.execute(
            """INSERT INTO batches (batch_id, tenant, name, traceparent, intake_until)
               VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5)) ON CONFLICT DO NOTHING""",
            batch_id,
            tenant,
            name,
            traceparent,
            lease_seconds,
        )
        if done != "INSERT 0 1":
            return False
        await connection.executemany(
            """INSERT INTO batch_papers (batch_id, tenant, number, name, files, state, exam_id, artefact, priority,
                                         callback_url, problem, advice)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
            [(batch_id, tenant, *_columns(paper)) for paper in papers],
        )
    return True


def _columns(paper: Kept) -> tuple[object, ...]:
    return (
        paper.number,
        paper.name.replace("\x00", ""),
        paper.files,
        "refused" if paper.refusal else "waiting",
        paper.exam_id,
        paper.artefact.model_dump() if paper.artefact else None,
        paper.form.priority if paper.form else None,
        paper.form.callback_url if paper.form else None,
        paper.refusal.document("") if paper.refusal else None,
        [asdict(each) for each in paper.advice],
    )


async def waiting(pool: asyncpg.Pool, tenant: str) -> int:
    """Papers of the tenant that have not become exams yet."""
    return int(await pool.fetchval("SELECT count(*) FROM batch_papers WHERE tenant = $1 AND state = 'waiting'", tenant))


async def find(pool: asyncpg.Pool, tenant: str, batch_id: uuid.UUID) -> Batch | None:
    """The tenant's batch; another tenant's is as good as none."""
    row = await pool.fetchrow(
        f"SELECT {BATCH} FROM batches WHERE batch_id = $1 AND tenant = $2",  # noqa: S608
        batch_id,
        tenant,
    )
    return (await with_counts(pool, [row]))[0] if row else None


async def several(pool: asyncpg.Pool, batch_ids: Sequence[uuid.UUID]) -> list[Batch]:
    """Batches of any tenants, for the process itself."""
    found = await pool.fetch(f"SELECT {BATCH} FROM batches WHERE batch_id = ANY($1::uuid[])", batch_ids)  # noqa: S608
    return await with_counts(pool, found)


async def exams_of(pool: asyncpg.Pool, batch: Batch) -> list[uuid.UUID]:
    """Ids of the exams that its papers are or will be."""
    found = await pool.fetch(
        "SELECT exam_id FROM batch_papers WHERE batch_id = $1 AND tenant = $2 AND exam_id IS NOT NULL",
        batch.batch_id,
        batch.tenant,
    )
    return [row["exam_id"] for row in found]


async def page(pool: asyncpg.Pool, tenant: str, after: Cursor | None, limit: int) -> list[Batch]:
    """Up to `limit` batches, newest first, beginning after the cursor, whose id is a batch's."""
    rows = await pool.fetch(
        f"""SELECT {BATCH} FROM batches
            WHERE tenant = $1 AND ($2::timestamptz IS NULL OR (created_at, batch_id) < ($2, $3::uuid))
            ORDER BY created_at DESC, batch_id DESC LIMIT $4""",  # noqa: S608
        tenant,
        after.created_at if after else None,
        after.exam_id if after else None,
        limit,
    )
    return await with_counts(pool, rows)


async def with_counts(pool: asyncpg.Pool | asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> list[Batch]:
    """The batches of these rows."""
    found = {row["batch_id"]: Counts() for row in rows}
    for row in await pool.fetch(_COUNTS, list(found)):
        counts = found[row["batch_id"]]
        counts.states[row["state"]] = counts.states.get(row["state"], 0) + row["papers"]
        if row["status"] is not None:
            counts.statuses[row["status"]] = row["papers"]
        found[row["batch_id"]] = Counts(counts.states, counts.statuses, counts.progress + row["progress"])
    return [Batch(**dict(row), counts=found[row["batch_id"]]) for row in rows]


_COUNTS = f"""
SELECT p.batch_id, p.state, e.status, count(*) AS papers,
       coalesce(sum(CASE WHEN e.{IN_FLIGHT} THEN e.progress ELSE 100 END) FILTER (WHERE e.status IS NOT NULL), 0) AS progress
FROM batch_papers p LEFT JOIN exams e ON e.exam_id = p.exam_id AND e.tenant = p.tenant
WHERE p.batch_id = ANY($1::uuid[]) GROUP BY p.batch_id, p.state, e.status
"""  # noqa: S608


async def papers(
    pool: asyncpg.Pool, tenant: str, batch_id: uuid.UUID, *, after: int = 0, limit: int = 1_000_000, state: str = ""
) -> list[PaperRow]:
    """Papers in their order, beginning after a number, with their exams; of one state when it is given."""
    rows = await pool.fetch(
        """SELECT number, name, files, state, exam_id, artefact, priority, callback_url, problem, advice FROM batch_papers
           WHERE batch_id = $1 AND tenant = $2 AND number > $3 AND ($5 = '' OR state = $5)
           ORDER BY number LIMIT $4""",
        batch_id,
        tenant,
        after,
        limit,
        state,
    )
    ids = [row["exam_id"] for row in rows if row["exam_id"]]
    found = await pool.fetch("SELECT * FROM exams WHERE exam_id = ANY($1::uuid[]) AND tenant = $2", ids, tenant)
    exams = {row["exam_id"]: exam_of(row) for row in found}
    return [_paper(row, exams.get(row["exam_id"])) for row in rows]


def _paper(row: asyncpg.Record, exam: Exam | None) -> PaperRow:
    plain = dict(row)
    artefact = plain.pop("artefact")
    return PaperRow(**plain, artefact=BlobRef.model_validate(artefact) if artefact else None, exam=exam)


async def cancel(pool: asyncpg.Pool, tenant: str, batch_id: uuid.UUID) -> bool:
    """No waiting paper becomes an exam any more; False when the batch has ended."""
    async with pool.acquire() as connection, connection.transaction():
        done = await connection.execute(
            """UPDATE batches SET cancelled_at = coalesce(cancelled_at, clock_timestamp())
               WHERE batch_id = $1 AND tenant = $2 AND (ended_at IS NULL OR cancelled_at IS NOT NULL)""",
            batch_id,
            tenant,
        )
        await connection.execute(
            """UPDATE batch_papers SET state = 'cancelled'
               WHERE batch_id = $1 AND tenant = $2 AND state = 'waiting' AND $3""",
            batch_id,
            tenant,
            done == "UPDATE 1",
        )
    return bool(done == "UPDATE 1")


async def slowest(pool: asyncpg.Pool, batch: Batch, limit: int = 8) -> list[Exam]:
    """Exams in flight that are likely to end last: those that came last among those that wait longest for a stage."""
    rows = await pool.fetch(
        f"""SELECT e.* FROM batch_papers p JOIN exams e ON e.exam_id = p.exam_id AND e.tenant = p.tenant
            WHERE p.batch_id = $1 AND p.tenant = $2 AND e.{IN_FLIGHT}
            ORDER BY e.progress, e.created_at DESC LIMIT $3""",  # noqa: S608
        batch.batch_id,
        batch.tenant,
        limit,
    )
    return [exam_of(row) for row in rows]
