"""Knowledge points of a question by the words that show them and by a trained classifier, both abstaining.

Difficulty by the question's place and kind.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contracts.artefacts import KnowledgePoint, Paper, Question, QuestionType
from contracts.taxonomy import Taxonomy
from services.parser.core.classifier import Classifier, classify

_PASSAGE = 60
"""Words from which an English text is a passage to be read."""
_LATIN = re.compile("[A-Za-z]")
_MOST = 3
_HALF = 0.5
_BETWEEN = 3.0
_CERTAIN = 0.85
_PART = 0.5
"""Evidence by which a topic is surer than its parts."""
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
    """A knowledge point of a subject, the words that show it, and `options` that choices on it are between.

    topic: code of the point that it is part of, if any.
    """

    code: str
    name: str
    words: tuple[str, ...]
    options: frozenset[str] = frozenset()
    topic: str | None = None


@dataclass(frozen=True)
class Rules:
    """The points of all subjects, and the classifiers of those that have one. `edition` names this very set."""

    by_subject: Mapping[str, Sequence[Point]]
    classifiers: Mapping[str, Classifier] = field(default_factory=dict)
    edition: str = ""


def points_from(taxonomy: Taxonomy, rows: Sequence[Mapping[str, object]]) -> list[Point]:
    """A taxonomy's points by the words that show them; rows: the JSON of `services/parser/knowledge/words`.

    Raises ValueError on a code that the taxonomy doesn't have.
    """
    known = {point.code: point for point in taxonomy.points}
    if strange := [str(row["code"]) for row in rows if row["code"] not in known]:
        raise ValueError(f"{taxonomy.subject} has no points {strange[:5]}")
    return [
        Point(
            code=str(row["code"]),
            name=known[str(row["code"])].name,
            words=tuple(map(str, _list(row["words"]))),
            options=frozenset(map(str, _list(row.get("options", [])))),
            topic=known[str(row["code"])].parent,
        )
        for row in rows
    ]


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

    Words and classifier are merged by name, the surer one's confidence standing. A choice between in, on, at and for is
    about prepositions, whatever stands in its stem: there, English words tell the part of a topic that the options show.
    A passage holds all of a language's grammar and is about none of it.
    """
    chosen = [option.strip().lower().rstrip(".;,") for option in options]
    seen = _seen(rules.by_subject.get(subject, ()), text.lower(), chosen, formulas=subject == "math")
    unasked = subject == "english" and (chosen or len(text.split()) > _PASSAGE)
    points = _ranked(_of_options(seen) if unasked else seen)
    model = rules.classifiers.get(subject)
    guess = classify(model, text) if model is not None else None
    if guess is not None:
        points = [guess, *points]
    surest: dict[str, KnowledgePoint] = {}
    for point in sorted(points, key=lambda p: (-p.confidence, p.code)):
        surest.setdefault(point.name, point)
    return list(surest.values())[:_MOST]


@dataclass(frozen=True)
class _Seen:
    """A point, which of its words stand in a text, and what its options count."""

    point: Point
    words: frozenset[str]
    between: float

    @property
    def evidence(self) -> float:
        return sum(map(_weight, self.words)) + self.between


def _seen(points: Sequence[Point], text: str, options: Sequence[str], *, formulas: bool) -> list[_Seen]:
    """Which words of every point stand in a text in lower case."""
    return [
        _Seen(
            point,
            frozenset(w for w in point.words if _stands(w.lower(), text, formulas=formulas)),
            _between(options, point),
        )
        for point in points
    ]


def _of_options(seen: Sequence[_Seen]) -> list[_Seen]:
    """Without the Latin words of points whose topic the options don't show."""
    asked = {one.point.topic or one.point.code for one in seen if one.between}
    return [
        one
        if (one.point.topic or one.point.code) in asked
        else replace(one, words=frozenset(w for w in one.words if not _LATIN.search(w)))
        for one in seen
    ]


def _ranked(seen: Sequence[_Seen]) -> list[KnowledgePoint]:
    """The points with evidence, a topic before its parts: what shows a part shows the topic, and more surely.

    A word counts by its length (a long word seldom stands by chance), once for each topic. Topics share the confidence by
    their evidence, which with all of it grows up to 0.85; parts share their topic's.
    """
    topics: dict[str, list[_Seen]] = {}
    for one in seen:
        if one.evidence > 0:
            topics.setdefault(one.point.topic or one.point.code, []).append(one)
    evidence = {code: _together(found) for code, found in topics.items()}
    total, by_code = sum(evidence.values()), {one.point.code: one.point for one in seen}
    shares: list[tuple[float, Point]] = []
    for code, found in topics.items():
        share = _CERTAIN * evidence[code] / (total + 1.0)
        parts = [one for one in found if one.point.code != code]
        whole = sum(one.evidence for one in parts)
        if code in by_code:
            shares.append((share, by_code[code]))
            whole += _PART
        shares += [(share * one.evidence / whole, one.point) for one in parts]
    best = sorted(shares, key=lambda each: (-each[0], each[1].code))[:_MOST]
    return [KnowledgePoint(code=p.code, name=p.name, confidence=round(sure, 3)) for sure, p in best]


def _together(seen: Sequence[_Seen]) -> float:
    """Evidence of a topic."""
    words = frozenset[str]().union(*(one.words for one in seen))
    return sum(map(_weight, words)) + max(one.between for one in seen)


def difficulty(question: Question, place: float) -> float:
    """A prior of 难度 (0 easy to 1 hard) by kind and by place: papers put what is hard last. `place` is 0..1.

    Text is left out: a ridge over n-grams correlated at 0.36 with held-out questions of its own bank, but came within
    one level less often than the mean alone on another bank. See services/parser/knowledge/README.md.
    """
    return round(_USUAL + _KIND[question.type] + _PLACE * (place - 0.5), 2)


def words_of(question: Question) -> str:
    """The text that is tagged: stem and options."""
    return " ".join([question.text, *question.options.values()])


def _stands(word: str, text: str, *, formulas: bool) -> bool:
    """Latin words as whole ones, but in formulas: lnx."""
    if formulas or not word.isascii():
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
