"""Practice papers in Postgres, each with the template that was made with it. Every statement names the tenant."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from services.gateway.core.cursor import Cursor
from services.gateway.core.problems import Code, Problem
from services.gateway.postgres.keys import forget_key
from services.gateway.practice.core.paper import Practice, template_of
from services.gateway.practice.core.points import points_of
from services.gateway.templates import store as templates

PREFIX = "prc_"


@dataclass(frozen=True)
class Paper:
    """A practice paper. `template_id` is None once the template was deleted."""

    id: str
    practice: Practice
    template_id: str | None
    created_at: datetime


@dataclass(frozen=True)
class Asked:
    """A request under its Idempotency-Key; `digest` of what it asks for."""

    key: str | None
    digest: bytes


_SELECT = """SELECT p.id, p.document, p.created_at, t.id AS template_id FROM practices p
             LEFT JOIN templates t ON t.tenant = p.tenant AND t.practice_id = p.id"""


async def repeated(pool: asyncpg.Pool, tenant: str, asked: Asked) -> Paper | None:
    """What the key has made before; it is forgotten after three days. Problem(IDEMPOTENCY_MISMATCH)."""
    if asked.key is None:
        return None
    await forget_key(pool, "practices", tenant, asked.key)
    row = await pool.fetchrow(
        "SELECT id, fingerprint FROM practices WHERE tenant = $1 AND idempotency_key = $2", tenant, asked.key
    )
    if row is None:
        return None
    if row["fingerprint"] != asked.digest:
        raise Problem(Code.IDEMPOTENCY_MISMATCH)
    return await find(pool, tenant, row["id"])


async def keep(pool: asyncpg.Pool, tenant: str, practice: Practice, asked: Asked, most: int) -> Paper | None:
    """Store a paper with its template, in one transaction; None when another request with the key was faster.

    Problem(PRACTICE_LIMIT | EXAM_NOT_FOUND): the latter when an exam it was made from has been deleted meanwhile.
    """
    practice_id = PREFIX + uuid.uuid4().hex
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM tenants WHERE name = $1 FOR NO KEY UPDATE", tenant)
        if await connection.fetchval("SELECT count(*) FROM practices WHERE tenant = $1", tenant) >= most:
            raise Problem(Code.PRACTICE_LIMIT, f"A tenant has at most {most} papers: delete some first.", limit=most)
        created_at = await connection.fetchval(
            """INSERT INTO practices (tenant, id, subject, student_id, document, used, idempotency_key, fingerprint)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
               ON CONFLICT (tenant, idempotency_key) DO NOTHING RETURNING created_at""",
            tenant,
            practice_id,
            practice.subject,
            practice.student_id,
            _document(practice),
            sorted({name for question in practice.questions for name in (question.item.id, question.item.group)}),
            asked.key,
            asked.digest,
        )
        if created_at is None:
            return None
        await _tie(connection, tenant, practice_id, practice.exam_ids)
        document = template_of(practice, practice_id, points_of(practice.subject))
        head = await templates.add(connection, tenant, document, practice=practice_id)
    return Paper(practice_id, practice, head.id, created_at)


async def find(pool: asyncpg.Pool, tenant: str, practice_id: str) -> Paper | None:
    """The tenant's paper; another's is as good as none."""
    row = await pool.fetchrow(f"{_SELECT} WHERE p.tenant = $1 AND p.id = $2", tenant, practice_id)
    return _paper(row) if row else None


async def delete(pool: asyncpg.Pool, tenant: str, practice_id: str) -> bool:
    """Forget the paper and its template; whether there was one. Exams keep the key they were accepted with."""
    done = await pool.execute("DELETE FROM practices WHERE tenant = $1 AND id = $2", tenant, practice_id)
    return bool(done == "DELETE 1")


async def page(
    pool: asyncpg.Pool, tenant: str, student_id: str | None, after: Cursor | None, limit: int
) -> list[Paper]:
    """Up to `limit` papers, newest first."""
    rows = await pool.fetch(
        f"""{_SELECT} WHERE p.tenant = $1 AND ($2::text IS NULL OR p.student_id = $2)
            AND ($3::timestamptz IS NULL OR (p.created_at, p.id) < ($3, $4))
            ORDER BY p.created_at DESC, p.id DESC LIMIT $5""",
        tenant,
        student_id,
        after.created_at if after else None,
        PREFIX + after.exam_id.hex if after else None,
        limit,
    )
    return [_paper(row) for row in rows]


async def used_by(pool: asyncpg.Pool, tenant: str, student_id: str | None) -> frozenset[str]:
    """Ids and families of all items of the student's papers, and the items that imported records name.

    Not by a mere number: that is a place on some paper, no item of a bank.
    """
    if student_id is None:
        return frozenset()
    rows = await pool.fetch(
        """SELECT unnest(used) AS name FROM practices WHERE tenant = $1 AND student_id = $2
           UNION SELECT item FROM responses
           WHERE tenant = $1 AND student_id = $2 AND import_id IS NOT NULL AND item !~ '^[0-9]+$'""",
        tenant,
        student_id,
    )
    return frozenset(row["name"] for row in rows)


def _document(practice: Practice) -> str:
    """As JSON. A paper without written items is as gateways of the release before can read it."""
    return practice.model_dump_json(by_alias=True, exclude={"written"} if practice.written is None else None)


async def _tie(connection: asyncpg.Connection, tenant: str, practice_id: str, exam_ids: Sequence[str]) -> None:
    tied = await connection.fetch(
        """INSERT INTO practice_exams (tenant, practice_id, exam_id)
           SELECT $1, $2, exam_id FROM exams WHERE tenant = $1 AND exam_id = ANY($3::uuid[]) FOR KEY SHARE
           RETURNING exam_id""",
        tenant,
        practice_id,
        [uuid.UUID(each) for each in exam_ids],
    )
    if len(tied) < len(exam_ids):
        raise Problem(Code.EXAM_NOT_FOUND)


def _paper(row: asyncpg.Record) -> Paper:
    practice = Practice.model_validate_json(row["document"])
    return Paper(row["id"], practice, row["template_id"], row["created_at"])
