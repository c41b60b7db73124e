"""What an audit looks at, gathered once: the books, the topics and the blobs as they were found, nothing concluded yet."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from contracts.errors import Invalid
from contracts.events import BlobRef, ExamEvent
from contracts.status import STEPS, Status
from contracts.topics import TOPICS
from runtime.envelope import Record, event_of
from runtime.tracker import Partition
from services.gateway.projection import REDRIVEN

ENDED = frozenset(status.value for status in Status if status.terminal)
_MODELS = {topic.name: topic.model for topic in TOPICS}


@dataclass(frozen=True)
class Row:
    """One row of `exams`. Words are as stored: an audit must be able to read what should not be there."""

    exam_id: uuid.UUID
    tenant: str
    revision: int
    status: str
    code: str | None
    attempt: int
    done: int | None
    deadline: datetime
    last_event: int
    report: BlobRef | None

    @property
    def ended(self) -> bool:
        """Whether its status is terminal."""
        return self.status in ENDED

    def past(self, revision: int) -> bool:
        """Whether nothing more is owed to this revision: it ended, or a later one took its place."""
        return self.revision > revision or (self.revision == revision and self.ended)


@dataclass(frozen=True)
class Step:
    """One row of `exam_events`."""

    number: int
    revision: int
    status: str

    @property
    def order(self) -> tuple[int, int]:
        """(revision, rank); rank -1 of a status that the machine doesn't know."""
        known = self.status in Status.__members__
        return self.revision, STEPS[Status(self.status)].rank if known else -1


@dataclass(frozen=True)
class Heard:
    """A record of a topic and the event in it; None when it can't be decoded."""

    record: Record
    event: ExamEvent | None

    @property
    def topic(self) -> str:
        """The topic, without prefix."""
        return self.record.topic

    @property
    def place(self) -> tuple[Partition, int]:
        """Where it lies."""
        return Partition(self.record.topic, self.record.partition), self.record.offset

    @property
    def marker(self) -> bool:
        """Whether it only says that a dead letter was redriven."""
        return self.record.header(REDRIVEN) is not None


def heard(record: Record) -> Heard:
    """A record, decoded by the model of its topic."""
    try:
        return Heard(record, event_of(record, _MODELS[record.topic]))
    except Invalid:
        return Heard(record, None)


@dataclass(frozen=True)
class Parked:
    """One row of `parked`."""

    topic: str
    exam_id: uuid.UUID | None
    reason: str
    received_at: datetime


@dataclass(frozen=True)
class Notified:
    """How many messages an endpoint was to get about one event of one exam."""

    exam_id: uuid.UUID
    endpoint: str
    event: str
    messages: int


class Stored(StrEnum):
    """What was found where a blob should be."""

    WHOLE = "whole"
    MISSING = "missing"
    OTHER = "other bytes"


@dataclass(frozen=True)
class Upload:
    """The upload artefact of an exam's current revision: where its files lie, and their hashes.

    `essay`: SHA-256 of the text of an exam that has no files.
    """

    files: tuple[BlobRef, ...]
    essay: str | None = None

    @property
    def hashes(self) -> frozenset[str]:
        """SHA-256 of whatever was sent."""
        return frozenset(file.sha256 for file in self.files) | ({self.essay} if self.essay else frozenset())


@dataclass(frozen=True)
class Attempt:
    """One line of an uploader's journal: what it sent, and what it knows of the outcome."""

    tenant: str
    key: str
    sha256: str
    outcome: str
    marker: str | None = None
    exam_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Stream:
    """One look at GET /events: numbers of the events seen after `since`, and whether the last was the exam's end."""

    exam_id: uuid.UUID
    since: int
    numbers: tuple[int, ...]
    ended: bool


@dataclass(frozen=True)
class Process:
    """What one process holds: resident bytes, open files, threads or tasks where it tells."""

    address: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Evidence:
    """All of it. None means: not looked at, or not there to be looked at."""

    now: datetime
    rows: Mapping[uuid.UUID, Row]
    steps: Mapping[uuid.UUID, Sequence[Step]]
    records: Sequence[Heard]
    committed: Mapping[str, Mapping[Partition, int]]
    uploads: Mapping[uuid.UUID, Upload | None]
    reports: Mapping[uuid.UUID, Stored]
    promised: frozenset[uuid.UUID] = frozenset()
    parked: Sequence[Parked] = ()
    notified: Sequence[Notified] | None = None
    erased: frozenset[uuid.UUID] = frozenset()
    """Exams that were deleted on purpose: their tombstones say so, and nothing else of them is to be found."""
    journal: Sequence[Attempt] | None = None
    files: Mapping[str, Stored] = field(default_factory=dict)
    marked: Mapping[uuid.UUID, bool] = field(default_factory=dict)
    streams: Sequence[Stream] | None = None
    processes: Sequence[Process] | None = None
    baseline: Sequence[Process] | None = None
    settled: bool | None = None
    """Whether everything came to rest in the time given; None when nobody asked to wait."""

    def on(self, *topics: str) -> list[Heard]:
        """Records of topics whose event is known."""
        return [item for item in self.records if item.topic in topics and item.event is not None and not item.marker]


@dataclass(frozen=True)
class Look:
    """What to look at besides the books, the topics and the blobs. `settle`: seconds to wait for rest."""

    settle: float | None = None
    journal: Sequence[Attempt] | None = None
    gateway: str | None = None
    api_key: str | None = None
    metrics: Sequence[str] = ()
    baseline: Sequence[Process] | None = None
    sample: int = 20
