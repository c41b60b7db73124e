"""The gateway's books in memory, with what makes a database treacherous: transactions at READ COMMITTED, row locks,
SKIP LOCKED, ids given before the commit, connections lost, and commits whose answer never comes.
"""

import asyncio
import time
import uuid
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.events import BlobRef, ExamEvent
from contracts.status import Status
from services.gateway.core.form import Form
from services.gateway.core.progress import Position
from services.gateway.exams import Exam
from services.gateway.idempotency import Earlier, Reservation
from services.gateway.ledger import Outgoing, Parked, Purpose

LOCK_TIMEOUT = 5.0
"""Seconds a statement waits for a row."""


class LostConnection(Exception):
    """The transaction is over: the server ended it, or was never there."""


@dataclass(frozen=True)
class Key:
    """A row of the Idempotency-Keys."""

    owner: uuid.UUID
    lease_until: datetime
    created_at: datetime
    earlier: Earlier | None = None


@dataclass(frozen=True)
class Due:
    """A row of the outbox."""

    row: Outgoing
    due_at: datetime


@dataclass(frozen=True)
class Kept:
    """A row of the parked events."""

    row: Parked
    exam_id: uuid.UUID | None
    received_at: datetime


@dataclass(frozen=True)
class Move:
    """What a transaction did to an exam: where it was (None: nowhere), and where it went."""

    exam_id: uuid.UUID
    before: Position | None
    after: tuple[Position, ...]


class _Lock:
    """A row lock; waiters get it in turn."""

    def __init__(self) -> None:
        self.owner: object | None = None
        self.waiters: deque[tuple[object, asyncio.Future[None]]] = deque()

    def release(self) -> None:
        self.owner = None
        while self.waiters and self.owner is None:
            owner, future = self.waiters.popleft()
            if not future.done():
                self.owner = owner
                future.set_result(None)


Rows = dict[Any, Any]
EXAMS, HEARD, KEYS, OUTBOX, PARKED = "exams", "heard", "keys", "outbox", "parked"
_TABLES = (EXAMS, HEARD, KEYS, OUTBOX, PARKED)


@dataclass
class Books:
    """What is committed. `listeners` are told when rows came into the outbox, `auditors` of every commit."""

    clock: Callable[[], float] = time.time
    tables: dict[str, Rows] = field(default_factory=lambda: {name: {} for name in _TABLES})
    announced: list[Exam] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    auditors: list[Callable[["MemoryTransaction"], None]] = field(default_factory=list)
    locks: dict[Hashable, _Lock] = field(default_factory=lambda: defaultdict(_Lock))
    open: "dict[MemoryTransaction, None]" = field(default_factory=dict)
    numbers: int = 0
    tenants: frozenset[str] | None = None

    def exam(self, exam_id: uuid.UUID) -> Exam | None:
        found: Exam | None = self.tables[EXAMS].get(exam_id)
        return found

    @property
    def exams(self) -> list[Exam]:
        return list(self.tables[EXAMS].values())

    def number(self) -> int:
        """As a sequence does: at once, whatever becomes of the transaction."""
        self.numbers += 1
        return self.numbers

    def abandon(self, client: object) -> None:
        """The client's connections are gone: its transactions are rolled back."""
        for transaction in [transaction for transaction in self.open if transaction.client is client]:
            transaction.roll_back()


class MemoryTransaction:
    """A `services.gateway.ledger.Transaction`: changes are its own until it commits."""

    def __init__(self, books: Books, reach: Callable[[str], Awaitable[Any]], client: object, purpose: Purpose) -> None:
        self.books = books
        self.client = client
        self.purpose = purpose
        self.over = False
        self.changed: dict[str, Rows] = {name: {} for name in _TABLES}
        self.moves: list[Move] = []
        self.announced: list[Exam] = []
        self._reach = reach
        self._locks: list[_Lock] = []
        self._now = self._clock()
        books.open[self] = None

    # --- the transaction itself

    def commit(self) -> None:
        """All at once."""
        if self.over:
            raise LostConnection
        for auditor in self.books.auditors:
            auditor(self)
        for name, rows in self.changed.items():
            table = self.books.tables[name]
            for key, row in rows.items():
                if row is None:
                    table.pop(key, None)
                else:
                    table[key] = row
        self.books.moves += self.moves
        self.books.announced += self.announced
        self._end()
        if any(row is not None for row in self.changed[OUTBOX].values()):
            for listener in self.books.listeners:
                listener()

    def roll_back(self) -> None:
        """Nothing happened."""
        if not self.over:
            self._end()

    def _end(self) -> None:
        self.over = True
        del self.books.open[self]
        for lock in self._locks:
            lock.release()

    async def _statement(self) -> None:
        if self.over:
            raise LostConnection
        await self._reach("ledger.statement")
        if self.over:
            raise LostConnection

    def _clock(self) -> datetime:
        return datetime.fromtimestamp(self.books.clock(), UTC)

    # --- rows

    def _get(self, table: str, key: Any) -> Any:
        mine = self.changed[table]
        return mine[key] if key in mine else self.books.tables[table].get(key)

    def _set(self, table: str, key: Any, row: Any) -> None:
        self.changed[table][key] = row

    def _all(self, table: str) -> Iterable[tuple[Any, Any]]:
        merged = self.books.tables[table] | self.changed[table]
        return [(key, row) for key, row in merged.items() if row is not None]

    def _free(self, *name: Hashable) -> bool:
        """Whether no other transaction has the row."""
        lock = self.books.locks.get(name)
        return lock is None or lock.owner in {None, self}

    async def _lock(self, *name: Hashable) -> None:
        """Wait for the row, LOCK_TIMEOUT at most."""
        lock = self.books.locks[name]
        if lock.owner is self:
            return
        if lock.owner is None:
            lock.owner = self
        else:
            await self._queue(lock)
        self._locks.append(lock)

    async def _queue(self, lock: _Lock) -> None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        lock.waiters.append((self, future))
        timer = loop.call_later(LOCK_TIMEOUT, lambda: future.done() or future.set_exception(LostConnection()))
        try:
            await future
        except BaseException:
            if lock.owner is self:  # it came at the same moment
                lock.release()
            raise
        finally:
            timer.cancel()
        if self.over:
            lock.release()
            raise LostConnection

    # --- exams

    async def now(self) -> datetime:
        await self._statement()
        return self._now

    async def lock(self, exam_id: uuid.UUID) -> Exam | None:
        await self._statement()
        if self._get(EXAMS, exam_id) is None:
            return None
        await self._lock(EXAMS, exam_id)
        found: Exam | None = self._get(EXAMS, exam_id)
        return found

    async def insert(self, event: ExamEvent, form: Form, files: int, traceparent: str) -> Exam:
        await self._statement()
        await self._lock(EXAMS, event.exam_id)
        if self._get(EXAMS, event.exam_id) is not None:
            raise ValueError("the exam exists")
        at = event.uploaded_at
        position = Position(event.revision, Status.UPLOADED, 0)
        exam = Exam(
            event.exam_id, event.tenant, position, event.priority, form.subject, form.grade, form.student_id,
            form.class_id, form.title, form.locale, files, traceparent, at, event.deadline, at, at, None, 1, 0, None,
        )  # fmt: skip
        self._set(EXAMS, exam.exam_id, exam)
        self._set(HEARD, exam.exam_id, at)
        self.moves.append(Move(exam.exam_id, None, (position,)))
        return exam

    async def move(self, exam: Exam, positions: Sequence[Position], report: BlobRef | None = None) -> Exam:
        if not positions:
            return exam
        await self._statement()
        await self._lock(EXAMS, exam.exam_id)
        now, last = self._clock(), positions[-1]
        current: Exam = self._get(EXAMS, exam.exam_id)
        moved = replace(
            current,
            position=last,
            last_event=current.last_event + len(positions),
            report=report or current.report,
            updated_at=now,
            republished=0,
            status_at=current.status_at if current.position.status == last.status else now,
            completed_at=now if last.status.terminal else None,
        )
        self._set(EXAMS, exam.exam_id, moved)
        self._set(HEARD, exam.exam_id, now)
        self.moves.append(Move(exam.exam_id, current.position, tuple(positions)))
        return moved

    async def reopen(self, exam: Exam, position: Position, deadline: datetime) -> Exam:
        await self._statement()
        await self._lock(EXAMS, exam.exam_id)
        self._set(EXAMS, exam.exam_id, replace(self._get(EXAMS, exam.exam_id), deadline=deadline, report=None))
        return await self.move(exam, [position])

    async def announce(self, exam: Exam) -> None:
        await self._statement()
        self.announced.append(exam)

    async def heard(self, event: ExamEvent) -> None:
        await self._statement()
        await self._lock(EXAMS, event.exam_id)
        self._set(HEARD, event.exam_id, self._clock())

    async def in_flight(self, tenant: str) -> int:
        await self._statement()
        await self._lock("tenant", tenant)
        return sum(exam.tenant == tenant and not exam.ended for _, exam in self._all(EXAMS))

    async def overdue(self, limit: int) -> list[Exam]:
        await self._statement()
        now = self._clock()
        late = [exam for _, exam in self._all(EXAMS) if not exam.ended and exam.deadline < now]
        return sorted(late, key=lambda exam: exam.deadline)[:limit]

    async def silent(self, seconds: float, limit: int) -> list[Exam]:
        await self._statement()
        leaving = {due.row.exam_id for _, due in self._all(OUTBOX)}
        quiet = [exam for _, exam in self._all(EXAMS) if exam.exam_id not in leaving and self._is_silent(exam, seconds)]
        return sorted(quiet, key=lambda exam: self._get(HEARD, exam.exam_id))[:limit]

    async def claim(self, exam: Exam, seconds: float) -> bool:
        await self._statement()
        await self._lock(EXAMS, exam.exam_id)
        current: Exam | None = self._get(EXAMS, exam.exam_id)
        if current is None or current.position.revision != exam.position.revision:
            return False
        if not self._is_silent(current, seconds):
            return False
        self._set(EXAMS, exam.exam_id, replace(current, republished=current.republished + 1))
        self._set(HEARD, exam.exam_id, self._clock())
        return True

    def _is_silent(self, exam: Exam, seconds: float) -> bool:
        pause = timedelta(seconds=seconds * 2 ** min(exam.republished, 10))
        return not exam.ended and self._get(HEARD, exam.exam_id) < self._clock() - pause

    # --- outbox

    async def enqueue(self, topic: str, event: ExamEvent, traceparent: str | None) -> None:
        number = self.books.number()
        await self._statement()
        row = Outgoing(number, event.exam_id, topic, event.model_dump(mode="json"), traceparent)
        self._set(OUTBOX, number, Due(row, self._clock()))

    async def due(self, limit: int) -> list[Outgoing]:
        await self._statement()
        now = self._clock()
        ready = [due for key, due in self._all(OUTBOX) if due.due_at <= now and self._free(OUTBOX, key)]
        rows = [due.row for due in sorted(ready, key=lambda due: (due.due_at, due.row.id))[:limit]]
        for row in rows:
            await self._lock(OUTBOX, row.id)
        return rows

    async def sent(self, ids: Sequence[int]) -> None:
        await self._statement()
        for number in ids:
            self._set(OUTBOX, number, None)

    async def postpone(self, ids: Sequence[int], base_seconds: float) -> None:
        await self._statement()
        for number in ids:
            row = self._get(OUTBOX, number).row
            pause = min(60.0, base_seconds * 2 ** min(row.attempts, 10))
            later = self._clock() + timedelta(seconds=pause)
            self._set(OUTBOX, number, Due(replace(row, attempts=row.attempts + 1), later))

    async def waiting_to_leave(self, most: int) -> int:
        await self._statement()
        return min(most, sum(1 for _ in self._all(OUTBOX)))

    # --- keys

    async def reserve(self, tenant: str, key: str, lease_seconds: float) -> Reservation | Earlier | None:
        await self._statement()
        await self._lock(KEYS, tenant, key)
        row: Key | None = self._get(KEYS, (tenant, key))
        now = self._clock()
        if row is not None and row.earlier is not None:
            return row.earlier
        if row is not None and row.lease_until >= now:
            return None
        owner = uuid.UUID(int=self.books.number())
        created = row.created_at if row else now
        self._set(KEYS, (tenant, key), Key(owner, now + timedelta(seconds=lease_seconds), created))
        return Reservation(tenant, key, owner)

    async def renew(self, held: Reservation, lease_seconds: float) -> bool:
        row = await self._own(held)
        if row is not None:
            until = self._clock() + timedelta(seconds=lease_seconds)
            self._set(KEYS, (held.tenant, held.key), replace(row, lease_until=until))
        return row is not None

    async def settle(self, held: Reservation, exam_id: uuid.UUID, digest: bytes, response: dict[str, Any]) -> bool:
        row = await self._own(held)
        if row is None or row.earlier is not None:
            return False
        self._set(KEYS, (held.tenant, held.key), replace(row, earlier=Earlier(exam_id, digest, response)))
        return True

    async def release(self, held: Reservation) -> None:
        row = await self._own(held)
        if row is not None and row.earlier is None:
            self._set(KEYS, (held.tenant, held.key), None)

    async def _own(self, held: Reservation) -> Key | None:
        """The key's row, locked, if the reservation still has it."""
        await self._statement()
        await self._lock(KEYS, held.tenant, held.key)
        row: Key | None = self._get(KEYS, (held.tenant, held.key))
        return row if row is not None and row.owner == held.owner else None

    # --- parked events

    async def park(
        self, topic: str, exam_id: uuid.UUID | None, value: bytes, headers: tuple[tuple[str, bytes], ...], reason: str
    ) -> None:
        number = self.books.number()
        await self._statement()
        self._set(PARKED, number, Kept(Parked(number, topic, value, headers), exam_id, self._clock()))

    async def parked(self, after: int) -> Parked | None:
        await self._statement()
        for number, kept in sorted(self._all(PARKED)):
            known = kept.exam_id is not None and self._get(EXAMS, kept.exam_id) is not None
            if number > after and known and self._free(PARKED, number):
                await self._lock(PARKED, number)
                found: Parked = kept.row
                return found
        return None

    async def unpark(self, parked_id: int) -> None:
        await self._statement()
        self._set(PARKED, parked_id, None)

    async def forget(self, idempotency_seconds: float, parked_seconds: float) -> int:
        await self._statement()
        now = self._clock()
        for name, row in self._all(KEYS):
            if row.created_at < now - timedelta(seconds=idempotency_seconds):
                self._set(KEYS, name, None)
        old = [
            number for number, kept in self._all(PARKED) if kept.received_at < now - timedelta(seconds=parked_seconds)
        ]
        for number in old:
            self._set(PARKED, number, None)
        return len(old)


async def _nothing(_point: str) -> None: ...


class MemoryLedger:
    """A `services.gateway.ledger.Ledger` for one client of the books.

    `reach` is awaited at `ledger.begin`, `ledger.statement`, `ledger.commit.before` and `ledger.commit.after`; what it
    raises is what the client gets, and before the commit it rolls back.
    """

    def __init__(
        self, books: Books | None = None, *, reach: Callable[[str], Awaitable[Any]] = _nothing, client: object = None
    ) -> None:
        self.books = books or Books()
        self._reach = reach
        self._client = client

    @asynccontextmanager
    async def transaction(self, purpose: Purpose) -> AsyncIterator[MemoryTransaction]:
        await self._reach("ledger.begin")
        transaction = MemoryTransaction(self.books, self._reach, self._client, purpose)
        try:
            yield transaction
            await self._reach("ledger.commit.before")
        except BaseException:
            transaction.roll_back()
            raise
        transaction.commit()
        await self._reach("ledger.commit.after")
