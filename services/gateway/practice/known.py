"""What is known of a student's knowledge points: from one exam's result, or from the student's exams and past records."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

from services.gateway.practice.core.points import Points, UnknownPoint
from services.gateway.records import students
from services.gateway.records.mastery import Point, points_of


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
    """Where the student stands on each point of the subject: by exams, and by imported records that are newer or alone.

    Of the exams that say so, too: what was made from them goes with them.
    """
    found = points_of(await students.seen(pool, tenant, student_id, points.subject))
    entries = [Entry(point.code, point.name, point.now.mastery, point.now.sufficient) for point in found]
    return known_of(entries, points, sorted({str(exam) for point in found for exam in _exams(point)}))


def _exams(point: Point) -> list[uuid.UUID]:
    """What the estimate stands on: the last diagnosis, or all responses."""
    told = point.occasions[-1:] if point.basis == "exam" else point.occasions
    return [each.exam_id for each in told if each.exam_id is not None]


def _code(entry: Entry, points: Points) -> str:
    for name in (entry.code, entry.name):
        try:
            return points.code(name)
        except UnknownPoint:
            continue
    return entry.code
