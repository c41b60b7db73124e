"""Knowledge points of a question by the words that show them, with abstention; difficulty by its place and kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.artefacts import KnowledgePoint, Question, QuestionType

_MOST = 3
_CERTAIN = 0.85
_DIFFICULTY: dict[QuestionType, float] = {
    "single_choice": 0.35,
    "multiple_choice": 0.5,
    "true_false": 0.3,
    "fill_blank": 0.4,
    "short_answer": 0.5,
    "calculation": 0.5,
    "essay": 0.6,
    "composite": 0.55,
}


@dataclass(frozen=True)
class Point:
    """A knowledge point of a subject and the words that show it."""

    code: str
    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """The points of all subjects."""

    by_subject: Mapping[str, Sequence[Point]]

    @classmethod
    def of(cls, data: Mapping[str, Sequence[Mapping[str, object]]]) -> "Rules":
        """From the JSON of `services/parser/knowledge/points.json`."""
        return cls(
            {
                subject: [Point(str(p["code"]), str(p["name"]), tuple(map(str, _list(p["words"])))) for p in points]
                for subject, points in data.items()
            }
        )


def tag(rules: Rules, subject: str, text: str) -> list[KnowledgePoint]:
    """The points whose words a question's text holds, most certain first; none when no word is found.

    A word counts by its length (a long word seldom stands by chance); confidence grows with the evidence, up to 0.85.
    """
    lowered = text.lower()
    scored = [(sum(_weight(w) for w in p.words if w.lower() in lowered), p) for p in rules.by_subject.get(subject, ())]
    total = sum(score for score, _ in scored)
    best = sorted((s for s in scored if s[0] > 0), key=lambda s: (-s[0], s[1].code))[:_MOST]
    return [
        KnowledgePoint(code=p.code, name=p.name, confidence=round(_CERTAIN * score / (total + 1.0), 3))
        for score, p in best
    ]


def difficulty(question: Question, place: float) -> float:
    """A prior of 难度 (0 easy to 1 hard) by kind and by place: papers put what is hard last. `place` is 0..1.

    Text alone predicts little (rank correlation about 0.36 with judged difficulty), so this claims no more.
    """
    return round(min(0.9, max(0.1, _DIFFICULTY[question.type] + 0.2 * (place - 0.5))), 2)


def words_of(question: Question) -> str:
    """The text that is tagged: stem and options."""
    return " ".join([question.text, *question.options.values()])


def _weight(word: str) -> float:
    return min(3.0, len(word) / 2) if not word.isascii() else min(2.0, len(word) / 4)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("words must be a list")
    return value
