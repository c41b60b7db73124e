"""What is known of a student's knowledge points: from one exam's result, or from the student's recorded exams."""

from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

from services.gateway.practice.core.points import Points, UnknownPoint


@dataclass(frozen=True)
class Entry:
    """What a diagnosis says of one point."""

    code: str
    name: str
    mastery: float
    sufficient: bool


@dataclass(frozen=True)
class Known:
    """Mastery by code, and the exams that it is of."""

    mastery: dict[str, float]
    sufficient: frozenset[str]
    exam_ids: tuple[str, ...] = ()

    def weak(self, below: float) -> list[str]:
        """The weakest first. What only thin evidence calls weak is named only when nothing else is."""
        weak = sorted((code for code, mastery in self.mastery.items() if mastery < below), key=self.mastery.__getitem__)
        return [code for code in weak if code in self.sufficient] or weak


NOTHING = Known({}, frozenset())


def known_of(entries: Iterable[Entry], points: Points, exam_ids: Iterable[str]) -> Known:
    """Under the codes that items have: a school's own name of a point of the taxonomy is that point."""
    mastery: dict[str, float] = {}
    sufficient = set()
    for entry in entries:
        code = _code(entry, points)
        mastery[code] = min(entry.mastery, mastery.get(code, 1.0))
        if entry.sufficient:
            sufficient.add(code)
    return Known(mastery, frozenset(sufficient), tuple(exam_ids))


async def of_student(pool: asyncpg.Pool, tenant: str, student_id: str, points: Points) -> Known:
    """The latest that any recorded exam of the student said of each point of the subject."""
    rows = await pool.fetch(
        """SELECT DISTINCT ON (code) code, name, mastery, sufficient, exam_id FROM masteries
           WHERE tenant = $1 AND student_id = $2 AND subject = $3 ORDER BY code, taken_at DESC, exam_id""",
        tenant,
        student_id,
        points.subject,
    )
    entries = [Entry(row["code"], row["name"], row["mastery"], row["sufficient"]) for row in rows]
    return known_of(entries, points, sorted({str(row["exam_id"]) for row in rows}))


def _code(entry: Entry, points: Points) -> str:
    for name in (entry.code, entry.name):
        try:
            return points.code(name)
        except UnknownPoint:
            continue
    return entry.code
