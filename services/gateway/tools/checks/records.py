"""Invariants between topics and books: I3 no ghosts, I7 no other tenant's, I9 no offset past work undone, I10 no unnamed end."""

import uuid
from collections import Counter, defaultdict
from datetime import timedelta

from contracts.events import ExamEvent, ExamReported, ExamStatus, StageDone, StatusKind
from contracts.status import Status
from contracts.topics import REPORTED, STAGE, STAGES, STATUS, StageRow, dead_topic, retry_topic
from runtime.tracker import Partition
from services.gateway.core.progress import Fact, Position, advance, fact_of_report, fact_of_status
from services.gateway.projection import GROUP
from services.gateway.tools.checks.finding import Finding
from services.gateway.tools.evidence import Evidence, Heard, Row

GRACE = timedelta(seconds=30)
"""What the gateway may take to hear of a record, or to try a parked event again."""

_DEAD = tuple(dead_topic(row.name) for row in STAGES)

_HEARD = (STATUS, REPORTED, *_DEAD)

Key = tuple[uuid.UUID, int, str]
"""(exam, revision, stage)"""


def no_ghosts(evidence: Evidence) -> Finding:
    """I3. An exam without its upload could never be worked on again; an event without exam was never accepted."""
    finding = Finding("I3", "no exam without its upload, no event of an unknown exam")
    for row in evidence.rows.values():
        finding.look(evidence.uploads.get(row.exam_id) is not None, f"{row.exam_id}: its upload artefact is missing")
    for item in evidence.records:
        if item.event is not None and not item.marker:
            known = item.event.exam_id in evidence.rows or item.event.exam_id in evidence.erased
            finding.look(known, f"{_at(item)}: event of an unknown exam")
    return finding


def no_other_tenants(evidence: Evidence) -> Finding:
    """I7. Every reference, on topics and in the books, stays inside its exam's tenant and exam."""
    finding = Finding("I7", "no event and no reference crosses tenants")
    for item in evidence.records:
        row = evidence.rows.get(item.event.exam_id) if item.event else None
        if row and item.event:
            right = item.event.tenant == row.tenant and _inside(item.event, row)
            finding.look(right, f"{_at(item)}: not of the tenant or the exam {row.exam_id}")
    for row in evidence.rows.values():
        upload = evidence.uploads.get(row.exam_id)
        refs = [*(upload.files if upload else ()), *([row.report] if row.report else [])]
        finding.look(
            all(ref.path.startswith(_home(row)) for ref in refs), f"{row.exam_id}: refers to blobs of another exam"
        )
    return finding


def _inside(event: ExamEvent, row: Row) -> bool:
    return not isinstance(event, StageDone) or event.artefact.path.startswith(_home(row))


def _home(row: Row) -> str:
    return f"{row.tenant}/{row.exam_id}/"


def no_offset_past_work(evidence: Evidence) -> Finding:
    """I9. Below a stage's committed offset every record has a home: sink, retry, dead letters, or a failure said."""
    finding = Finding("I9", "committed offsets are past no record without an outcome")
    outcomes = _Outcomes(evidence)
    for item in evidence.records:
        for stage in _readers(item.topic):
            partition, offset = item.place
            if offset < evidence.committed.get(stage.name, {}).get(partition, 0):
                finding.look(outcomes.home(item, stage), f"{_at(item)}: committed by {stage.name} without an outcome")
        partition, offset = item.place
        row = evidence.rows.get(item.event.exam_id) if item.event and item.topic in _HEARD else None
        if row and offset < evidence.committed.get(GROUP, {}).get(partition, 0):
            finding.look(_applied(item, row), f"{_at(item)}: committed by {GROUP}, but {row.exam_id} doesn't show it")
    return finding


def _applied(item: Heard, row: Row) -> bool:
    """Whether the event would change nothing more of its exam."""
    event = item.event
    if event is None or item.marker or event.tenant != row.tenant or row.status not in Status.__members__:
        return True
    fact = Fact(event.revision, Status.FAILED)
    if isinstance(event, ExamStatus):
        fact = fact_of_status(event)
    elif isinstance(event, ExamReported):
        fact = fact_of_report(event)
    return not advance(Position(row.revision, Status(row.status), 0, None, row.attempt, row.done), fact)


def _at(item: Heard) -> str:
    """Where a record lies, and whose it is."""
    partition, offset = item.place
    exam = f" of {item.event.exam_id}" if item.event else ""
    return f"{partition.topic}/{partition.number}@{offset}{exam}"


def _readers(topic: str) -> list[StageRow]:
    return [row for row in STAGES if topic in (*row.sources, retry_topic(row.name))]


class _Outcomes:
    """What became of records, by what stages published about them."""

    def __init__(self, evidence: Evidence) -> None:
        self._rows = evidence.rows
        self._erased = evidence.erased
        self._done: set[Key] = set()
        self._tries: dict[Key, int] = defaultdict(int)
        self._dead: set[tuple[Partition, int]] = set()
        for item in evidence.records:
            self._note(item)

    def home(self, item: Heard, stage: StageRow) -> bool:
        """Whether the record, read by the stage, came to something."""
        if item.place in self._dead:
            return True
        if item.event is None:
            return False
        key = (item.event.exam_id, item.event.revision, stage.name)
        row = self._rows.get(item.event.exam_id)
        ended = item.event.exam_id in self._erased or (row is not None and row.past(item.event.revision))
        return ended or key in self._done or self._tries[key] > item.record.attempt

    def _note(self, item: Heard) -> None:
        if item.topic in _DEAD:
            self._note_dead(item)
        if item.event is None:
            return
        for stage in STAGES:
            key = (item.event.exam_id, item.event.revision, stage.name)
            if item.topic == stage.sink:
                self._done.add(key)
            elif item.topic == retry_topic(stage.name):
                self._tries[key] = max(self._tries[key], item.record.attempt)
        if isinstance(item.event, ExamStatus) and item.event.kind is StatusKind.FAILED:
            self._done.add((item.event.exam_id, item.event.revision, item.event.stage))

    def _note_dead(self, item: Heard) -> None:
        topic, partition, offset = (
            item.record.header(f"x-dead-{name}") or "" for name in ("topic", "partition", "offset")
        )
        if partition.isdigit() and offset.isdigit():
            self._dead.add((Partition(topic, int(partition)), int(offset)))


def no_unnamed_end(evidence: Evidence) -> Finding:
    """I10. What failed says why; what was set aside ended its exam; what was parked found its exam."""
    finding = Finding(
        "I10", "every failure has a code; dead letters ended their exams; nothing waits for an exam that exists"
    )
    for row in evidence.rows.values():
        if row.status in {Status.FAILED, Status.EXPIRED}:
            finding.look(bool(row.code), f"{row.exam_id}: {row.status} without a code")
    for item in evidence.records:
        if item.topic in _DEAD and not item.marker and _settled(item, evidence):
            finding.look(_accounted(item, evidence), f"{_at(item)}: a dead letter without reason, or its exam goes on")
    for parked in evidence.parked:
        if parked.received_at < evidence.now - GRACE:
            waits = parked.exam_id is not None and parked.exam_id in evidence.rows
            finding.look(not waits, f"{parked.exam_id}: an event on {parked.topic} is parked, though the exam exists")
    return finding


def _settled(item: Heard, evidence: Evidence) -> bool:
    return item.record.timestamp < (evidence.now - GRACE).timestamp()


def _accounted(item: Heard, evidence: Evidence) -> bool:
    if not item.record.header("x-dead-reason"):
        return False
    row = evidence.rows.get(item.event.exam_id) if item.event else None
    return row is None or item.event is None or row.past(item.event.revision)


def announced_once(evidence: Evidence) -> Finding:
    """I5."""
    finding = Finding("I5", "one message per endpoint, exam and event")
    if evidence.notified is None:
        finding.note = "this installation has no table of webhook deliveries"
        return finding
    for item in evidence.notified:
        finding.look(item.messages == 1, f"{item.exam_id}: {item.messages} messages of {item.event} to {item.endpoint}")
    return finding


def duplicates(evidence: Evidence) -> dict[str, object]:
    """What at-least-once cost: events published more than once, per topic, and tries begun more than once."""
    ids = Counter((item.topic, item.record.header("ce_id")) for item in evidence.records if item.event is not None)
    events: Counter[str] = Counter()
    for (topic, _), count in ids.items():
        if topic == STATUS or any(topic in (*row.sources, row.sink) for row in STAGES):
            events[topic] += count - 1
    begun = Counter(
        (item.event.exam_id, item.event.revision, item.event.stage, item.event.attempt)
        for item in evidence.on(STATUS)
        if isinstance(item.event, ExamStatus) and item.event.kind is StatusKind.STARTED and item.event.stage in STAGE
    )
    return {
        "events": {topic: n for topic, n in sorted(events.items()) if n},
        "executions": sum(begun.values()) - len(begun),
    }
