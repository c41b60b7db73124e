"""The status machine as the gateway sees it: what an event does to an exam.

An exam's position is (revision, rank of its status, attempt, pages done), compared as a tuple. A fact is taken only
when it is greater, and never after a terminal status of the same revision: so duplicates, late and reordered events
change nothing, and any order of the same facts ends in the same place, unless they end the exam in different ways: then
the first to come does.
"""

from dataclasses import dataclass, replace

from contracts.errors import ADVICE, ErrorCode
from contracts.events import ExamReported, ExamStatus, StatusKind
from contracts.status import STEPS, Status
from contracts.topics import STAGE, StageRow

_ENDINGS: dict[Status, ErrorCode | None] = {
    Status.FAILED: ErrorCode.INTERNAL,
    Status.EXPIRED: ErrorCode.DEADLINE_EXCEEDED,
    Status.CANCELLED: None,
}
"""How an exam ends without a result, and the code when the event names none."""


@dataclass(frozen=True)
class Position:
    """Where an exam is. `progress` in percent; `done` of `total` pages within a stage, when it says so."""

    revision: int
    status: Status
    progress: int
    stage: str | None = None
    attempt: int = 1
    done: int | None = None
    total: int | None = None
    code: ErrorCode | None = None

    @property
    def error_message(self) -> str | None:
        """What a user reads of a failure."""
        return ADVICE[self.code] if self.code else None


@dataclass(frozen=True)
class Fact:
    """What an event says of an exam."""

    revision: int
    status: Status
    stage: str | None = None
    attempt: int = 1
    done: int | None = None
    total: int | None = None
    code: ErrorCode | None = None


def begun(revision: int, after: StageRow | None = None) -> Position:
    """Where a revision begins: with an upload, or with artefacts up to that of a stage."""
    status = Status.UPLOADED if after is None else after.done
    return Position(revision, status, STEPS[status].progress or 0, None if after is None else after.name)


def fact_of_status(event: ExamStatus) -> Fact:
    """A stage's word. Only `exam.reported` completes an exam, because only it brings the result."""
    status, code = event.status, event.code
    if event.kind is StatusKind.FAILED:
        if status not in _ENDINGS:
            status = Status.EXPIRED if code is ErrorCode.DEADLINE_EXCEEDED else Status.FAILED
        code = None if status is Status.CANCELLED else code or _ENDINGS[status]
    elif status is Status.COMPLETED:
        status = Status.REPORT_GENERATED
    return Fact(event.revision, status, event.stage, event.attempt, event.done, event.total, code)


def fact_of_report(event: ExamReported) -> Fact:
    """The result exists."""
    return Fact(event.revision, Status.COMPLETED, "report")


def advance(now: Position, fact: Fact) -> tuple[Position, ...]:
    """The positions the exam passes because of the fact, in order; empty when it changes nothing."""
    if fact.revision < now.revision or (fact.revision == now.revision and now.status.terminal):
        return ()
    if _order(fact) <= _order(now) or _repeated(now, fact):
        return ()
    if fact.status is Status.COMPLETED and _order(replace(fact, status=Status.REPORT_GENERATED)) > _order(now):
        generated = _at(now, replace(fact, status=Status.REPORT_GENERATED))
        return (generated, _at(generated, fact))
    return (_at(now, fact),)


def _repeated(now: Position, fact: Fact) -> bool:
    """Whether a stage failed that had been done: at a repetition, so its artefact exists and the exam goes on."""
    if fact.status is not Status.FAILED or fact.stage not in STAGE or fact.revision != now.revision:
        return False
    return STEPS[now.status].rank >= STEPS[STAGE[fact.stage].done].rank


def _order(of: Position | Fact) -> tuple[int, int, int, int]:
    return of.revision, STEPS[of.status].rank, of.attempt, -1 if of.done is None else of.done


def _at(now: Position, fact: Fact) -> Position:
    kept = now.progress if fact.revision == now.revision else 0
    progress = STEPS[fact.status].progress
    if progress is None:
        # A failure keeps the progress; that of its stage counts even when the event of its start is late.
        reached = STEPS[STAGE[fact.stage].running].progress if fact.stage in STAGE else None
        progress = max(kept, reached or 0) if fact.status is Status.FAILED else kept
    stage = now.stage if fact.stage is None and fact.status.terminal else fact.stage
    return Position(fact.revision, fact.status, progress, stage, fact.attempt, fact.done, fact.total, fact.code)
