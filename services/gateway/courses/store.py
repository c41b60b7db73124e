"""A school's own points in Postgres, one document a subject, in versions. Every statement names the tenant."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from contracts.taxonomy import Point
from services.gateway.core.problems import Code, Problem
from services.gateway.courses.core.own import POINTS
from services.gateway.courses.proposals import Proposal

Change = Callable[[tuple[Point, ...]], tuple[Point, ...]]


@dataclass(frozen=True)
class Own:
    """The school's own points; `version` 0 and `updated_at` None: it never gave any."""

    version: int = 0
    points: tuple[Point, ...] = ()
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Acceptance:
    """Which proposal is accepted, by the key of whom; `digest` of what of it."""

    proposal: Proposal
    by: str
    digest: bytes


async def text(pool: asyncpg.Pool, tenant: str, subject: str) -> str | None:
    """The points as JSON, as they are now."""
    found: str | None = await pool.fetchval(
        "SELECT document FROM subject_points WHERE tenant = $1 AND subject = $2", tenant, subject
    )
    return found


async def find(pool: asyncpg.Pool | asyncpg.Connection, tenant: str, subject: str) -> Own:
    """The points and their version."""
    row = await pool.fetchrow(
        "SELECT version, document, updated_at FROM subject_points WHERE tenant = $1 AND subject = $2", tenant, subject
    )
    return _own(row) if row else Own()


async def every(pool: asyncpg.Pool, tenant: str) -> dict[str, tuple[Point, ...]]:
    """The points of all subjects that have any, by subject."""
    rows = await pool.fetch("SELECT subject, document FROM subject_points WHERE tenant = $1", tenant)
    return {row["subject"]: POINTS.validate_json(row["document"]) for row in rows}


async def settle(pool: asyncpg.Pool, tenant: str, subject: str, change: Change, expected: int | None) -> Own:
    """What `change` makes of the points, from now on; the same again is no new version. Problem(PRECONDITION_FAILED)."""
    async with pool.acquire() as connection, connection.transaction():
        return await _settled(connection, tenant, subject, change, expected)


async def accept(pool: asyncpg.Pool, tenant: str, acceptance: Acceptance, change: Change) -> Own:
    """The points with those of a proposal, which is accepted with them, in one transaction.

    What was accepted already, alike, changes nothing. Problem(PROPOSAL_NOT_FOUND | PROPOSAL_ACCEPTED).
    """
    subject, wanted = acceptance.proposal.subject, acceptance.proposal.id
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        row = await connection.fetchrow(
            "SELECT accepted_digest FROM course_proposals WHERE tenant = $1 AND id = $2 FOR UPDATE", tenant, wanted
        )
        if row is None:
            raise Problem(Code.PROPOSAL_NOT_FOUND)
        if row["accepted_digest"] is not None:
            if row["accepted_digest"] != acceptance.digest:
                raise Problem(Code.PROPOSAL_ACCEPTED)
            return await find(connection, tenant, subject)
        await connection.execute(
            """UPDATE course_proposals SET accepted_at = clock_timestamp(), accepted_by = $3, accepted_digest = $4
               WHERE tenant = $1 AND id = $2""",
            tenant,
            wanted,
            acceptance.by,
            acceptance.digest,
        )
        return await _settled(connection, tenant, subject, change, None)


async def _settled(
    connection: asyncpg.Connection, tenant: str, subject: str, change: Change, expected: int | None
) -> Own:
    await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
    now = await find(connection, tenant, subject)
    if expected is not None and expected != now.version:
        detail = f"The points are at version {now.version} by now: fetch them, and send your change with their ETag."
        raise Problem(Code.PRECONDITION_FAILED, detail, version=now.version)
    points = change(now.points)
    if points == now.points:
        return now
    row = await connection.fetchrow(
        """INSERT INTO subject_points (tenant, subject, document) VALUES ($1, $2, $3)
           ON CONFLICT (tenant, subject) DO UPDATE
           SET document = excluded.document, version = subject_points.version + 1, updated_at = clock_timestamp()
           RETURNING version, document, updated_at""",
        tenant,
        subject,
        POINTS.dump_json(points).decode(),
    )
    return _own(row)


def _own(row: asyncpg.Record) -> Own:
    return Own(row["version"], POINTS.validate_json(row["document"]), row["updated_at"])
