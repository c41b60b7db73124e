"""The gateway's books, as a port: what must change together changes in one transaction.

Postgres keeps them (`services.gateway.postgres`); the simulation keeps them in memory, and one suite of tests holds
both to these words.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from contracts.errors import Transient
from contracts.events import BlobRef, ExamEvent
from services.gateway.core.form import Form
from services.gateway.core.progress import Position
from services.gateway.exams import Exam
from services.gateway.idempotency import Earlier, Reservation

Purpose = Literal["reserve", "release", "accept", "cancel", "relay", "project", "park", "sweep", "replay", "forget"]
"""What a transaction is for: names it in logs, and in the places where a proof makes it fail."""

TRIES = 4
"""of a transaction that lost against another one"""

_T = TypeVar("_T")


class Conflict(Transient):
    """The transaction lost against another one (deadlock, serialization) and was rolled back: begun anew, it may succeed."""


@dataclass(frozen=True)
class Outgoing:
    """A row of the outbox: an event to be published. `attempts` counts the publications that failed."""

    id: int
    exam_id: uuid.UUID
    topic: str
    event: dict[str, Any]
    traceparent: str | None
    attempts: int = 0


@dataclass(frozen=True)
class Parked:
    """An event that could not be applied when it came; `headers` as they were on the topic."""

    id: int
    topic: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Advance:
    """A locked exam's way through `positions`, one numbered event each; without any it stays where it is."""

    exam: Exam
    positions: Sequence[Position]
    report: BlobRef | None = None


@dataclass(frozen=True)
class UsedUp:
    """Quotas of a tenant of which nothing is left for `seconds`, until they are reset."""

    quotas: Sequence[str]
    seconds: int


@dataclass(frozen=True)
class Standing:
    """What one more exam of a tenant is admitted by, all of one moment.

    `now`: the transaction's time. `waiting`: rows of the outbox, of all tenants. `used_up`: None while every quota has
    something left.
    """

    now: datetime
    waiting: int
    in_flight: int
    used_up: UsedUp | None = None


class Transaction(Protocol):
    """One transaction at READ COMMITTED: nothing of it is seen, or kept, unless it ends well."""

    async def now(self) -> datetime:
        """The transaction's time, by the one clock that all gateways share."""
        ...

    async def lock(self, exam_id: uuid.UUID) -> Exam | None:
        """The exam, locked until the transaction ends; None when there is none."""
        ...

    async def lock_all(self, exam_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Exam]:
        """Those of these exams that there are, locked in the order of their ids until the transaction ends."""
        ...

    async def insert(self, event: ExamEvent, form: Form, files: int, traceparent: str) -> Exam:
        """A new exam at UPLOADED, with its first event."""
        ...

    async def move(self, exam: Exam, positions: Sequence[Position], report: BlobRef | None = None) -> Exam:
        """Take a locked exam through `positions`, one numbered event each; the same object when there are none."""
        ...

    async def move_all(self, advances: Sequence[Advance], heard: Collection[ExamEvent] = ()) -> list[Exam]:
        """As `move`, for several exams, each of which comes once.

        `heard`: what stages said of locked exams, once of each: they aren't silent; an ExamStatus also brings times of
        its stage.
        """
        ...

    async def reopen(self, exam: Exam, position: Position, deadline: datetime) -> Exam:
        """Begin the next revision of a locked exam that has ended: at `position`, one numbered event.

        The report stays that of the last completed revision until another one completes.
        """
        ...

    async def announce(self, exam: Exam) -> None:
        """The exam has just ended: whoever is to be told will be, once, after the commit."""
        ...

    async def enqueue(self, topic: str, event: ExamEvent, traceparent: str | None) -> None:
        """Put an event into the outbox."""
        ...

    async def due(self, limit: int) -> list[Outgoing]:
        """Rows of the outbox that may be published now, locked; rows that another transaction holds are skipped."""
        ...

    async def sent(self, ids: Sequence[int]) -> None:
        """The broker has these: they leave the outbox."""
        ...

    async def postpone(self, ids: Sequence[int], base_seconds: float) -> None:
        """These could not be published: again after `base_seconds`, doubled with every attempt, ten seconds at most."""
        ...

    async def reserve(self, tenant: str, key: str, lease_seconds: float) -> Reservation | Earlier | None:
        """Take an Idempotency-Key, or what an earlier request with it was told; None while another request holds it."""
        ...

    async def renew(self, held: Reservation, lease_seconds: float) -> bool:
        """Hold the key for `lease_seconds` from now; False when the lease went to another request."""
        ...

    async def settle(self, held: Reservation, exam_id: uuid.UUID, digest: bytes, response: dict[str, Any]) -> bool:
        """Bind the key to the exam and its answer; False when the lease went to another request."""
        ...

    async def release(self, held: Reservation) -> None:
        """Give the key back, unless it was settled."""
        ...

    async def standing(self, tenant: str, most_waiting: int, *, exactly: bool = True) -> Standing:
        """How things stand for the tenant; the outbox is counted up to `most_waiting`.

        Exactly: whoever else asks so for the same tenant waits until this transaction ends, so no exam can be added
        between the count and the commit.
        """
        ...

    async def overdue(self, limit: int) -> list[Exam]:
        """Exams in flight past their deadline, the oldest deadline first; not locked."""
        ...

    async def silent(self, seconds: float, limit: int) -> list[Exam]:
        """Exams in flight of which nobody spoke for `seconds` (twice that once it was republished) and with nothing in the outbox."""
        ...

    async def claim(self, exam: Exam, seconds: float) -> bool:
        """Count a republication of an exam that is silent still, by the same `seconds`; False when another was first."""
        ...

    async def park(
        self, topic: str, exam_id: uuid.UUID | None, value: bytes, headers: tuple[tuple[str, bytes], ...], reason: str
    ) -> None:
        """Keep an event that can't be applied (yet)."""
        ...

    async def parked(self, after: int) -> Parked | None:
        """The oldest parked event with a greater id whose exam exists by now, locked; those held by others are skipped."""
        ...

    async def unpark(self, parked_id: int) -> None:
        """The parked event was applied."""
        ...

    async def forget(self, idempotency_seconds: float, parked_seconds: float) -> int:
        """Drop old idempotency keys and parked events; how many of the latter."""
        ...


class Ledger(Protocol):
    """Where transactions begin."""

    def transaction(self, purpose: Purpose) -> AbstractAsyncContextManager[Transaction]:
        """Commits when the context ends, rolls back when it raises; a commit whose answer is lost raises, too.

        Raises Conflict when it lost against another transaction.
        """
        ...


async def transact(ledger: Ledger, purpose: Purpose, work: Callable[[Transaction], Awaitable[_T]]) -> _T:
    """Do `work` in a transaction, anew after each Conflict, TRIES times; `work` may change nothing but its transaction."""
    for attempt in range(1, TRIES):
        try:
            async with ledger.transaction(purpose) as transaction:
                return await work(transaction)
        except Conflict:
            await asyncio.sleep(0.01 * 2**attempt)
    async with ledger.transaction(purpose) as transaction:
        return await work(transaction)
