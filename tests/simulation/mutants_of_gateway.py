"""Wrong versions of the gateway, each as small as the mistake would be."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import services.gateway.ports
import services.gateway.projection
from contracts.events import ExamEvent
from runtime import trace
from runtime.envelope import Record
from services.gateway import acceptance, endings, ports
from services.gateway.acceptance import Accepted, Offer
from services.gateway.core.progress import Fact, Position, _at, _order
from services.gateway.endings import Taking
from services.gateway.exams import Exam
from services.gateway.idempotency import fingerprint
from services.gateway.ledger import Advance, Ledger, Outgoing, Purpose, Transaction, transact
from services.gateway.projection import Projection, _decode, fact_of
from services.gateway.relay import SOURCE, Relay
from services.gateway.sweeper import Sweeper
from tests.simulation.books import Key
from tests.simulation.ledger import MemoryLedger, MemoryTransaction
from tests.simulation.mutant import mutant, patched
from tests.simulation.system import Parts


@mutant("the projection takes whatever an event says")
def _no_compare_and_set() -> Iterator[Parts]:
    def any_event(now: Position, fact: Fact) -> tuple[Position, ...]:
        return () if now.status.terminal else (_at(now, fact),)

    with patched((endings, "advance", any_event)) as parts:
        yield parts


@mutant("a terminal status may be left for another one")
def _terminal_not_absorbing() -> Iterator[Parts]:
    def restless(now: Position, fact: Fact) -> tuple[Position, ...]:
        changed = fact.status is not now.status and _order(fact) >= _order(now)
        return (_at(now, fact),) if changed else ()

    with patched((endings, "advance", restless)) as parts:
        yield parts


@mutant("an exam is read without locking its row")
def _no_row_lock() -> Iterator[Parts]:
    async def unlocked(self: MemoryTransaction, exam_id: uuid.UUID) -> Exam | None:
        await self._statement()
        return self.books.exam(exam_id)

    async def all_unlocked(self: MemoryTransaction, exam_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Exam]:
        found = [await unlocked(self, exam_id) for exam_id in exam_ids]
        return {exam.exam_id: exam for exam in found if exam is not None}

    with patched((MemoryTransaction, "lock", unlocked), (MemoryTransaction, "lock_all", all_unlocked)) as parts:
        yield parts


@mutant("the relay reads the outbox behind a cursor: id > last seen")
def _cursor_outbox() -> Iterator[Parts]:
    real = MemoryTransaction.due

    async def after_the_last(self: MemoryTransaction, limit: int) -> list[Outgoing]:
        last = getattr(self.books, "cursor", 0)
        rows = [row for row in await real(self, limit) if row.id > last]
        self.books.cursor = max([last, *(row.id for row in rows)])  # type: ignore[attr-defined]
        return rows

    with patched((MemoryTransaction, "due", after_the_last)) as parts:
        yield parts


@mutant("the relay takes a failed publication for a successful one")
def _relay_ignores_failures() -> Iterator[Parts]:
    class Careless(Relay):
        async def _publish(self, row: Outgoing) -> None:
            with contextlib.suppress(Exception):
                await super()._publish(row)

    with patched(relay=Careless) as parts:
        yield parts


class _Direct(MemoryLedger):
    """Publishes an accepted exam's event itself; `first`: before the commit."""

    first = False

    @asynccontextmanager
    async def transaction(self, purpose: Purpose) -> AsyncIterator[MemoryTransaction]:
        events: list[tuple[str, ExamEvent]] = []

        async def enqueue(topic: str, event: ExamEvent, _: str | None) -> None:
            events.append((topic, event))
            if self.first:
                await self._publish(events.pop())

        async with super().transaction(purpose) as transaction:
            if purpose == "accept":
                transaction.enqueue = enqueue  # type: ignore[method-assign]
            yield transaction
        for event in events:
            await self._publish(event)

    async def _publish(self, pair: tuple[str, ExamEvent]) -> None:
        topic, event = pair
        kafka: Any = self._client.kafka  # type: ignore[attr-defined]
        event_id = ports.event_id(topic, event)
        await kafka.publish(topic, event, event_id=event_id, source=SOURCE, trace=trace.start())


class _DirectFirst(_Direct):
    first = True


@mutant("dual write: the database, then the broker")
def _dual_write() -> Iterator[Parts]:
    with patched(ledger=_Direct) as parts:
        yield parts


@mutant("dual write: the broker, then the database")
def _dual_write_broker_first() -> Iterator[Parts]:
    with patched(ledger=_DirectFirst) as parts:
        yield parts


@mutant("nobody sweeps")
def _no_sweeper() -> Iterator[Parts]:
    class Idle(Sweeper):
        async def run(self) -> None:
            await asyncio.get_running_loop().create_future()

    with patched(sweeper=Idle) as parts:
        yield parts


@mutant("the end is announced by the event's handler, apart from the transition")
def _announced_by_the_handler() -> Iterator[Parts]:
    async def quiet(
        transaction: Transaction, takings: Sequence[Taking], heard: Collection[ExamEvent] = ()
    ) -> list[Exam]:
        return await transaction.move_all(
            [Advance(each.exam, endings.advance(each.exam.position, each.fact), each.report) for each in takings], heard
        )

    class Loud(Projection):
        async def apply(self, record: Record) -> None:
            await super().apply(record)
            event = _decode(record)
            if fact_of(record, event).status.terminal:
                await transact(self._ledger, "project", lambda transaction: _announce(transaction, event))

    async def _announce(transaction: Transaction, event: ExamEvent) -> None:
        exam = await transaction.lock(event.exam_id)
        if exam is not None and exam.ended:
            await transaction.announce(exam)

    with patched((services.gateway.projection, "take_all", quiet), projection=Loud) as parts:
        yield parts


@mutant("the Idempotency-Key is settled after the exam's transaction")
def _key_apart() -> Iterator[Parts]:
    real = acceptance.accept

    async def accept(ledger: Ledger, offer: Offer) -> Accepted:
        accepted = await real(ledger, replace(offer, held=None))
        if (held := offer.held) is not None:
            digest = fingerprint(offer.submission, offer.form.priority)
            await transact(ledger, "accept", lambda books: books.settle(held, offer.exam_id, digest, accepted.response))
        return accepted

    with patched((acceptance, "accept", accept)) as parts:
        yield parts


@mutant("whoever settles an Idempotency-Key need not hold its lease")
def _no_fencing() -> Iterator[Parts]:
    async def anybody(self: MemoryTransaction, held: Any) -> Key | None:
        await self._statement()
        row: Key | None = self._get("keys", (held.tenant, held.key))
        return None if row is None else replace(row, earlier=None)

    with patched((MemoryTransaction, "_own", anybody)) as parts:
        yield parts
