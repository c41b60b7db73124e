"""What the graded questions say about the student: one `Item` per answer, with its share of points and its weight."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.artefacts.analysis import Analysis, Answer
from contracts.artefacts.paper import KnowledgePoint, Paper, Question
from contracts.notation.labels import labels_of
from contracts.taxonomy import Taxonomy

_POINTS_OF_ONE_WEIGHT = 3.0  # a question of 3 points counts as one observation
_WEIGHTS = (0.5, 2.5)  # a question worth little still tells something; one worth much is not ten questions
_WEIGHT_UNDER_REVIEW = 0.5
_LEAST_CONFIDENCE = 0.2
_LEAST_OF_BEST = 0.5
_MOST_POINTS = 2
NO_TAXONOMY = Taxonomy(subject="")


@dataclass(frozen=True)
class Item:
    """One question with its answer.

    `share`: of its points earned, 0..1, null when ungraded. `weight`: how much it counts as evidence, in observations.
    `points`: the knowledge points it tests, each with its part of the weight. `label`: the number as
    sentences cite it; with its section where two sections both number from 1.
    """

    label: str
    question: Question
    answer: Answer
    share: float | None
    weight: float
    points: tuple[tuple[KnowledgePoint, float], ...]

    @property
    def number(self) -> str:
        return self.question.number

    @property
    def full(self) -> float | None:
        """The question's points, when known."""
        return _full(self.question, self.answer)

    @property
    def lost(self) -> float:
        """Points lost; 0 when ungraded, the missing share when the question's points are unknown."""
        if self.share is None:
            return 0.0
        return (1.0 - self.share) * (self.full or 1.0)


def items_of(paper: Paper, analysis: Analysis, known: Taxonomy = NO_TAXONOMY) -> list[Item]:
    """All answered or answerable questions in the paper's order; parents stand aside for their graded parts.

    known: the taxonomy that says which of a question's points is the topic of another.
    """
    pairs = _pairs(paper, analysis)
    graded = {answer.path for _, answer in pairs if _share(answer) is not None}
    kept = [(q, a) for q, a in pairs if not (q.type == "composite" and _has_parts(q, a, pairs, graded))]
    labels = labels_of([question for question, _ in kept])
    inherited = {question.path: question.knowledge_points for question in paper.questions}
    return [
        _item(question, answer, label, inherited, known) for (question, answer), label in zip(kept, labels, strict=True)
    ]


def called(items: Sequence[Item], known: Taxonomy) -> list[Item]:
    """With English names of knowledge points where the taxonomy is called by them."""
    names = {point.code: point.name for point in known.points if point.name == point.name_en}
    return [replace(item, points=tuple((_named(p, names), part) for p, part in item.points)) for item in items]


def _named(point: KnowledgePoint, names: Mapping[str, str]) -> KnowledgePoint:
    name = names.get(point.code, point.name)
    return point if name == point.name else point.model_copy(update={"name": name})


def _pairs(paper: Paper, analysis: Analysis) -> list[tuple[Question, Answer]]:
    waiting: dict[tuple[str, ...], deque[Answer]] = defaultdict(deque)
    for answer in analysis.answers:
        waiting[answer.path].append(answer)
    pairs = []
    for question in paper.questions:
        queue = waiting[question.path]
        pairs.append((question, queue.popleft() if queue else Answer(number=question.number, path=question.path)))
    for queue in waiting.values():
        pairs += [(Question(number=a.number, path=a.path, type="short_answer"), a) for a in queue]
    return pairs


def _has_parts(
    question: Question, answer: Answer, pairs: Sequence[tuple[Question, Answer]], graded: set[tuple[str, ...]]
) -> bool:
    """Whether the parent says nothing that its parts don't: parts are graded, or nothing of it is."""
    depth = len(question.path)
    parts = [q.path for q, _ in pairs if len(q.path) > depth and q.path[:depth] == question.path]
    return bool(parts) and (_share(answer) is None or any(path in graded for path in parts))


def _item(
    question: Question,
    answer: Answer,
    label: str,
    inherited: Mapping[tuple[str, ...], tuple[KnowledgePoint, ...]],
    known: Taxonomy,
) -> Item:
    points = answer.knowledge_points  # as a teacher corrected them, or a model named them
    if points is None:
        points = question.knowledge_points or inherited.get(question.path[:-1], ())
    full = _full(question, answer)
    weight = min(max((full or _POINTS_OF_ONE_WEIGHT) / _POINTS_OF_ONE_WEIGHT, _WEIGHTS[0]), _WEIGHTS[1])
    if answer.needs_review:
        weight *= _WEIGHT_UNDER_REVIEW
    return Item(label, question, answer, _share(answer), weight, _points(points, known))


def _full(question: Question, answer: Answer) -> float | None:
    return question.max_score if answer.max_score is None else answer.max_score


def _share(answer: Answer) -> float | None:
    """The share of points earned; null when ungraded: that is never 0 points."""
    if answer.verdict == "ungraded":
        return None
    if answer.score is not None and answer.max_score:
        return min(max(answer.score / answer.max_score, 0.0), 1.0)
    return {"correct": 1.0, "partial": 0.5}.get(answer.verdict, 0.0)


def _points(points: Sequence[KnowledgePoint], known: Taxonomy) -> tuple[tuple[KnowledgePoint, float], ...]:
    """The points that the question surely tests, most confident first, with their parts of its weight."""
    ranked = sorted(points, key=lambda point: (-point.confidence, point.code))
    floor = max(_LEAST_CONFIDENCE, _LEAST_OF_BEST * ranked[0].confidence) if ranked else 1.0
    kept = [point for point in ranked if point.confidence >= floor][:_MOST_POINTS]
    parts = known.parts_of([(point.code, point.confidence) for point in kept])
    return tuple(zip(kept, parts, strict=True))
