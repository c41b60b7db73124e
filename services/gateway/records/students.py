"""What is recorded of one student. Every statement names the tenant."""

import uuid

import asyncpg

from services.gateway.records.mastery import Estimate, Occasion, Seen

_SITTINGS = 30
"""Of each subject, the last ones."""
_ROWS = 5000

_SEEN = """
WITH mine AS (
    SELECT sitting, exam_id, subject, taken_at, codes, names, parts, weight, share, difficulty FROM responses
    WHERE tenant = $1 AND student_id = $2 AND ($3::text IS NULL OR subject = $3)
), asked AS (
    SELECT m.subject, a.code, m.sitting, m.exam_id, max(a.name) AS name, max(m.taken_at) AS taken_at,
           sum(m.weight * a.part) AS questions, sum(m.weight * a.part * m.share) / sum(m.weight * a.part) AS share,
           sum(m.weight * a.part * m.difficulty) / sum(m.weight * a.part) FILTER (WHERE m.difficulty IS NOT NULL)
               AS difficulty
    FROM mine m, unnest(m.codes, m.names, m.parts) AS a (code, name, part) WHERE a.part > 0
    GROUP BY m.subject, a.code, m.sitting, m.exam_id
), said AS (
    SELECT * FROM masteries WHERE tenant = $1 AND student_id = $2 AND ($3::text IS NULL OR subject = $3)
), seen AS (
    SELECT coalesce(a.subject, s.subject) AS subject, coalesce(a.code, s.code) AS code, coalesce(s.name, a.name) AS name,
           coalesce(a.taken_at, s.taken_at) AS taken_at, coalesce(a.exam_id, s.exam_id) AS exam_id,
           coalesce(a.sitting, s.exam_id) AS sitting, a.share, coalesce(a.questions, 0) AS questions, a.difficulty,
           s.mastery, s.low, s.high, s.sufficient
    FROM asked a FULL JOIN said s ON s.exam_id = a.exam_id AND s.code = a.code
), ranked AS (
    SELECT *, dense_rank() OVER (PARTITION BY subject ORDER BY taken_at DESC, sitting) AS ago FROM seen
)
SELECT * FROM ranked WHERE ago <= $4 ORDER BY subject, ago, code LIMIT $5
"""


async def known(pool: asyncpg.Pool, tenant: str, student_id: str) -> bool:
    """Whether there is anything about the student: an exam, however it ended, or an imported record."""
    return bool(
        await pool.fetchval(
            """SELECT EXISTS (SELECT FROM exams WHERE tenant = $1 AND student_id = $2)
                   OR EXISTS (SELECT FROM responses WHERE tenant = $1 AND student_id = $2)""",
            tenant,
            student_id,
        )
    )


async def seen(pool: asyncpg.Pool, tenant: str, student_id: str, subject: str | None) -> list[Seen]:
    """Each point on each of the last occasions."""
    rows = await pool.fetch(_SEEN, tenant, student_id, subject, _SITTINGS, _ROWS)
    return [Seen(row["subject"], row["code"], row["name"], _occasion(row)) for row in rows]


async def exams(pool: asyncpg.Pool, tenant: str, student_id: str) -> list[asyncpg.Record]:
    """exam_id and status of all exams of the student."""
    return list(
        await pool.fetch("SELECT exam_id, status FROM exams WHERE tenant = $1 AND student_id = $2", tenant, student_id)
    )


async def forget(pool: asyncpg.Pool, tenant: str, student_id: str) -> int:
    """Delete what was imported of the student, how many responses, and the student's practice papers."""
    await pool.execute("DELETE FROM practices WHERE tenant = $1 AND student_id = $2", tenant, student_id)
    done = await pool.execute(
        "DELETE FROM responses WHERE tenant = $1 AND student_id = $2 AND exam_id IS NULL", tenant, student_id
    )
    return int(done.split()[1])


def _occasion(row: asyncpg.Record) -> Occasion:
    exam_id: uuid.UUID | None = row["exam_id"]
    said = None
    if row["mastery"] is not None:
        said = Estimate(row["mastery"], row["low"], row["high"], row["sufficient"])
    share = None if row["share"] is None else round(min(max(row["share"], 0.0), 1.0), 4)
    return Occasion(row["taken_at"], exam_id, share, round(row["questions"], 2), said, row["difficulty"])
