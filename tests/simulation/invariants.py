"""What must hold, whatever happened: the list, and what can be checked while it happens."""

import json
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from contracts.errors import ErrorCode
from contracts.events import ExamEvent, derived_id
from contracts.status import STEPS
from contracts.topics import (
    CONTROL,
    STAGE,
    STAGES,
    STATUS,
    SUBMISSION,
    UPLOADED,
    artefact_path,
    dead_topic,
    retry_topic,
)
from runtime.blobs import ref_of
from runtime.envelope import Record
from runtime.tracker import Partition
from services.gateway.core.progress import Position
from services.gateway.ledger import Outgoing
from tests.simulation.blobs import Store
from tests.simulation.books import OUTBOX, Books, OpenTransaction
from tests.simulation.log import Watch

INVARIANTS = {
    "I1": "every exam whose upload was accepted ends, and as its upload deserves",
    "I2": "one terminal transition per exam and revision, and one report",
    "I3": "no exam without an upload, no event of an unknown exam, one exam per key",
    "I4": "positions only rise; terminal ones stay",
    "I5": "every end is announced exactly once",
    "I6": "an exam's artefacts tell one story, and it begins with what was uploaded",
    "I8": "accepted = completed + failed + cancelled + expired",
    "I9": "a committed offset never passes an unfinished record",
    "I10": "every handled record has a home, every failure a code, every crash a dead letter",
    "ids": "events have derived ids",
    "once": "what is stored is not worked out again",
    "owed": "an accepted exam and its first event are one transaction, and the event leaves the outbox for the broker",
    "written once": "what a path holds never changes, and events name what is stored",
    "bounded": "a record is tried a bounded number of times",
    "quiet": "the world comes to rest once nothing goes wrong any more",
}

_SINKS = {row.sink: row.name for row in STAGES}
_UPLOADS = set(UPLOADED.values())
_RETRIES = {retry_topic(row.name): row.name for row in STAGES}
_DEAD = {dead_topic(row.name): row.name for row in STAGES}
CRASHES = {ErrorCode.INTERNAL, ErrorCode.WORKER_CRASHED}
MOST_ATTEMPTS = 4
MOST_EXECUTIONS = 100
"""Of one stage for one exam: every duplicate of a record that fails is tried on its own."""
"""of one stage of one exam; a few per crash, freeze, rebalance and retry"""


@dataclass(frozen=True)
class Violation:
    """An invariant that did not hold, and how."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} ({INVARIANTS[self.invariant]}): {self.what}"


@dataclass
class Handling:
    """A handler's call: which homes its record found so far. `life`: of the log that the record came from."""

    began: int
    life: int
    homes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


class Auditor(Watch):
    """Watches the ports. `dead`, `spoken`: the exams that have dead letters, or any event."""

    def __init__(self, books: Books, store: Store) -> None:
        self.violations: list[Violation] = []
        self._appended: set[tuple[str, str | None]] = set()
        self.executions: Counter[tuple[str, str]] = Counter()
        self._books = books
        self._store = store
        self._life = 0
        self._finished: set[tuple[str, Partition, int]] = set()
        self._checked: defaultdict[tuple[str, Partition], int] = defaultdict(int)
        self._handlings: dict[tuple[str, str, bytes | None], Handling] = {}
        self.dead: set[uuid.UUID] = set()
        self.spoken: set[uuid.UUID] = set()
        books.auditors.append(self.commits)

    def violated(self, invariant: str, what: str) -> None:
        self.violations.append(Violation(invariant, what))

    # --- the log

    def appended(self, process: str, record: Record) -> None:
        self._appended.add((record.topic, record.header("ce_id")))
        event = json.loads(record.value or b"{}")
        topic = record.topic
        if topic == STATUS:
            handling = self._handlings.get((process, event["stage"], record.key))
            if handling and event["kind"] == "failed":
                handling.homes.append((topic, event))
            step = f"{event['stage']}/{event['kind']}/{event['status']}/{event['attempt']}"
            step += f"/{event['done']}" if event["done"] is not None else ""
        else:
            stage = _SINKS.get(topic) or _RETRIES.get(topic) or _DEAD.get(topic)
            handling = self._handlings.get((process, stage, record.key)) if stage else None
            if handling:
                handling.homes.append((topic, event))
            step = self._step(topic, record)
        exam_id = uuid.UUID(event["exam_id"])
        self.spoken.add(exam_id)
        if topic in _DEAD:
            self.dead.add(exam_id)
        if record.header("ce_id") != str(derived_id(exam_id, step, event["revision"])):
            self.violated("ids", f"{topic} of {exam_id} by {process}")
        if topic in _SINKS:
            self._names_what_is_stored(topic, event)
        if record.attempt > MOST_ATTEMPTS:
            self.violated("bounded", f"attempt {record.attempt} on {topic}")

    def committed(self, group: str, partition: Partition, offset: int) -> None:
        at = self._checked[group, partition]
        while at < offset:
            if (group, partition, at) not in self._finished:
                self.violated("I9", f"{group} committed {offset} of {partition.topic}, {at} is unfinished")
                break
            at += 1
        self._checked[group, partition] = max(at, offset)

    def forgotten(self) -> None:
        self._life += 1
        self._finished.clear()
        self._checked.clear()

    # --- handlers

    def begins(self, process: str, group: str, record: Record, step: int) -> Handling:
        handling = self._handlings[process, group, record.key] = Handling(step, self._life)
        return handling

    def finishes(self, process: str, group: str, record: Record, handling: Handling) -> None:
        """The handler returned."""
        if handling.life == self._life:  # else the offset is another record's by now
            self._finished.add((group, Partition(record.topic, record.partition), record.offset))
        if group not in STAGE:
            return
        if not handling.homes:
            self.violated("I10", f"{group} returned from {record.topic} {record.offset} without a home")
        for topic, event in handling.homes:
            crash = topic == STATUS and event["status"] == "FAILED" and event["code"] in CRASHES
            if crash and dead_topic(group) not in {home for home, _ in handling.homes}:
                self.violated("I10", f"{group} failed {event['exam_id']} with {event['code']} and no dead letter")

    def works(self, process: str, stage: str, event: ExamEvent) -> None:
        """Work begins; with the artefact stored before the handler began, it should not."""
        self.executions[str(event.exam_id), stage] += 1
        if self.executions[str(event.exam_id), stage] == MOST_EXECUTIONS:
            self.violated("bounded", f"{stage} works on {event.exam_id} again and again")
        path = artefact_path(event.tenant, event.exam_id, event.revision, stage)
        handling = self._handlings[process, stage, str(event.exam_id).encode()]
        stored = self._store.when.get(path)
        if stored is not None and stored < handling.began and path not in self._store.missed:
            self.violated("once", f"{stage} of {event.exam_id}")

    # --- the books

    def commits(self, transaction: OpenTransaction) -> None:
        leaving = {due.row.exam_id for due in transaction.changed[OUTBOX].values() if due is not None}
        for number, due in transaction.changed[OUTBOX].items():
            if due is None:
                self._left(self._books.tables[OUTBOX][number].row)
        for move in transaction.moves:
            if move.before is None and move.exam_id not in leaving:
                self.violated("owed", f"{move.exam_id} has no event in the outbox")
            self._rises(move.exam_id, move.before, move.after)

    def _left(self, row: Outgoing) -> None:
        """A row left the outbox: the broker must have its event."""
        step = "cancel" if row.topic == CONTROL else _SINKS.get(row.topic, SUBMISSION)
        event_id = derived_id(row.exam_id, step, row.event["revision"])
        if (row.topic, str(event_id)) not in self._appended:
            self.violated("owed", f"the event of {row.exam_id} on {row.topic} left the outbox for nowhere")

    def _rises(self, exam_id: uuid.UUID, before: Position | None, after: tuple[Position, ...]) -> None:
        current = self._books.exam(exam_id)
        if before is not None and current is not None and current.position != before:
            self.violated("I4", f"{exam_id} moved from {before.status}, but was {current.position.status}")
        for position in after:
            if before is not None and not _above(position, before):
                self.violated("I4", f"{exam_id} went from {before.status} to {position.status}")
            before = position

    def _step(self, topic: str, record: Record) -> str:
        if topic in _SINKS:
            return _SINKS[topic]
        if topic in _UPLOADS:
            return SUBMISSION
        if topic == CONTROL:
            return "cancel"
        stage = _RETRIES.get(topic) or _DEAD[topic]  # as the record came: what the stage before it said
        names = [row.name for row in STAGES]
        return names[names.index(stage) - 1] if stage != "ocr" else SUBMISSION

    def _names_what_is_stored(self, topic: str, event: dict[str, Any]) -> None:
        ref = event["artefact"]
        data = self._store.data.get(ref["path"])
        if data is None or ref_of(ref["path"], data).model_dump() != ref:
            self.violated("written once", f"{topic} names other bytes than {ref['path'].rsplit('/')[-1]} has")


def _above(after: Position, before: Position) -> bool:
    """Greater in (revision, rank), or the same status further on; nothing is above a terminal one of its revision."""
    if before.status.terminal:
        return after.revision > before.revision
    key = (after.revision, STEPS[after.status].rank, after.attempt, -1 if after.done is None else after.done)
    return key > (
        before.revision,
        STEPS[before.status].rank,
        before.attempt,
        -1 if before.done is None else before.done,
    )
