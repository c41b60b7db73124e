"""What a new exam is told beside its paper: the student's earlier responses, and classmates' to the same paper.

Read once, when the exam is accepted, and kept in its submission: so every later revision is diagnosed with the same.
"""

from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from contracts.artefacts.diagnosis import Background, ClassRecord, PastAnswers, PastMastery
from contracts.artefacts.submission import TemplateRef
from services.gateway.core.form import Form

_SITTINGS = 8
"""The last ones: the diagnosis lets them fade, the ninth would count for a twentieth."""
_POINTS = 300
"""Rows of history, of the latest sittings first."""
_TREND_EXAMS = 6
_CLASSMATES = 100
"""Those of the own class first. The diagnosis wants 20 and gains little from more than these."""

_HISTORY = """
WITH mine AS (
    SELECT sitting, taken_at, codes, parts, weight, share, difficulty FROM responses
    WHERE tenant = $1 AND student_id = $2 AND subject = $3
), sittings AS (
    SELECT sitting, row_number() OVER (ORDER BY max(taken_at) DESC, sitting) AS ago FROM mine GROUP BY sitting
    ORDER BY ago LIMIT $4
)
SELECT asked.code, s.ago, sum(m.weight * asked.part) AS questions,
       sum(m.weight * asked.part * m.share) / sum(m.weight * asked.part) AS share,
       sum(m.weight * asked.part * m.difficulty) / sum(m.weight * asked.part) FILTER (WHERE m.difficulty IS NOT NULL)
           AS difficulty
FROM mine m JOIN sittings s USING (sitting), unnest(m.codes, m.parts) AS asked (code, part)
WHERE asked.part > 0
GROUP BY asked.code, s.ago ORDER BY s.ago, asked.code LIMIT $5
"""

_TREND = """
WITH exams AS (
    SELECT DISTINCT exam_id, taken_at FROM masteries
    WHERE tenant = $1 AND student_id = $2 AND subject = $3 ORDER BY taken_at DESC, exam_id DESC LIMIT $4
)
SELECT m.code, (m.taken_at AT TIME ZONE 'UTC')::date AS on, m.mastery, m.low, m.high, m.sufficient
FROM masteries m JOIN exams USING (exam_id) WHERE m.tenant = $1
ORDER BY m.taken_at, m.exam_id, m.code LIMIT $5
"""

_CLASS = """
WITH papers AS (
    SELECT DISTINCT ON (coalesce(nullif(student_id, ''), exam_id::text)) exam_id, class_id, created_at
    FROM exams
    WHERE tenant = $1 AND template_id = $2 AND template_version = $3 AND recorded_revision > 0
      AND (student_id = '' OR student_id <> $4)
    ORDER BY coalesce(nullif(student_id, ''), exam_id::text), created_at DESC
), mates AS (
    SELECT exam_id, row_number() OVER (ORDER BY (class_id IS NOT DISTINCT FROM $5) DESC, created_at DESC, exam_id) AS rank
    FROM papers ORDER BY rank LIMIT $6
)
SELECT m.rank, r.path, r.share FROM responses r JOIN mates m USING (exam_id) WHERE r.tenant = $1 ORDER BY m.rank, r.place
"""


class Past:
    """Reads on the pool of requests."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def fill(self, tenant: str, form: Form) -> Form:
        """The form with what is known beside its paper; nothing without a student's id and a template."""
        history: tuple[PastAnswers, ...] = ()
        trend: tuple[PastMastery, ...] = ()
        classmates = ClassRecord()
        if form.student_id:
            whose = (tenant, form.student_id, form.subject)
            history = tuple(
                PastAnswers(**_shares(row)) for row in await self._pool.fetch(_HISTORY, *whose, _SITTINGS, _POINTS)
            )
            rows = await self._pool.fetch(_TREND, *whose, _TREND_EXAMS, _POINTS)
            trend = tuple(PastMastery(**dict(row)) for row in rows)
        if form.template is not None:
            classmates = await self._classmates(tenant, form, form.template)
        return replace(form, background=Background(history=history, classmates=classmates, trend=trend))

    async def _classmates(self, tenant: str, form: Form, paper: TemplateRef) -> ClassRecord:
        whose = (form.student_id, form.class_id, _CLASSMATES)
        return _table(await self._pool.fetch(_CLASS, tenant, paper.id, paper.version, *whose))


def _shares(row: asyncpg.Record) -> dict[str, object]:
    return {
        "code": row["code"],
        "share": min(max(round(row["share"], 4), 0.0), 1.0),
        "questions": round(row["questions"], 4),
        "exams_ago": row["ago"],
        "difficulty": None if row["difficulty"] is None else min(max(round(row["difficulty"], 2), 0.0), 1.0),
    }


def _table(rows: Sequence[asyncpg.Record]) -> ClassRecord:
    """A row per student, without names, a column per question."""
    paths: dict[tuple[str, ...], int] = {}
    students: dict[int, dict[int, float]] = {}
    for row in rows:
        column = paths.setdefault(tuple(row["path"]), len(paths))
        students.setdefault(row["rank"], {})[column] = round(row["share"], 4)
    return ClassRecord(
        paths=tuple(paths),
        shares=tuple(tuple(shares.get(column) for column in range(len(paths))) for shares in students.values()),
    )
