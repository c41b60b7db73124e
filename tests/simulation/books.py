"""The gateway's books in memory, with what makes a database treacherous: transactions at READ COMMITTED, row locks,
SKIP LOCKED, ids given before the commit, connections lost, and commits whose answer never comes.
"""

import asyncio
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.gateway.core.progress import Position
from services.gateway.exams import Exam
from services.gateway.idempotency import Earlier
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
    auditors: list[Callable[["OpenTransaction"], None]] = field(default_factory=list)
    locks: dict[Hashable, _Lock] = field(default_factory=lambda: defaultdict(_Lock))
    open: "dict[OpenTransaction, None]" = field(default_factory=dict)
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


class OpenTransaction:
    """What is common to all statements: changes are the transaction's own until it commits, rows are locked until then."""

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
