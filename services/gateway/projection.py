"""Events onto rows: compare-and-set on the position, terminal statuses absorb. Events that come together, each of another
exam, share a transaction; one that makes it fail has its own the next time, as have the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.errors import ErrorCode, Invalid
from contracts.events import BlobRef, ExamEvent, ExamReported, ExamStatus
from contracts.status import Status
from contracts.topics import REPORTED, STAGES, STATUS, dead_topic
from runtime import log, metrics
from runtime.envelope import Record, event_of
from services.gateway.core.progress import Fact, fact_of_report, fact_of_status
from services.gateway.endings import Taking, take_all
from services.gateway.exams import Exam, count_end
from services.gateway.ledger import Ledger, Parked, Transaction, transact
from services.gateway.sharing import Shared

GROUP = "gateway"
DEAD = {dead_topic(row.name): row.name for row in STAGES}
TOPICS = (STATUS, REPORTED, *DEAD)
AT_ONCE = 64
"""Events under way, of as many exams: so many may share a transaction."""
REDRIVEN = "x-dead-redriven"
"""On a dead-letter topic: an operator's mark that a record was redriven, and no word of a stage."""


@dataclass(frozen=True)
class _Word:
    """A record, understood."""

    record: Record
    event: ExamEvent


@dataclass(frozen=True)
class _Outcome:
    """What became of an event: `moved` when it changed the exam, `violation` when it was refused."""

    known: bool = True
    moved: Exam | None = None
    violation: str | None = None


class Projection:
    """Applies records of TOPICS; safe to repeat, to reorder and to run in several processes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._log = log.get("gateway.projection")
        self._shared = Shared[_Word, _Outcome](self._project, key=lambda word: word.event.exam_id)

    async def apply(self, record: Record) -> None:
        """Apply one record. What fits no exam, or can't be decoded, is parked, not dropped; raises what the ledger raises."""
        if record.topic in DEAD and record.header(REDRIVEN) is not None:
            return
        try:
            event = _decode(record)
            outcome = await self._shared.do(_Word(record, event))
        except Invalid as error:
            self._log.error("event can't be applied", topic=record.topic, error=log.what(error))
            await self._park(record, None, "invalid")
            return
        if outcome.known:
            self._count(record.topic, event, outcome)
        else:
            await self._park(record, event, "no such exam")

    async def retry_parked(self) -> int:
        """Apply parked events whose exam exists by now; how many were. One that fails doesn't hold up the others."""
        count, after, trying = 0, 0, 0

        async def work(transaction: Transaction) -> tuple[Parked, ExamEvent, _Outcome] | None:
            nonlocal trying
            parked = await transaction.parked(after)
            if parked is None:
                return None
            trying = parked.id
            record = Record(parked.topic, 0, 0, None, parked.value, parked.headers)
            event = _decode(record)
            [outcome] = await _apply(transaction, [_Word(record, event)])
            await transaction.unpark(parked.id)
            return parked, event, outcome

        while True:
            try:
                done = await transact(self._ledger, "project", work)
            except Exception as error:
                if trying == after:
                    raise  # not even found out which event is next
                self._log.error("parked event not applied", id=trying, error=log.what(error))
            else:
                if done is None:
                    return count
                parked, event, outcome = done
                self._count(parked.topic, event, outcome)
                count += 1
            after = trying

    async def _project(self, words: Sequence[_Word]) -> list[_Outcome]:
        return await transact(self._ledger, "project", lambda transaction: _apply(transaction, words))

    async def _park(self, record: Record, event: ExamEvent | None, reason: str) -> None:
        exam_id = event.exam_id if event else None
        value = record.value or b""
        await transact(
            self._ledger,
            "park",
            lambda transaction: transaction.park(record.topic, exam_id, value, record.headers, reason),
        )
        self._log.warning("event parked", topic=record.topic, reason=reason)

    def _count(self, topic: str, event: ExamEvent, outcome: _Outcome) -> None:
        """After the commit."""
        if outcome.violation:
            metrics.VIOLATIONS.labels(outcome.violation).inc()
            self._log.error("event refused", reason=outcome.violation, exam_id=str(event.exam_id), topic=topic)
        elif outcome.moved:
            count_end(outcome.moved)
        else:
            metrics.DUPLICATES.labels("projection").inc()


async def _apply(transaction: Transaction, words: Sequence[_Word]) -> list[_Outcome]:
    """What becomes of the words, each of another exam."""
    exams = await transaction.lock_all([word.event.exam_id for word in words])
    refused = [_refusal(word.event, exams.get(word.event.exam_id)) for word in words]
    good = [(word, exams[word.event.exam_id]) for word, why in zip(words, refused, strict=True) if why is None]
    # A word on an older revision doesn't break the silence of this one.
    heard = [word.event for word, exam in good if word.event.revision >= exam.position.revision]
    after = iter(await take_all(transaction, [_taking(word, exam) for word, exam in good], heard))
    return [why or _outcome(exams[word.event.exam_id], next(after)) for word, why in zip(words, refused, strict=True)]


def _refusal(event: ExamEvent, exam: Exam | None) -> _Outcome | None:
    if exam is None:
        return _Outcome(known=False)
    if exam.tenant != event.tenant:
        return _Outcome(violation="event_of_another_tenant")
    report = _report(event)
    if report and not report.path.startswith(f"{exam.tenant}/{exam.exam_id}/"):
        return _Outcome(violation="artefact_of_another_exam")
    return None


def _taking(word: _Word, exam: Exam) -> Taking:
    return Taking(exam, fact_of(word.record, word.event), _report(word.event))


def _report(event: ExamEvent) -> BlobRef | None:
    return event.artefact if isinstance(event, ExamReported) else None


def _outcome(before: Exam, after: Exam) -> _Outcome:
    return _Outcome(moved=None if after is before else after)


def _decode(record: Record) -> ExamEvent:
    if record.topic == STATUS:
        return event_of(record, ExamStatus)
    return event_of(record, ExamReported if record.topic == REPORTED else ExamEvent)


def fact_of(record: Record, event: ExamEvent) -> Fact:
    """What a record of TOPICS says of its exam."""
    if isinstance(event, ExamStatus):
        return fact_of_status(event)
    if isinstance(event, ExamReported):
        return fact_of_report(event)
    # The stage also says FAILED with the code; this is for the case that it died between the two.
    crashed = any(word in (record.header("x-dead-reason") or "") for word in ("crash", "died"))
    code = ErrorCode.WORKER_CRASHED if crashed else ErrorCode.INTERNAL
    return Fact(event.revision, Status.FAILED, DEAD[record.topic], code=code)
