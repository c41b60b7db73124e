"""Changes of templates in Postgres, each of which makes a version. Every statement names the tenant."""

import hashlib
import uuid
from dataclasses import dataclass

import asyncpg

from services.gateway.core.problems import Code, Problem
from services.gateway.postgres.keys import made_before
from services.gateway.templates import queries
from services.gateway.templates.document import Document
from services.gateway.templates.queries import HEAD, Head

KEPT_VERSIONS = 100
"""The newest of a template. Exams have copied the key they were accepted with, so none misses an old version."""


@dataclass(frozen=True)
class Made:
    """A template; `replayed`: an earlier request with the same Idempotency-Key had made it."""

    head: Head
    replayed: bool = False


def text_of(document: Document) -> str:
    """A document as it is stored and compared: what is left out and what is at its default is the same."""
    return document.model_dump_json(exclude_defaults=True)


async def create(pool: asyncpg.Pool, tenant: str, document: Document, key: str | None, most: int) -> Made:
    """A new template at version 1; Problem(TEMPLATE_NAME_TAKEN | TEMPLATE_LIMIT | IDEMPOTENCY_MISMATCH)."""
    digest = fingerprint(document)
    async with pool.acquire() as connection, connection.transaction():
        # One creation of a tenant at a time: so a repeated request finds what the first one made.
        await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        if key is not None and (earlier := await _earlier(connection, tenant, key, digest)) is not None:
            return Made(earlier, replayed=True)
        counted = "SELECT count(*) FROM templates WHERE tenant = $1 AND practice_id IS NULL"
        if await connection.fetchval(counted, tenant) >= most:
            raise Problem(Code.TEMPLATE_LIMIT, f"A tenant has at most {most} templates: delete one first.", limit=most)
        return Made(await add(connection, tenant, document, key))


def fingerprint(document: Document) -> bytes:
    """SHA-256 of what a document says."""
    return hashlib.sha256(text_of(document).encode()).digest()


async def add(
    connection: asyncpg.Connection, tenant: str, document: Document, key: str | None = None, practice: str | None = None
) -> Head:
    """A new template in the caller's transaction; Problem(TEMPLATE_NAME_TAKEN). That of a practice paper goes with it."""
    await _require_free(connection, tenant, document.name, None)
    row = await connection.fetchrow(
        f"""INSERT INTO templates (tenant, id, name, subject, grade, items, idempotency_key, fingerprint, practice_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {HEAD}""",  # noqa: S608 - a constant
        tenant,
        f"tpl_{uuid.uuid4().hex}",
        document.name,
        document.subject,
        document.grade,
        len(document.items),
        key,
        fingerprint(document),
        practice,
    )
    await _add_version(connection, tenant, Head(**row), text_of(document))
    return Head(**row)


async def replace(
    pool: asyncpg.Pool, tenant: str, template_id: str, document: Document, expected: int | None
) -> Head | None:
    """The template at a new version, or as it is when the document says nothing new; None when there is none.

    Problem(PRECONDITION_FAILED) when `expected` is given and isn't the newest version; Problem(TEMPLATE_NAME_TAKEN).
    """
    text = text_of(document)
    async with pool.acquire() as connection, connection.transaction():
        head = await _lock(connection, tenant, template_id, expected)
        if head is None or await queries.document(connection, tenant, template_id, head.version) == text:
            return head
        await _require_free(connection, tenant, document.name, template_id)
        row = await connection.fetchrow(
            f"""UPDATE templates SET version = version + 1, name = $3, subject = $4, grade = $5, items = $6,
                                     updated_at = clock_timestamp()
                WHERE tenant = $1 AND id = $2 RETURNING {HEAD}""",  # noqa: S608 - a constant
            tenant,
            template_id,
            document.name,
            document.subject,
            document.grade,
            len(document.items),
        )
        await _add_version(connection, tenant, Head(**row), text)
        await connection.execute(
            "DELETE FROM template_versions WHERE tenant = $1 AND template_id = $2 AND version <= $3",
            tenant,
            template_id,
            row["version"] - KEPT_VERSIONS,
        )
    return Head(**row)


async def delete(pool: asyncpg.Pool, tenant: str, template_id: str, expected: int | None) -> bool:
    """Forget the template and its versions; whether there was one. Problem(PRECONDITION_FAILED) as `replace`."""
    async with pool.acquire() as connection, connection.transaction():
        if await _lock(connection, tenant, template_id, expected) is None:
            return False
        await connection.execute("DELETE FROM templates WHERE tenant = $1 AND id = $2", tenant, template_id)
    return True


async def _earlier(connection: asyncpg.Connection, tenant: str, key: str, digest: bytes) -> Head | None:
    """What the key has made before; it is forgotten after three days."""
    row = await made_before(connection, "templates", HEAD, (tenant, key, digest))
    return Head(**{name: row[name] for name in Head.__annotations__}) if row else None


async def _lock(connection: asyncpg.Connection, tenant: str, template_id: str, expected: int | None) -> Head | None:
    row = await connection.fetchrow(
        f"SELECT {HEAD} FROM templates WHERE tenant = $1 AND id = $2 FOR UPDATE",  # noqa: S608 - a constant
        tenant,
        template_id,
    )
    if row is not None and expected is not None and row["version"] != expected:
        detail = f"The template is at version {row['version']} by now: fetch it, and send your change with its ETag."
        raise Problem(Code.PRECONDITION_FAILED, detail, version=row["version"])
    return Head(**row) if row else None


async def _require_free(connection: asyncpg.Connection, tenant: str, name: str, but: str | None) -> None:
    """Problem(TEMPLATE_NAME_TAKEN). The tenant's row is locked first, so no other request takes the name meanwhile."""
    await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
    holder = await connection.fetchval(
        "SELECT id FROM templates WHERE tenant = $1 AND lower(name) = lower($2)", tenant, name
    )
    if holder not in (None, but):
        detail = f"{holder} has this name: choose another, or send a new version of it with PUT."
        raise Problem(Code.TEMPLATE_NAME_TAKEN, detail, template_id=holder)


async def _add_version(connection: asyncpg.Connection, tenant: str, head: Head, text: str) -> None:
    await connection.execute(
        """INSERT INTO template_versions (tenant, template_id, version, document, created_at)
           VALUES ($1, $2, $3, $4, $5)""",
        tenant,
        head.id,
        head.version,
        text,
        head.updated_at,
    )
