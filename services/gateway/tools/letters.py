"""Dead letters as an operator sees them: what was set aside, by whom, why, and whether it was redriven. Pure."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contracts.errors import Invalid
from contracts.events import ExamEvent
from contracts.status import Status
from contracts.topics import STAGES, dead_topic
from runtime.envelope import Record, decode
from services.gateway.exams import Exam
from services.gateway.projection import REDRIVEN
from services.gateway.tools.evidence import heard

INVALID = "invalid"
"""The reason of letters that no version could decode so far: their exam was never told."""


@dataclass(frozen=True)
class Letter:
    """One dead letter; `event` is None when this version can't decode it either."""

    record: Record
    stage: str
    reason: str
    error: str
    attempt: int
    event: ExamEvent | None
    redriven: bool

    @property
    def id(self) -> str:
        """How it is named: stage/partition/offset on the stage's dead-letter topic."""
        return f"{self.stage}/{self.record.partition}/{self.record.offset}"

    @property
    def error_class(self) -> str:
        """The error without what it says of this one record."""
        return self.error.partition(":")[0]

    @property
    def fingerprint(self) -> str:
        """The same for letters that died of the same: eight hex digits of (stage, reason, error class)."""
        return hashlib.sha256(f"{self.stage}|{self.reason}|{self.error_class}".encode()).hexdigest()[:8]

    @property
    def source(self) -> str:
        """The topic it came from."""
        return self.record.header("x-dead-topic") or ""


def letters(stage: str, records: Sequence[Record]) -> list[Letter]:
    """The letters on a stage's topic, in the order they were set aside; marks of redrives are no letters."""
    done = {record.header(REDRIVEN) for record in records}
    return sorted(
        (
            _letter(stage, record, f"{record.partition}/{record.offset}" in done)
            for record in records
            if record.header(REDRIVEN) is None
        ),
        key=lambda letter: letter.record.timestamp,
    )


def _letter(stage: str, record: Record, redriven: bool) -> Letter:
    attempt = record.header("x-dead-attempt") or ""
    return Letter(
        record=record,
        stage=stage,
        reason=record.header("x-dead-reason") or "unknown",
        error=record.header("x-dead-error") or "unknown",
        attempt=int(attempt) if attempt.isdigit() else 1,
        event=_event(record),
        redriven=redriven,
    )


def _event(record: Record) -> ExamEvent | None:
    """What the stage would understand of it now: envelope and event."""
    try:
        decode(record)
    except Invalid:
        return None
    return heard(record).event


@dataclass(frozen=True)
class Group:
    """Letters with one fingerprint. Times in seconds since 1970."""

    fingerprint: str
    stage: str
    reason: str
    error: str
    count: int
    redriven: int
    first: float
    last: float
    examples: tuple[str, ...]


def grouped(found: Iterable[Letter]) -> list[Group]:
    """By fingerprint, the most first."""
    by_print: dict[str, list[Letter]] = {}
    for letter in found:
        by_print.setdefault(letter.fingerprint, []).append(letter)
    groups = [_group(fingerprint, some) for fingerprint, some in by_print.items()]
    return sorted(groups, key=lambda group: (-group.count, group.stage, group.reason))


def _group(fingerprint: str, some: list[Letter]) -> Group:
    times = [letter.record.timestamp for letter in some]
    return Group(
        fingerprint,
        some[0].stage,
        some[0].reason,
        some[0].error_class,
        count=len(some),
        redriven=sum(letter.redriven for letter in some),
        first=min(times),
        last=max(times),
        examples=tuple(letter.id for letter in some[-3:]),
    )


class Action(StrEnum):
    """What a redrive does with a letter."""

    REPLAY = "replay"
    """its exam, as a new revision, from the stage that gave up"""
    REPUBLISH = "republish"
    """the record to its source topic, with the same id: it could not be decoded, and now it can"""
    MARK = "mark"
    """only say that it is dealt with: its exam has gone on, or ended otherwise"""
    REFUSE = "refuse"


def plan(letter: Letter, exam: Exam | None) -> tuple[Action, str]:
    """What to do with a letter, and why. Doing it twice is doing it once: the first time raises the exam's revision."""
    if letter.event is None:
        return Action.REFUSE, "this version can't decode it either"
    if exam is None or exam.tenant != letter.event.tenant:
        return Action.REFUSE, "there is no such exam"
    if exam.position.revision > letter.event.revision:
        return Action.MARK, f"revision {exam.position.revision} took its place"
    return _plan_by_status(letter.reason, exam.position.status)


def _plan_by_status(reason: str, status: Status) -> tuple[Action, str]:
    if status in {Status.FAILED, Status.EXPIRED}:
        return Action.REPLAY, f"its exam is {status.value}"
    if status.terminal:
        return Action.MARK, f"its exam is {status.value}"
    if reason == INVALID:
        return Action.REPUBLISH, f"can be decoded now, and its exam is {status.value}"
    return Action.REFUSE, f"its exam is {status.value}: its end is not in the books yet"


def described(letter: Letter) -> dict[str, Any]:
    """Headers and reference fields of one letter. Events carry no exam text; what can't be decoded shows its hash only."""
    value = letter.record.value or b""
    return {
        "id": letter.id,
        "fingerprint": letter.fingerprint,
        "redriven": letter.redriven,
        "topic": dead_topic(letter.stage),
        "timestamp": letter.record.timestamp,
        "headers": {name: letter.record.header(name) for name, _ in letter.record.headers},
        "bytes": len(value),
        "sha256": hashlib.sha256(value).hexdigest(),
        "event": letter.event.model_dump(mode="json") if letter.event else None,
    }


STAGE_NAMES = tuple(row.name for row in STAGES)
