"""Result documents as one table: students down, items across. What was not graded is missing, never 0 points."""

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ConfigDict, Field

from contracts.artefacts.analysis import Verdict
from contracts.artefacts.paper import KnowledgePoint, QuestionType

SEEN_IN = 0.5
"""An item belongs to the paper when at least this share of the students' papers shows it; others are misread numbers."""


class _Read(BaseModel):
    """What is read of a result document; pages and lines are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Asked(_Read):
    """One question as graded."""

    number: str
    path: tuple[str, ...]
    type: QuestionType
    options: dict[str, str] = {}
    max_score: float | None = None
    knowledge_points: tuple[KnowledgePoint, ...] = ()
    student_answer: str | None = None
    correct_answer: str | None = None
    verdict: Verdict = "ungraded"
    score: float | None = None
    needs_review: bool = False


class Person(_Read):
    """What the head of the paper says of the student."""

    name: str | None = None
    number: str | None = None
    class_: str | None = Field(default=None, alias="class")


class Outcome(_Read):
    """The part of a result document that a class report reads."""

    exam_id: str
    title: str | None = None
    student: Person = Person()
    questions: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Sitting:
    """One student's exam; ids are the client's."""

    outcome: Outcome
    student_id: str = ""
    class_id: str | None = None


@dataclass(frozen=True)
class Cell:
    """One student's answer to one item. `share`: points earned of the maximum, None when not graded."""

    share: float | None
    answer: str | None
    review: bool


@dataclass(frozen=True)
class Item:
    """A question of the paper. `max` in points; `key` as most papers have it."""

    path: tuple[str, ...]
    number: str
    type: QuestionType
    max: float
    key: str | None
    options: tuple[str, ...]
    points: tuple[tuple[str, str], ...]
    """knowledge points: (code, name)"""


@dataclass(frozen=True)
class Sheet:
    """`cells[student][item]`; None where the student's paper does not show the item."""

    sittings: tuple[Sitting, ...]
    items: tuple[Item, ...]
    cells: tuple[tuple[Cell | None, ...], ...]
    stray: int = field(default=0)
    """questions that too few papers show to be items"""

    def column(self, index: int) -> list[Cell | None]:
        """One item's cells, by student."""
        return [row[index] for row in self.cells]

    def share(self, student: int, item: int) -> float | None:
        """Share of the item's points, None when not graded."""
        cell = self.cells[student][item]
        return cell.share if cell else None


def sheet_of(sittings: Sequence[Sitting]) -> Sheet:
    """The table of all sittings, which are of one paper."""
    seen: dict[tuple[str, ...], list[Asked]] = defaultdict(list)
    places: dict[tuple[str, ...], list[float]] = defaultdict(list)
    answers = [_answered(sitting.outcome) for sitting in sittings]
    for mine in answers:
        for place, (path, question) in enumerate(mine.items()):
            seen[path].append(question)
            places[path].append(place / len(mine))
    least = SEEN_IN * len(sittings)
    kept = sorted((path for path in seen if len(seen[path]) >= least), key=lambda p: (statistics.median(places[p]), p))
    items = _distinct([_item(path, seen[path]) for path in kept])
    cells = tuple(tuple(_cell(mine[item.path]) if item.path in mine else None for item in items) for mine in answers)
    return Sheet(tuple(sittings), items, cells, len(seen) - len(kept))


def _distinct(items: Sequence[Item]) -> tuple[Item, ...]:
    """With numbers that tell items apart: each section may count from 1."""
    counts = Counter(item.number for item in items)
    return tuple(
        item if counts[item.number] == 1 else replace(item, number=" ".join(item.path) or item.number) for item in items
    )


def _answered(outcome: Outcome) -> dict[tuple[str, ...], Asked]:
    """The questions that carry points, by path; of one that has sub-questions they speak. Twice: the first counts."""
    parents = {q.path[:depth] for q in outcome.questions for depth in range(1, len(q.path))}
    found: dict[tuple[str, ...], Asked] = {}
    for question in outcome.questions:
        if not (question.type == "composite" and question.path in parents):
            found.setdefault(question.path, question)
    return found


def _item(path: tuple[str, ...], seen: Sequence[Asked]) -> Item:
    most = Counter(q.max_score for q in seen if q.max_score).most_common(1)
    letters = {letter for q in seen for letter in q.options}
    if seen[0].type in {"single_choice", "multiple_choice"}:
        letters |= {letter for q in seen for letter in choices(q.correct_answer) | choices(q.student_answer)}
    kinds = Counter(point.code for q in seen for point in q.knowledge_points)
    names = {point.code: point.name for q in seen for point in q.knowledge_points}
    return Item(
        path=path,
        number=Counter(q.number for q in seen).most_common(1)[0][0],
        type=Counter(q.type for q in seen).most_common(1)[0][0],
        max=most[0][0] if most else 1.0,
        key=_key(seen),
        options=tuple(sorted(letters)),
        points=tuple((code, names[code]) for code, count in sorted(kinds.items()) if count >= SEEN_IN * len(seen)),
    )


def _key(seen: Sequence[Asked]) -> str | None:
    most = Counter(q.correct_answer for q in seen if q.correct_answer).most_common(1)
    return str(most[0][0]) if most else None


def _cell(question: Asked) -> Cell:
    return Cell(_share(question), question.student_answer, question.needs_review)


def _share(question: Asked) -> float | None:
    if question.verdict == "ungraded":
        return None
    if question.score is not None and question.max_score:
        return min(1.0, max(0.0, question.score / question.max_score))
    # Graded, but nobody said for how many points: right or wrong is known all the same.
    return {"correct": 1.0, "wrong": 0.0, "blank": 0.0}.get(question.verdict)


def choices(answer: str | None) -> frozenset[str]:
    """The letters of a choice, `ACD` or `A,C`; none when it is something else."""
    letters = re.sub(r"[\s,，、|]", "", answer or "").upper()
    return frozenset(letters) if re.fullmatch(r"[A-H]+", letters) else frozenset()
