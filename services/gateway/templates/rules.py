"""What a tenant has settled for a subject. A subject it never spoke of has the defaults, at version 0."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from contracts.artefacts import SubjectRules
from services.gateway.core.problems import Code, Problem


@dataclass(frozen=True)
class Settled:
    """The rules of a subject; `updated_at` is None for the defaults."""

    version: int = 0
    rules: SubjectRules = SubjectRules()  # noqa: RUF009 - frozen
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Versions:
    """Which versions hold of what is settled for a subject; 0: nothing was."""

    rules: int
    points: int


async def versions(pool: asyncpg.Pool, tenant: str, subject: str) -> Versions:
    """Of the subject's rules, and of the school's own points: one round trip, as every upload asks."""
    row = await pool.fetchrow(
        """SELECT (SELECT version FROM subject_rules WHERE tenant = $1 AND subject = $2) AS rules,
                  (SELECT version FROM subject_points WHERE tenant = $1 AND subject = $2) AS points""",
        tenant,
        subject,
    )
    return Versions(row["rules"] or 0, row["points"] or 0)


async def text(pool: asyncpg.Pool, tenant: str, subject: str) -> str | None:
    """The rules as JSON, as they are now."""
    found: str | None = await pool.fetchval(
        "SELECT document FROM subject_rules WHERE tenant = $1 AND subject = $2", tenant, subject
    )
    return found


async def find(pool: asyncpg.Pool, tenant: str, subject: str) -> Settled:
    """The rules and their version."""
    row = await pool.fetchrow(
        "SELECT version, document, updated_at FROM subject_rules WHERE tenant = $1 AND subject = $2", tenant, subject
    )
    return _settled(row) if row else Settled()


async def settle(pool: asyncpg.Pool, tenant: str, subject: str, rules: SubjectRules, expected: int | None) -> Settled:
    """The rules from now on; the same rules again change nothing. Problem(PRECONDITION_FAILED) as for templates."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        now = await find(connection, tenant, subject)
        if expected is not None and expected != now.version:
            detail = f"The rules are at version {now.version} by now: fetch them, and send your change with their ETag."
            raise Problem(Code.PRECONDITION_FAILED, detail, version=now.version)
        if now.version and now.rules == rules:
            return now
        row = await connection.fetchrow(
            """INSERT INTO subject_rules (tenant, subject, document) VALUES ($1, $2, $3)
               ON CONFLICT (tenant, subject) DO UPDATE
               SET document = excluded.document, version = subject_rules.version + 1, updated_at = clock_timestamp()
               RETURNING version, document, updated_at""",
            tenant,
            subject,
            rules.model_dump_json(),
        )
    return _settled(row)


def _settled(row: asyncpg.Record) -> Settled:
    return Settled(row["version"], SubjectRules.model_validate_json(row["document"]), row["updated_at"])
