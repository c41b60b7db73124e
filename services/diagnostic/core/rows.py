"""Rows of mastery: which answers speak for which knowledge point or question type, and what is known beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from contracts.artefacts.diagnosis import ClassRecord, Mastery, PastAnswers
from contracts.artefacts.paper import QuestionType
from contracts.taxonomy import Point, Taxonomy
from services.diagnostic.core.calibration import LEAST_STUDENTS, Calibration, calibrate
from services.diagnostic.core.curves import Curve, curve_before, curve_of, guess_of
from services.diagnostic.core.evidence import Item
from services.diagnostic.core.mastery import USUAL_SPREAD, Observation, estimate

ENOUGH = 3
"""Fewer questions on a point: 证据不足, never called weak or strong."""
_FADES = 0.7
"""What an exam further back counts for: students learn and forget."""
_MOST_PAST = 6.0
_OF_A_TYPE = "type."


@dataclass
class Row:
    """One point or type with its questions. `past`: observations from earlier exams."""

    code: str
    name: str
    items: list[Item] = field(default_factory=list)
    answers: list[Observation] = field(default_factory=list)
    past: list[Observation] = field(default_factory=list)

    @property
    def of_type(self) -> bool:
        """Whether it is a question type's."""
        return self.code.startswith(_OF_A_TYPE)

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """Of its questions."""
        return tuple(item.question.path for item in self.items)

    @property
    def earlier(self) -> float | None:
        """The share of points earned before."""
        weight = sum(each.weight for each in self.past)
        return round(sum(each.share * each.weight for each in self.past) / weight, 4) if weight else None


@dataclass(frozen=True)
class Gauge:
    """How answers are weighed: a curve and parts per question, and how far points lie from the student's level."""

    curves: dict[tuple[str, ...], Curve]
    parts: dict[tuple[str, ...], dict[str, float]]
    spread: float

    def observed(self, item: Item, code: str, part: float) -> Observation:
        """One answer as evidence for one point."""
        path = item.question.path
        part = self.parts.get(path, {}).get(code, part)
        return Observation(item.share or 0.0, item.weight * part, self.curves.get(path) or curve_of(item.question))


def gauge_of(items: Sequence[Item], classmates: ClassRecord) -> Gauge:
    """By the class when enough of it is known, else by what may be assumed of each question."""
    columns = {path: place for place, path in enumerate(classmates.paths)}
    shared = [item for item in items if item.question.path in columns and item.points]
    if len(classmates.shares) < LEAST_STUDENTS or not shared:
        return Gauge({}, {}, USUAL_SPREAD)
    codes = sorted({point.code for item in shared for point, _ in item.points})
    table = np.array(classmates.shares, dtype=np.float64)[:, [columns[item.question.path] for item in shared]]
    parts = np.zeros((len(shared), len(codes)))
    for place, item in enumerate(shared):
        for point, part in item.points:
            parts[place, codes.index(point.code)] = part
    facility = np.array([item.question.facility for item in shared], dtype=np.float64)  # None is NaN
    found = calibrate(table, parts, np.array([guess_of(item.question) for item in shared]), facility)
    return _gauge(found, [item.question.path for item in shared], codes)


def _gauge(found: Calibration, paths: Sequence[tuple[str, ...]], codes: Sequence[str]) -> Gauge:
    columns = zip(found.slope, found.ease, found.guess, strict=True)
    curves = {path: Curve(*map(float, column)) for path, column in zip(paths, columns, strict=True)}
    parts = {
        path: {code: float(part) for code, part in zip(codes, row, strict=True) if part > 0}
        for path, row in zip(paths, found.parts, strict=True)
    }
    return Gauge(curves, parts, found.spread)


def rows_by_point(graded: Sequence[Item], gauge: Gauge, history: Sequence[PastAnswers] = ()) -> list[Row]:
    """In the paper's order; earlier answers count for points that this paper asks, the older the less."""
    found: dict[str, Row] = {}
    for item in graded:
        for point, part in item.points:
            row = found.setdefault(point.code, Row(point.code, point.name))
            row.items.append(item)
            row.answers.append(gauge.observed(item, point.code, part))
    _remember(found, history)
    return list(found.values())


def rows_by_topic(
    graded: Sequence[Item], gauge: Gauge, taxonomy: Taxonomy, history: Sequence[PastAnswers] = ()
) -> list[Row]:
    """Topics of which this paper asked several points: together they may carry a judgement that none carries alone.

    Of earlier answers those count that were given on the topic itself.
    """
    topics = {point.code: taxonomy.parent_of(point.code) or point for point in taxonomy.points}
    names = {point.code: point.name for point in taxonomy.points}
    found: dict[str, Row] = {}
    asked: dict[str, set[str]] = {}
    for item in graded:
        for code, part in _parts_by_topic(item, topics).items():
            row = found.setdefault(code, Row(code, names[code]))
            row.items.append(item)
            row.answers.append(gauge.observed(item, code, part))
        for point, _ in item.points:
            if topic := topics.get(point.code):
                asked.setdefault(topic.code, set()).add(point.code)
    _remember(found, history)
    return [row for code, row in found.items() if len(asked[code]) > 1 and len(row.items) >= ENOUGH]


def _parts_by_topic(item: Item, topics: Mapping[str, Point]) -> dict[str, float]:
    """Of a question's weight what speaks for each topic: all that its points have, which share nothing with the topic."""
    own = {point.code: part for point, part in item.points}
    parts: dict[str, float] = {}
    for code, part in own.items():
        if (topic := topics.get(code)) and topic.code != code:
            parts[topic.code] = min(1.0, parts.get(topic.code, 0.0) + part)
    for code, part in own.items():
        if (topic := topics.get(code)) and topic.code == code:
            parts[code] = max(part, parts.get(code, 0.0))
    return parts


def _remember(rows: Mapping[str, Row], history: Sequence[PastAnswers]) -> None:
    """Add what earlier exams said of the rows' codes."""
    for each in sorted(history, key=lambda past: past.exams_ago):
        if each.code in rows:
            past = rows[each.code].past
            room = _MOST_PAST - sum(seen.weight for seen in past)
            weight = max(0.0, min(each.questions * _FADES**each.exams_ago, room))
            past.append(Observation(each.share, weight, curve_before(each.difficulty)))


def telling(topics: Sequence[Row], rows: Sequence[Row], taxonomy: Taxonomy) -> list[Row]:
    """Without the topics of which one point was asked wherever the topic was: the point's row says the same of it."""
    above = {row.code: taxonomy.parent_of(row.code) for row in rows}
    said = {(topic.code, row.paths) for row in rows if (topic := above[row.code]) is not None}
    return [topic for topic in topics if (topic.code, topic.paths) not in said]


def rows_by_type(graded: Sequence[Item], gauge: Gauge, names: Mapping[QuestionType, str]) -> list[Row]:
    """Question types as rows of their own, codes `type.*`."""
    found: dict[str, Row] = {}
    for item in graded:
        kind = item.question.type
        row = found.setdefault(kind, Row(f"{_OF_A_TYPE}{kind}", names[kind]))
        row.items.append(item)
        row.answers.append(gauge.observed(item, row.code, 1.0))
    return list(found.values())


def masteries(rows: Sequence[Row], gauge: Gauge, others: Sequence[Row] = ()) -> list[Mastery]:
    """One per row; `others` only tell how the student does on the whole."""
    estimates = estimate({row.code: [*row.answers, *row.past] for row in (*rows, *others)}, gauge.spread)
    return [
        Mastery(
            code=row.code,
            name=row.name,
            mastery=estimates[row.code].mean,
            low=estimates[row.code].low,
            high=estimates[row.code].high,
            evidence=tuple(item.number for item in row.items),
            sufficient=len(row.items) + int(sum(past.weight for past in row.past)) >= ENOUGH,
            earlier=row.earlier,
        )
        for row in rows
    ]
