"""An exam that has ended, again from a stage on: a new revision, begun with copies of what that stage reads.

Terminal statuses absorb within a revision, so nothing that is still said of the old one touches the new one.
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from contracts.artefacts import Submission
from contracts.events import BlobRef, ExamUploaded, StageDone
from contracts.topics import STAGE, STAGES, SUBMISSION, UPLOADED, StageRow, artefact_path
from runtime.blobs import BlobMissing, Blobs, ref_of
from runtime.job import understood
from runtime.settings import load
from services.gateway.acceptance import Limits, admit
from services.gateway.core.problems import Code, Problem
from services.gateway.core.progress import begun
from services.gateway.essays.paper import BEGINS_AT
from services.gateway.exams import Exam
from services.gateway.keyed import Once
from services.gateway.ledger import Ledger, Transaction, transact
from services.gateway.settings import GatewaySettings

_COPY_SECONDS = 20.0
"""The exam is locked while its artefacts are copied."""
_NAMES = (SUBMISSION, *(row.name for row in STAGES))
"""Artefacts in the order they are made: a stage reads the one before its own."""


@dataclass(frozen=True)
class Order:
    """How to go on: from which stage (None: after the last artefact), admitted by `limits` if given.

    `amend` makes the submission of the new revision, whose number it is told, out of the last one's.
    """

    settings: GatewaySettings
    from_stage: str | None = None
    limits: Limits | None = None
    amend: Callable[[Submission, int], Submission] | None = None


async def replay(
    ledger: Ledger,
    blobs: Blobs,
    exam_id: uuid.UUID,
    from_stage: str | None = None,
    settings: GatewaySettings | None = None,
    *,
    limits: Limits | None = None,
    once: Once | None = None,
) -> Exam:
    """The exam in its new revision, with a new deadline and the event that `from_stage` reads in the outbox.

    Without a stage it goes on after the last artefact there is, or from the start when it has all. Within `limits`,
    if given; the key of `once` is bound to it in the same transaction.
    Problem(EXAM_NOT_FOUND | EXAM_IN_FLIGHT | ARTEFACT_GONE | OVERLOADED | TOO_MANY_IN_FLIGHT).
    """
    order = Order(settings or load(GatewaySettings), from_stage, limits)

    async def work(transaction: Transaction) -> Exam:
        exam = await transaction.lock(exam_id)
        if exam is None:
            raise Problem(Code.EXAM_NOT_FOUND)
        again = await begin(transaction, blobs, exam, order)
        if once is not None:
            await once.settle(transaction, exam_id, {})
        return again

    return await transact(ledger, "replay", work)


async def begin(transaction: Transaction, blobs: Blobs, exam: Exam, order: Order) -> Exam:
    """Begin the next revision of a locked exam; problems as of `replay`."""
    if not exam.ended:
        raise Problem(Code.EXAM_IN_FLIGHT, exam_status=exam.position.status.value)
    if order.limits is not None:
        await admit(transaction, exam.tenant, order.limits)
    async with asyncio.timeout(_COPY_SECONDS):
        stored = await _artefacts(blobs, exam)
        needed = _needed(order.from_stage, stored)
        revision = await _free_revision(blobs, exam)
        if order.amend is not None:
            amended = order.amend(understood(Submission, stored[SUBMISSION]), revision)
            stored[SUBMISSION] = amended.model_dump_json().encode()
        artefact = await _copy(blobs, exam, revision, {name: stored[name] for name in needed})
    after = STAGE.get(needed[-1])
    deadline = await transaction.now() + timedelta(seconds=order.settings.deadline_seconds(exam.priority))
    reopened = await transaction.reopen(exam, begun(revision, after), deadline)
    await transaction.enqueue(*_event(reopened, after, artefact), exam.traceparent)
    return reopened


async def _artefacts(blobs: Blobs, exam: Exam) -> dict[str, bytes]:
    """The artefacts of the exam's revision up to the first that is missing; Transient when a read is torn."""
    stored: dict[str, bytes] = {}
    for name in _NAMES:
        path = _path(exam, exam.position.revision, name)
        try:
            data = await blobs.read(path)
            stored[name] = await blobs.get(ref_of(path, data))  # read twice: a copy of half an artefact would stay
        except BlobMissing:
            break
    return stored


def _needed(from_stage: str | None, stored: dict[str, bytes]) -> tuple[str, ...]:
    """The names of the artefacts to begin with, the last being the one that is read first."""
    first = _NAMES.index(_first_stage(stored))
    if from_stage is None:
        complete = len(stored) == len(_NAMES)
        needed = _NAMES[: first if complete else max(first, len(stored))]
    elif _NAMES.index(from_stage) < first:
        detail = f"An essay has no pages to be read: begin at {_NAMES[first]} or later."
        raise Problem(Code.VALIDATION_FAILED, detail, errors=[{"pointer": "/from", "detail": detail}])
    else:
        needed = _NAMES[: _NAMES.index(from_stage)]
    if missing := [name for name in needed if name not in stored]:
        raise Problem(
            Code.ARTEFACT_GONE,
            f"The artefact of {missing[0]} is not stored: begin at an earlier stage, or upload again.",
        )
    return needed


def _first_stage(stored: dict[str, bytes]) -> str:
    """The first stage that has anything to do; Transient when the submission's bytes are torn."""
    essay = SUBMISSION in stored and understood(Submission, stored[SUBMISSION]).essay is not None
    return BEGINS_AT if essay else STAGES[0].name


async def _free_revision(blobs: Blobs, exam: Exam) -> int:
    """The next revision with nothing in it: a replay that died may have left copies of other stages behind."""
    revision = exam.position.revision + 1
    while True:
        try:
            await blobs.read(_path(exam, revision, SUBMISSION))
        except BlobMissing:
            return revision
        revision += 1


async def _copy(blobs: Blobs, exam: Exam, revision: int, artefacts: dict[str, bytes]) -> BlobRef:
    """Store them under the revision, the submission first; the reference of the last."""
    refs = [await blobs.put(_path(exam, revision, name), data) for name, data in artefacts.items()]
    return refs[-1]


def _event(exam: Exam, after: StageRow | None, artefact: BlobRef) -> tuple[str, StageDone]:
    """(topic, event) that say that the artefact exists."""
    if after is None:
        return UPLOADED[exam.priority], ExamUploaded(**exam.said(), artefact=artefact)
    return after.sink, after.event(**exam.said(), artefact=artefact)


def _path(exam: Exam, revision: int, name: str) -> str:
    return artefact_path(exam.tenant, exam.exam_id, revision, name)
