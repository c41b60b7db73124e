"""Accepting an upload whose bytes are stored: one transaction {idempotency key, exam, outbox}. Free of HTTP."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.artefacts import Submission
from contracts.events import BlobRef, ExamUploaded, StageDone
from contracts.topics import UPLOADED, StageRow
from runtime import metrics
from services.gateway import keyed
from services.gateway.core.form import Form
from services.gateway.core.problems import Code, Problem
from services.gateway.core.progress import begun
from services.gateway.exams import Exam
from services.gateway.idempotency import Earlier, Reservation, fingerprint
from services.gateway.ledger import Ledger, Standing, Transaction, transact


@dataclass(frozen=True)
class Limits:
    """What may be under way at a time: exams of one tenant, and events of all that wait for the broker."""

    in_flight: int
    outbox: int


@dataclass(frozen=True)
class Offer:
    """An upload, stored; `answer` makes of the new exam what the client is told, now and when it repeats itself.

    `after`: the stage whose artefact `artefact` is, when there is nothing to do for it and for those before it.
    """

    exam_id: uuid.UUID
    tenant: str
    form: Form
    submission: Submission
    artefact: BlobRef
    held: Reservation | None
    traceparent: str
    deadline_seconds: float
    limits: Limits
    answer: Callable[[Exam], dict[str, Any]]
    after: StageRow | None = None


@dataclass(frozen=True)
class Accepted:
    """The exam and the answer that belongs to its Idempotency-Key."""

    exam: Exam
    response: dict[str, Any]


async def admit(transaction: Transaction, tenant: str, limits: Limits, *, exactly: bool = True) -> datetime:
    """The transaction's time; Problem(OVERLOADED | TOO_MANY_IN_FLIGHT | QUOTA_EXCEEDED) when one more is too many.

    Exactly: else none is added before this commits.
    """
    standing = await transaction.standing(tenant, limits.outbox, exactly=exactly)
    refuse_overload(standing, limits)
    if standing.in_flight >= limits.in_flight:
        detail = (
            f"{limits.in_flight} of your exams have not ended, which is the most. Upload when some have: follow"
            " GET /exams?status=…, cancel what is not needed, or ask for a higher limit."
        )
        raise Problem(Code.TOO_MANY_IN_FLIGHT, detail, headers={"Retry-After": "10"}, limit=limits.in_flight)
    refuse_used_up(standing)
    return standing.now


def refuse_overload(standing: Standing, limits: Limits) -> None:
    """Problem(OVERLOADED) when too many events wait for the broker."""
    if standing.waiting >= limits.outbox:
        raise Problem(Code.OVERLOADED, headers={"Retry-After": "30"})


def refuse_used_up(standing: Standing) -> None:
    """Problem(QUOTA_EXCEEDED) when nothing is left of one of the month's quotas."""
    if (over := standing.used_up) is not None:
        raise Problem(Code.QUOTA_EXCEEDED, headers={"Retry-After": str(over.seconds)}, quotas=list(over.quotas))


async def reserve(
    ledger: Ledger, tenant: str, key: str | None, lease_seconds: float, limits: Limits
) -> Reservation | Earlier | None:
    """Before the body is read: take the key, if there is one, and refuse what could not be admitted now.

    Problem(IDEMPOTENCY_IN_FLIGHT | OVERLOADED | TOO_MANY_IN_FLIGHT). What was accepted earlier is never refused.
    """

    async def work(transaction: Transaction) -> Reservation | Earlier | None:
        found = None if key is None else await keyed.take(transaction, tenant, key, lease_seconds)
        if not isinstance(found, Earlier):
            # Not exactly: it is asked again when the exam is accepted, and a tenant's uploads would wait for each other.
            await admit(transaction, tenant, limits, exactly=False)
        return found

    return await transact(ledger, "reserve", work)


async def accept(ledger: Ledger, offer: Offer) -> Accepted:
    """Accept the upload, or Problem(OVERLOADED | TOO_MANY_IN_FLIGHT | IDEMPOTENCY_IN_FLIGHT) and nothing is.

    When the answer to the commit is lost, it raises although the exam may be accepted: the key tells.
    """

    async def work(transaction: Transaction) -> Accepted:
        event = _event(offer, await admit(transaction, offer.tenant, offer.limits))
        exam = await transaction.insert(event, offer.form, len(offer.submission.files), offer.traceparent)
        if offer.after is not None:
            exam = await transaction.move(exam, [begun(exam.position.revision, offer.after)])
        response = offer.answer(exam)
        if offer.held is not None:
            asked = offer.form.asked(offer.submission.files)
            digest = fingerprint(asked, offer.form.priority, offer.form.callback_url)
            await keyed.settle(transaction, offer.held, offer.exam_id, digest, response)
        topic = UPLOADED[offer.form.priority] if offer.after is None else offer.after.sink
        await transaction.enqueue(topic, event, offer.traceparent)
        return Accepted(exam, response)

    accepted = await transact(ledger, "accept", work)
    metrics.ACCEPTED.labels(offer.form.priority).inc()
    return accepted


def _event(offer: Offer, now: datetime) -> StageDone:
    kind = ExamUploaded if offer.after is None else offer.after.event
    return kind(
        exam_id=offer.exam_id,
        tenant=offer.tenant,
        priority=offer.form.priority,
        uploaded_at=now,
        deadline=now + timedelta(seconds=offer.deadline_seconds),
        artefact=offer.artefact,
    )
