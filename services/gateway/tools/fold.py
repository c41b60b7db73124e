"""What the topics say of each exam: all its events folded with the status machine, in any order to the same end. Pure."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contracts.events import BlobRef, ExamControl, ExamEvent, ExamReported, StageDone
from contracts.status import Status
from contracts.topics import STAGES, UPLOADED
from services.gateway.core.progress import Fact, Position, advance
from services.gateway.exams import Exam
from services.gateway.projection import TOPICS, fact_of
from services.gateway.tools.evidence import Heard

_DONE = {row.sink: row for row in STAGES}


@dataclass(frozen=True)
class Word:
    """One event's share in an exam's story. `at` in seconds since 1970."""

    fact: Fact
    at: float
    report: BlobRef | None = None


@dataclass(frozen=True)
class Story:
    """An exam's latest revision, as the topics tell it, the oldest word first."""

    event: ExamEvent
    traceparent: str | None
    words: Sequence[Word]

    @property
    def positions(self) -> tuple[Position, ...]:
        """Through which positions it went after UPLOADED."""
        return self.after(Position(self.event.revision, Status.UPLOADED, 0))

    def after(self, position: Position) -> tuple[Position, ...]:
        """Where it would go from a position, in order; empty when the topics know nothing newer."""
        passed: list[Position] = []
        for word in self.words:
            passed += advance(passed[-1] if passed else position, word.fact)
        return tuple(passed)

    @property
    def report(self) -> BlobRef | None:
        """The report that completed it."""
        return next((word.report for word in self.words if word.report), None)

    @property
    def ended_at(self) -> float | None:
        """When its end was said, if it was."""
        return next((word.at for word in self.words if word.fact.status.terminal), None)


def stories(records: Iterable[Heard]) -> dict[tuple[uuid.UUID, str], Story]:
    """By (exam, tenant): an event under another tenant's name is another story, which no row will fit."""
    told: dict[tuple[uuid.UUID, str], list[tuple[Heard, ExamEvent]]] = {}
    for item in records:
        if item.event is not None and not item.marker:
            told.setdefault((item.event.exam_id, item.event.tenant), []).append((item, item.event))
    return {key: _story(items) for key, items in told.items()}


def _story(items: list[tuple[Heard, ExamEvent]]) -> Story:
    revision = max(event.revision for _, event in items)
    latest = sorted(
        ((item, event) for item, event in items if event.revision == revision),
        key=lambda pair: pair[0].record.timestamp,
    )
    words = [_word(item, event) for item, event in latest]
    return Story(latest[0][1], latest[0][0].record.header("traceparent"), [word for word in words if word])


def _word(item: Heard, event: ExamEvent) -> Word | None:
    """What one record adds; None for retries and uploads, which add nothing to UPLOADED."""
    at = item.record.timestamp
    if item.topic in TOPICS:
        report = event.artefact if isinstance(event, ExamReported) else None
        return Word(fact_of(item.record, event), at, report)
    if isinstance(event, ExamControl):
        return Word(Fact(event.revision, Status.CANCELLED), at)
    if item.topic in _DONE and isinstance(event, StageDone):
        row = _DONE[item.topic]
        return Word(Fact(event.revision, row.done, row.name), at)
    if item.topic in UPLOADED.values():
        return Word(Fact(event.revision, Status.UPLOADED), at)
    return None


class State(StrEnum):
    """How an exam's row compares with its story."""

    MISSING = "missing"
    """no row: to be inserted"""
    BEHIND = "behind"
    """the topics know more: to be advanced"""
    EQUAL = "equal"
    AHEAD = "ahead"
    """the books know more: topics forget, and the sweeper's words are on none"""
    FOREIGN = "foreign"
    """the row is another tenant's: the events are refused"""


def compare(story: Story, exam: Exam | None) -> State:
    """The story beside the exam's row."""
    if exam is None:
        return State.MISSING
    if exam.tenant != story.event.tenant:
        return State.FOREIGN
    if story.after(exam.position):
        return State.BEHIND
    told = story.positions[-1] if story.positions else Position(story.event.revision, Status.UPLOADED, 0)
    same = (told.revision, told.status) == (exam.position.revision, exam.position.status)
    return State.EQUAL if same else State.AHEAD
