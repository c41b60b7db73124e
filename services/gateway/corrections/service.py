"""One call of a teacher: under its Idempotency-Key, on the result it was made on, as one new revision."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.artefacts.correction import Correction
from runtime import metrics
from runtime.blobs import Blobs
from services.gateway import keyed
from services.gateway.core.problems import Code, Problem
from services.gateway.corrections.revise import Shown, not_completed, revise, shown
from services.gateway.corrections.rules import Author, Wish, entries_of
from services.gateway.exams import Exam
from services.gateway.keyed import Once
from services.gateway.ledger import Ledger, Transaction, transact
from services.gateway.settings import GatewaySettings


@dataclass(frozen=True)
class Asked:
    """What a teacher asks for. `answer` makes of the exam and the new entries what the client is told, now and again."""

    exam: Exam
    wishes: Sequence[Wish]
    author: Author
    if_match: str | None
    key: str | None
    pointer: Callable[[int], str]
    answer: Callable[[Exam, Sequence[Correction]], dict[str, Any]]

    def fingerprint(self) -> bytes:
        """SHA-256 of what is asked for: the same for a repetition, though the ETag has moved on."""
        wishes = [(wish.question, sorted(wish.fields.items()), wish.accept) for wish in self.wishes]
        asked = ("corrections", str(self.exam.exam_id), wishes, self.author.actor)
        return hashlib.sha256(repr(asked).encode()).digest()


@dataclass(frozen=True)
class Done:
    """The exam and the answer that belongs to the call. `begun`: it began a revision, now or when it was made first."""

    exam: Exam
    response: dict[str, Any]
    begun: bool
    replayed: bool = False


async def correct(ledger: Ledger, blobs: Blobs, settings: GatewaySettings, asked: Asked) -> Done:
    """Begin the next revision with what is asked for, unless it changes nothing.

    Problem(EXAM_NOT_COMPLETED | RESULT_GONE | ARTEFACT_GONE | PRECONDITION_REQUIRED | PRECONDITION_FAILED |
    QUESTION_NOT_FOUND | VALIDATION_FAILED | IDEMPOTENCY_IN_FLIGHT | IDEMPOTENCY_MISMATCH). Neither quotas nor limits
    of uploads hold a teacher up.
    """
    lease = settings.lease_seconds
    async with keyed.once(ledger, asked.exam.tenant, asked.key, asked.fingerprint(), lease) as once:
        if once.earlier is not None:
            first = once.earlier.response
            return Done(asked.exam, first, begun=bool(first["corrections"]), replayed=True)
        return await _correct(ledger, blobs, settings, asked, once)


async def _correct(ledger: Ledger, blobs: Blobs, settings: GatewaySettings, asked: Asked, once: Once) -> Done:
    exam = asked.exam
    if not exam.ended:
        raise not_completed(exam)
    seen = await shown(blobs, exam)
    _require_match(asked.if_match, seen)
    entries = entries_of(seen.result, seen.submission, asked.wishes, lambda _wish: asked.author, asked.pointer)

    async def work(transaction: Transaction) -> Done:
        now = await transaction.lock(exam.exam_id)
        if now is None:
            raise Problem(Code.EXAM_NOT_FOUND)
        if entries:
            now = await revise(transaction, blobs, now, seen, entries, settings=settings)
        response = asked.answer(now, entries)
        await once.settle(transaction, now.exam_id, response)
        return Done(now, response, begun=bool(entries))

    done = await transact(ledger, "replay", work)
    count(entries)
    return done


def count(entries: Sequence[Correction]) -> None:
    """After the commit."""
    for entry in entries:
        metrics.CORRECTIONS.labels(entry.kind).inc()


def _require_match(if_match: str | None, seen: Shown) -> None:
    """RFC 9110 If-Match, by the result's ETag or the number of its revision, in quotes."""
    if if_match is None or not if_match.strip():
        raise Problem(Code.PRECONDITION_REQUIRED)
    given = {tag.strip().removeprefix("W/") for tag in if_match.split(",")}
    if not given & {"*", seen.etag, f'"{seen.result.revision}"'}:
        raise Problem(Code.PRECONDITION_FAILED, headers={"ETag": seen.etag}, revision=seen.result.revision)
