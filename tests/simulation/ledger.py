"""The port of the gateway's books over memory: `services.gateway.ledger` word for word."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from contracts.events import BlobRef, ExamEvent
from contracts.status import Status
from services.gateway.core.form import Form
from services.gateway.core.progress import Position
from services.gateway.exams import Exam
from services.gateway.idempotency import Earlier, Reservation
from services.gateway.ledger import Advance, Outgoing, Parked, Purpose, Standing
from tests.simulation.books import EXAMS, HEARD, KEYS, OUTBOX, PARKED, Books, Due, Kept, Key, Move, OpenTransaction


class MemoryTransaction(OpenTransaction):
    """A `services.gateway.ledger.Transaction`."""

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

    async def lock_all(self, exam_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Exam]:
        await self._statement()
        there = [exam_id for exam_id in sorted(exam_ids) if self._get(EXAMS, exam_id) is not None]
        for exam_id in there:
            await self._lock(EXAMS, exam_id)
        return {exam_id: self._get(EXAMS, exam_id) for exam_id in there}

    async def insert(self, event: ExamEvent, form: Form, files: int, traceparent: str) -> Exam:
        await self._statement()
        await self._lock(EXAMS, event.exam_id)
        if self._get(EXAMS, event.exam_id) is not None:
            raise ValueError("the exam exists")
        at = event.uploaded_at
        position = Position(event.revision, Status.UPLOADED, 0)
        exam = Exam(
            event.exam_id, event.tenant, position, event.priority, form.subject, form.grade, form.student_id,
            form.class_id, form.exam_title, form.locale, files, traceparent, at, event.deadline, at, at, None, 1, 0, None,
            form.template,
        )  # fmt: skip
        self._set(EXAMS, exam.exam_id, exam)
        self._set(HEARD, exam.exam_id, at)
        self.moves.append(Move(exam.exam_id, None, (position,)))
        return exam

    async def move(self, exam: Exam, positions: Sequence[Position], report: BlobRef | None = None) -> Exam:
        [moved] = await self.move_all([Advance(exam, positions, report)])
        return moved

    async def move_all(self, advances: Sequence[Advance], heard: Collection[ExamEvent] = ()) -> list[Exam]:
        if heard or any(advance.positions for advance in advances):
            await self._statement()
        for event in heard:
            await self._lock(EXAMS, event.exam_id)
            self._set(HEARD, event.exam_id, self._clock())
        return [await self._move(advance) if advance.positions else advance.exam for advance in advances]

    async def _move(self, advance: Advance) -> Exam:
        exam, positions = advance.exam, advance.positions
        await self._lock(EXAMS, exam.exam_id)
        now, last = self._clock(), positions[-1]
        current: Exam = self._get(EXAMS, exam.exam_id)
        moved = replace(
            current,
            position=last,
            last_event=current.last_event + len(positions),
            report=advance.report or current.report,
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
        self._set(EXAMS, exam.exam_id, replace(self._get(EXAMS, exam.exam_id), deadline=deadline))
        return await self.move(exam, [position])

    async def announce(self, exam: Exam) -> None:
        await self._statement()
        self.announced.append(exam)

    async def standing(self, tenant: str, most_waiting: int, *, exactly: bool = True) -> Standing:
        if exactly:
            await self._statement()
            await self._lock("tenant", tenant)
        await self._statement()
        in_flight = sum(exam.tenant == tenant and not exam.ended for _, exam in self._all(EXAMS))
        return Standing(self._now, min(most_waiting, sum(1 for _ in self._all(OUTBOX))), in_flight)

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
        pause = timedelta(seconds=seconds * 2 ** min(exam.republished, 1))
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
            pause = min(10.0, base_seconds * 2 ** min(row.attempts, 10))
            later = self._clock() + timedelta(seconds=pause)
            self._set(OUTBOX, number, Due(replace(row, attempts=row.attempts + 1), later))

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
