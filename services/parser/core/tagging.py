"""Knowledge points of a question by the words that show them and by a trained classifier, both abstaining.

Difficulty by the question's place and kind.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from contracts.artefacts import KnowledgePoint, Paper, Question, QuestionType
from services.parser.core.classifier import Classifier, classify

_MOST = 3
_HALF = 0.5
_BETWEEN = 3.0
_CERTAIN = 0.85
_USUAL = 0.35
"""Near the mean difficulty of TAL-SCQ5K (0.38); below 0.4, so that most questions keep to that mean's level of five."""
_KIND: dict[QuestionType, float] = {
    "single_choice": -0.02,
    "multiple_choice": 0.03,
    "true_false": -0.03,
    "fill_blank": 0.0,
    "short_answer": 0.02,
    "calculation": 0.02,
    "essay": 0.04,
    "composite": 0.04,
}
"""What a kind adds. Small, because kind and place say little: a bold guess is wrong by two levels more often."""
_PLACE = 0.1
"""What lies between the first and the last question of a paper."""


@dataclass(frozen=True)
class Point:
    """A knowledge point of a subject, the words that show it, and `options` that choices on it are between."""

    code: str
    name: str
    words: tuple[str, ...]
    options: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rules:
    """The points of all subjects, and the classifiers of those that have one. `edition` names this very set."""

    by_subject: Mapping[str, Sequence[Point]]
    classifiers: Mapping[str, Classifier] = field(default_factory=dict)
    edition: str = ""

    @classmethod
    def of(
        cls,
        data: Mapping[str, Sequence[Mapping[str, object]]],
        classifiers: Mapping[str, Classifier] | None = None,
    ) -> "Rules":
        """From the JSON of `services/parser/knowledge/points.json` and the classifiers trained beside it."""
        return cls(
            {
                subject: [
                    Point(
                        str(p["code"]),
                        str(p["name"]),
                        tuple(map(str, _list(p["words"]))),
                        frozenset(map(str, _list(p.get("options", [])))),
                    )
                    for p in points
                ]
                for subject, points in data.items()
            },
            classifiers or {},
        )


def tagged(paper: Paper, subject: str, rules: Rules) -> Paper:
    """The paper with the knowledge points and the difficulty of every question."""
    return with_points(
        paper, [tag(rules, subject, words_of(question), question.options.values()) for question in paper.questions]
    )


def with_points(paper: Paper, points: Sequence[Sequence[KnowledgePoint]]) -> Paper:
    """The paper with these knowledge points, one sequence a question, and the difficulty of every question.

    Raises ValueError when the lengths differ.
    """
    last = max(1, len(paper.questions) - 1)
    questions = tuple(
        question.model_copy(
            update={"knowledge_points": tuple(found), "difficulty": difficulty(question, place / last)},
        )
        for place, (question, found) in enumerate(zip(paper.questions, points, strict=True))
    )
    return paper.model_copy(update={"questions": questions})


def tag(rules: Rules, subject: str, text: str, options: Iterable[str] = ()) -> list[KnowledgePoint]:
    """The points that a question's text shows, most certain first; none when no word is found and no class is sure.

    Words and classifier are merged by name, the surer one's confidence standing. A word counts by its length (a long
    word seldom stands by chance); confidence grows with the evidence, up to 0.85. A choice between in, on, at and for is
    about prepositions, whatever stands in its stem.
    """
    lowered = text.lower()
    chosen = [option.strip().lower().rstrip(".;,") for option in options]
    scored = [
        (sum(_weight(w) for w in p.words if _stands(w.lower(), lowered, subject)) + _between(chosen, p), p)
        for p in rules.by_subject.get(subject, ())
    ]
    total = sum(score for score, _ in scored)
    best = sorted((s for s in scored if s[0] > 0), key=lambda s: (-s[0], s[1].code))[:_MOST]
    points = [
        KnowledgePoint(code=p.code, name=p.name, confidence=round(_CERTAIN * score / (total + 1.0), 3))
        for score, p in best
    ]
    model = rules.classifiers.get(subject)
    guess = classify(model, text) if model is not None else None
    if guess is not None:
        points = [guess, *points]
    surest: dict[str, KnowledgePoint] = {}
    for point in sorted(points, key=lambda p: (-p.confidence, p.code)):
        surest.setdefault(point.name, point)
    return list(surest.values())[:_MOST]


def difficulty(question: Question, place: float) -> float:
    """A prior of 难度 (0 easy to 1 hard) by kind and by place: papers put what is hard last. `place` is 0..1.

    Text is left out: a ridge over n-grams correlated at 0.36 with held-out questions of its own bank, but came within
    one level less often than the mean alone on another bank. See services/parser/knowledge/README.md.
    """
    return round(_USUAL + _KIND[question.type] + _PLACE * (place - 0.5), 2)


def words_of(question: Question) -> str:
    """The text that is tagged: stem and options."""
    return " ".join([question.text, *question.options.values()])


def _stands(word: str, text: str, subject: str) -> bool:
    """Latin words as whole ones, but for formulas: lnx."""
    if subject == "math" or not word.isascii():
        return word in text
    return word in text and re.search(f"(?<![a-z]){re.escape(word)}(?![a-z])", text) is not None


def _between(options: Sequence[str], point: Point) -> float:
    """What it counts that most of the options are of the point."""
    share = sum(option in point.options for option in options) / max(len(options), 1)
    return _BETWEEN * share if share > _HALF and len(options) > 1 else 0.0


def _weight(word: str) -> float:
    return min(3.0, len(word) / 2) if not word.isascii() else min(2.0, len(word) / 4)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("words must be a list")
    return value
