"""What a result says of a student's responses, as it is recorded. Pure.

Weights are those of `services/diagnostic/core/evidence.py`: a response counts in history as it counted in its exam.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.artefacts.paper import KnowledgePoint
from contracts.result import Result, ResultQuestion
from contracts.taxonomy import Taxonomy, taxonomy

_NAMESPACE = uuid.UUID("4d1c1a52-7d3e-5b0a-8b61-0a4c1e0f6a19")
_USUAL_POINTS = 3.0
_LEAST_WEIGHT, _MOST_WEIGHT = 0.5, 2.5
_UNDER_REVIEW = 0.5
_LEAST_CONFIDENCE, _LEAST_OF_BEST, _MOST_POINTS = 0.2, 0.5, 2


@dataclass(frozen=True)
class Asked:
    """A knowledge point of a question, and its part of the question's weight."""

    code: str
    name: str
    part: float


@dataclass(frozen=True)
class Response:
    """What was earned on one question: `share` of its points, 0..1; `weight` as evidence, in questions."""

    response_id: uuid.UUID
    place: int
    item: str
    path: tuple[str, ...]
    asked: tuple[Asked, ...]
    weight: float
    share: float
    earned: float | None = None
    max_score: float | None = None
    difficulty: float | None = None


def derived(*said: str) -> uuid.UUID:
    """The id of what these words name."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(said))


def responses_of(exam_id: uuid.UUID, result: Result) -> list[Response]:
    """The graded questions in the paper's order; a parent stands aside for its graded parts."""
    shares = {index: share for index, q in enumerate(result.questions) if (share := _share(q)) is not None}
    graded = {result.questions[index].path for index in shares}
    inherited = {question.path: question.knowledge_points for question in result.questions}
    known = taxonomy(result.subject)
    found = []
    for place, share in shares.items():
        question = result.questions[place]
        if question.type == "composite" and _has_graded_parts(question.path, graded):
            continue
        points = question.knowledge_points or inherited.get(question.path[:-1], ())
        weight = weight_of(question.max_score) * (_UNDER_REVIEW if question.needs_review else 1.0)
        found.append(
            Response(
                response_id=derived(str(exam_id), str(place)),
                place=place,
                item=question.number,
                path=question.path,
                asked=_asked(points, known),
                weight=weight,
                share=share,
                earned=question.score,
                max_score=question.max_score,
                difficulty=question.difficulty,
            )
        )
    return found


def weight_of(max_score: float | None) -> float:
    """A question of 3 points counts as one; one worth little still tells something, one worth much is not ten."""
    return min(max((max_score or _USUAL_POINTS) / _USUAL_POINTS, _LEAST_WEIGHT), _MOST_WEIGHT)


def _has_graded_parts(path: tuple[str, ...], graded: set[tuple[str, ...]]) -> bool:
    return any(len(other) > len(path) and other[: len(path)] == path for other in graded)


def _asked(points: Sequence[KnowledgePoint], known: Taxonomy) -> tuple[Asked, ...]:
    ranked = sorted(points, key=lambda point: (-point.confidence, point.code))
    floor = max(_LEAST_CONFIDENCE, _LEAST_OF_BEST * ranked[0].confidence) if ranked else 1.0
    kept = [point for point in ranked if point.confidence >= floor][:_MOST_POINTS]
    parts = known.parts_of([(point.code, point.confidence) for point in kept])
    return tuple(Asked(point.code, point.name, part) for point, part in zip(kept, parts, strict=True))


def _share(question: ResultQuestion) -> float | None:
    """Null when ungraded: that is never 0 points."""
    if question.verdict == "ungraded":
        return None
    if question.score is not None and question.max_score:
        return min(max(question.score / question.max_score, 0.0), 1.0)
    return {"correct": 1.0, "partial": 0.5}.get(question.verdict, 0.0)
