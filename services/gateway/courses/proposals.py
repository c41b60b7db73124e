"""Proposals in Postgres. Every statement names the tenant."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from pydantic import BaseModel, ConfigDict

from contracts.artefacts.submission import Subject
from contracts.cost import Cost, LlmUse
from services.gateway.core.cursor import Cursor
from services.gateway.core.problems import Code, Problem
from services.gateway.courses.core.proposal import ProposedPoint
from services.gateway.limits import spending
from services.gateway.postgres.keys import made_before

PREFIX = "crs_"


class Outcome(BaseModel):
    """What was found, and how. `llm` and `cost` only when a model was asked."""

    model_config = ConfigDict(frozen=True)

    engine: str
    points: tuple[ProposedPoint, ...]
    left_out: int = 0
    more: int = 0
    llm: LlmUse | None = None
    cost: Cost | None = None


@dataclass(frozen=True)
class Proposal:
    """A stored proposal; `accepted_digest` of what was accepted of it."""

    id: str
    subject: Subject
    title: str
    outcome: Outcome
    created_at: datetime
    accepted_at: datetime | None = None
    accepted_digest: bytes | None = None


@dataclass(frozen=True)
class Asked:
    """A request under its Idempotency-Key; `digest` of what it asks for."""

    key: str | None
    digest: bytes


_COLUMNS = "id, subject, title, document, created_at, accepted_at, accepted_digest"


async def repeated(pool: asyncpg.Pool | asyncpg.Connection, tenant: str, asked: Asked) -> Proposal | None:
    """What the key has made before. Problem(IDEMPOTENCY_MISMATCH)."""
    if asked.key is None:
        return None
    row = await made_before(pool, "course_proposals", _COLUMNS, (tenant, asked.key, asked.digest))
    return proposal(row) if row else None


async def require_room(pool: asyncpg.Pool | asyncpg.Connection, tenant: str, most: int) -> None:
    """Problem(PROPOSAL_LIMIT)."""
    if await pool.fetchval("SELECT count(*) FROM course_proposals WHERE tenant = $1", tenant) >= most:
        raise Problem(Code.PROPOSAL_LIMIT, f"A tenant has at most {most} proposals: delete some.", limit=most)


async def keep(
    pool: asyncpg.Pool, tenant: str, made: tuple[Subject, str, Outcome], asked: Asked, most: int
) -> Proposal | None:
    """Store what was found, and count what it cost; None when another request with the key was faster.

    Problem(PROPOSAL_LIMIT).
    """
    subject, title, outcome = made
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        await spending.charge(connection, tenant, outcome.cost)
        await require_room(connection, tenant, most)
        row = await connection.fetchrow(
            f"""INSERT INTO course_proposals (tenant, id, subject, title, document, idempotency_key, fingerprint)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (tenant, idempotency_key) DO NOTHING RETURNING {_COLUMNS}""",  # noqa: S608
            tenant,
            PREFIX + uuid.uuid4().hex,
            subject,
            title,
            outcome.model_dump_json(by_alias=True),
            asked.key,
            asked.digest,
        )
    return proposal(row) if row else None


async def find(pool: asyncpg.Pool, tenant: str, subject: str, proposal_id: str) -> Proposal | None:
    """The tenant's proposal of the subject; another's is as good as none."""
    row = await pool.fetchrow(
        f"SELECT {_COLUMNS} FROM course_proposals WHERE tenant = $1 AND subject = $2 AND id = $3",  # noqa: S608
        tenant,
        subject,
        proposal_id,
    )
    return proposal(row) if row else None


async def page(pool: asyncpg.Pool, tenant: str, subject: str, after: Cursor | None, limit: int) -> list[Proposal]:
    """Up to `limit` proposals, newest first."""
    rows = await pool.fetch(
        f"""SELECT {_COLUMNS} FROM course_proposals
            WHERE tenant = $1 AND subject = $2 AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))
            ORDER BY created_at DESC, id DESC LIMIT $5""",  # noqa: S608
        tenant,
        subject,
        after.created_at if after else None,
        PREFIX + after.exam_id.hex if after else None,
        limit,
    )
    return [proposal(row) for row in rows]


async def delete(pool: asyncpg.Pool, tenant: str, subject: str, proposal_id: str) -> bool:
    """Forget the proposal; what was accepted of it stays."""
    done = await pool.execute(
        "DELETE FROM course_proposals WHERE tenant = $1 AND subject = $2 AND id = $3", tenant, subject, proposal_id
    )
    return bool(done == "DELETE 1")


def proposal(row: asyncpg.Record) -> Proposal:
    """Of a row with the columns of a proposal."""
    return Proposal(
        row["id"],
        row["subject"],
        row["title"],
        Outcome.model_validate_json(row["document"]),
        row["created_at"],
        row["accepted_at"],
        row["accepted_digest"],
    )
