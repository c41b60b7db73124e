"""Templates as they are kept in Postgres: those of a tenant, their versions. Every statement names the tenant."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.gateway.core.cursor import Cursor


@dataclass(frozen=True)
class Head:
    """A template without its document: what lists show, and which version is the newest."""

    id: str
    name: str
    subject: str
    grade: int | None
    version: int
    items: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Version:
    """One version, without its document."""

    version: int
    created_at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which templates to list: those after the cursor, of the subject if given, with `name` in their names."""

    after: Cursor | None = None
    subject: str | None = None
    name: str = ""


HEAD = ", ".join(Head.__annotations__)
"""The columns of a `Head`."""


async def find(pool: asyncpg.Pool, tenant: str, template_id: str) -> Head | None:
    """The tenant's template; another's is as good as none."""
    row = await pool.fetchrow(
        f"SELECT {HEAD} FROM templates WHERE tenant = $1 AND id = $2",  # noqa: S608 - a constant
        tenant,
        template_id,
    )
    return Head(**row) if row else None


async def document(pool: asyncpg.Pool | asyncpg.Connection, tenant: str, template_id: str, version: int) -> str | None:
    """The JSON of a version; None when it isn't kept any more."""
    text: str | None = await pool.fetchval(
        "SELECT document FROM template_versions WHERE tenant = $1 AND template_id = $2 AND version = $3",
        tenant,
        template_id,
        version,
    )
    return text


async def page(pool: asyncpg.Pool, tenant: str, wanted: Wanted, limit: int) -> list[Head]:
    """Up to `limit` templates, newest first."""
    rows = await pool.fetch(
        f"""SELECT {HEAD} FROM templates
            WHERE tenant = $1 AND practice_id IS NULL AND ($2::text IS NULL OR subject = $2) AND strpos(lower(name), lower($3)) > 0
              AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5))
            ORDER BY created_at DESC, id DESC LIMIT $6""",  # noqa: S608 - a constant
        tenant,
        wanted.subject,
        wanted.name,
        wanted.after.created_at if wanted.after else None,
        f"tpl_{wanted.after.exam_id.hex}" if wanted.after else None,
        limit,
    )
    return [Head(**row) for row in rows]


async def versions(pool: asyncpg.Pool, tenant: str, template_id: str) -> list[Version]:
    """The versions that are kept, newest first."""
    rows = await pool.fetch(
        """SELECT version, created_at FROM template_versions WHERE tenant = $1 AND template_id = $2
           ORDER BY version DESC""",
        tenant,
        template_id,
    )
    return [Version(**row) for row in rows]


async def find_version(pool: asyncpg.Pool, tenant: str, head: Head, version: int) -> Head | None:
    """The template as it was at a version, without what its document says; None when that isn't kept."""
    created_at = await pool.fetchval(
        "SELECT created_at FROM template_versions WHERE tenant = $1 AND template_id = $2 AND version = $3",
        tenant,
        head.id,
        version,
    )
    return dataclasses.replace(head, version=version, updated_at=created_at) if created_at else None
