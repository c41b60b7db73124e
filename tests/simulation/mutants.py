"""Wrong versions of the real code, each as small as the mistake would be. A simulation that misses one is blind."""

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import runtime.intake
import runtime.kafka
import runtime.process
import runtime.shell
import runtime.voice
import services.gateway.ports
import services.gateway.projection
from contracts.events import BlobRef, ExamEvent
from runtime import trace
from runtime.blobs import ref_of
from runtime.envelope import Record
from runtime.intake import Intake
from runtime.shell import Shell
from runtime.tracker import Partition, Ticket, Tracker, _Stay
from runtime.voice import Voice
from services.gateway import acceptance, endings, ports
from services.gateway.acceptance import Accepted, Offer
from services.gateway.core.progress import Fact, Position, _at, _order
from services.gateway.exams import Exam
from services.gateway.idempotency import fingerprint
from services.gateway.ledger import Ledger, Outgoing, Purpose, Transaction, transact
from services.gateway.projection import Projection, _decode, fact_of
from services.gateway.relay import SOURCE, Relay
from services.gateway.sweeper import Sweeper
from tests.simulation.blobs import SimulatedBlobs
from tests.simulation.books import Key
from tests.simulation.ledger import MemoryLedger, MemoryTransaction
from tests.simulation.system import Parts


@dataclass(frozen=True)
class Mutant:
    """One mistake: `made` changes the code while it lasts, and gives the parts to build a world of."""

    name: str
    mistake: str
    made: Callable[[], AbstractContextManager[Parts]]


MUTANTS: dict[str, Mutant] = {}


def _mutant(mistake: str) -> Callable[[Callable[[], Iterator[Parts]]], None]:
    def keep(made: Callable[[], Iterator[Parts]]) -> None:
        name = made.__name__.removeprefix("_").replace("_", "-")
        MUTANTS[name] = Mutant(name, mistake, contextmanager(made))

    return keep


@contextmanager
def mutated(name: str | None) -> Iterator[Parts]:
    """The parts of a world with that mistake in it; without a name, the real ones."""
    if name is None:
        yield Parts()
        return
    with MUTANTS[name].made() as parts:
        yield parts


@contextmanager
def _patched(*places: tuple[Any, str, Any], **parts: Any) -> Iterator[Parts]:
    with ExitStack() as stack:
        for owner, name, worse in places:
            stack.enter_context(patch.object(owner, name, worse))
        yield Parts(**parts)


# --- stages


@_mutant("the offset is marked before the result is published")
def _commit_before_publish() -> Iterator[Parts]:
    class Hasty(Shell):
        async def _announce(self, *args: Any) -> None:
            asyncio.ensure_future(super()._announce(*args)).add_done_callback(_retrieved)

    with _patched((runtime.process, "Shell", Hasty)) as parts:
        yield parts


@_mutant("the offset is committed when the record is fetched")
def _ack_first() -> Iterator[Parts]:
    class AckFirst(Intake):
        def _accept(self, record: Record) -> None:
            super()._accept(record)
            self._tracker.finish(Ticket(*_stay(self._tracker, record), record.offset))

    with _patched((runtime.kafka, "Intake", AckFirst)) as parts:
        yield parts


@_mutant("the position is committed, not the lowest unfinished offset")
def _commit_of_the_position() -> Iterator[Parts]:
    with _patched((_Stay, "committable", property(lambda stay: stay.next))) as parts:
        yield parts


@_mutant("the tracker doesn't tell one assignment of a partition from the next")
def _no_epoch() -> Iterator[Parts]:
    class Timeless(Tracker):
        def assign(self, partitions: set[Partition]) -> None:
            super().assign(partitions)
            for partition in partitions:
                self._stays[partition].epoch = 0

        def _next_epoch(self) -> int:
            return 0

    with _patched((runtime.intake, "Tracker", Timeless)) as parts:
        yield parts


@_mutant("a draining process commits what it has fetched")
def _drain_commits_all() -> Iterator[Parts]:
    class Careless(Intake):
        async def drain(self, seconds: float) -> None:
            for partition in self._tracker.assigned:
                self._tracker._stays[partition].open.clear()
            await super().drain(seconds)

    with _patched((runtime.kafka, "Intake", Careless)) as parts:
        yield parts


@_mutant("event ids are random")
def _random_ids() -> Iterator[Parts]:
    def drawn(*_: Any) -> uuid.UUID:
        return uuid.UUID(int=random.getrandbits(128), version=4)

    with _patched((runtime.voice, "derived_id", drawn), (services.gateway.ports, "derived_id", drawn)) as parts:
        yield parts


@_mutant("the artefact is put whoever was first: the last writer wins")
def _unconditional_put() -> Iterator[Parts]:
    class Overwriting(SimulatedBlobs):
        def _write(self, path: str, data: bytes) -> bytes:
            return self._store.write(path, data, replace=True)

    with _patched(blobs=Overwriting) as parts:
        yield parts


@_mutant("the loser of a put publishes the reference of its own bytes")
def _own_reference() -> Iterator[Parts]:
    class Proud(SimulatedBlobs):
        async def put(self, path: str, data: bytes) -> BlobRef:
            await super().put(path, data)
            return ref_of(path, data)

    with _patched(blobs=Proud) as parts:
        yield parts


@_mutant("nobody looks for the artefact before the work")
def _no_artefact_check() -> Iterator[Parts]:
    async def never(*_: Any) -> None: ...

    with _patched((Shell, "_find", never)) as parts:
        yield parts


@_mutant("a dead letter's publication is not waited for")
def _dead_letter_not_awaited() -> Iterator[Parts]:
    class Hasty(Voice):
        async def dead(self, *args: Any) -> None:
            asyncio.ensure_future(super().dead(*args)).add_done_callback(_retrieved)

    with _patched((runtime.shell, "Voice", Hasty)) as parts:
        yield parts


@_mutant("a retry's publication is not waited for")
def _retry_not_awaited() -> Iterator[Parts]:
    class Hasty(Voice):
        async def retry(self, *args: Any) -> None:
            asyncio.ensure_future(super().retry(*args)).add_done_callback(_retrieved)

    with _patched((runtime.shell, "Voice", Hasty)) as parts:
        yield parts


@_mutant("a result that could not be published is given up")
def _publish_failure_swallowed() -> Iterator[Parts]:
    class Deaf(Voice):
        async def done(self, *args: Any) -> None:
            with contextlib.suppress(Exception):
                await super().done(*args)

    with _patched((runtime.shell, "Voice", Deaf)) as parts:
        yield parts


@_mutant("a retry doesn't count as another attempt")
def _attempts_not_counted() -> Iterator[Parts]:
    real = runtime.voice.again

    def forgetful(record: Record, *, attempt: int, due: float) -> Any:
        return real(record, attempt=1, due=due)

    with _patched((runtime.voice, "again", forgetful)) as parts:
        yield parts


@_mutant("what crash-looped is counted from one again")
def _crash_count_forgotten() -> Iterator[Parts]:
    class Forgetful(Shell):
        async def _set_aside(self, record: Record, case: Any, *args: Any) -> str:
            if case is not None:
                await self._starts.end(self._start_key(case))
            return await super()._set_aside(record, case, *args)

    with _patched((runtime.process, "Shell", Forgetful)) as parts:
        yield parts


# --- the gateway


@_mutant("the projection takes whatever an event says")
def _no_compare_and_set() -> Iterator[Parts]:
    def any_event(now: Position, fact: Fact) -> tuple[Position, ...]:
        return () if now.status.terminal else (_at(now, fact),)

    with _patched((endings, "advance", any_event)) as parts:
        yield parts


@_mutant("a terminal status may be left for another one")
def _terminal_not_absorbing() -> Iterator[Parts]:
    def restless(now: Position, fact: Fact) -> tuple[Position, ...]:
        changed = fact.status is not now.status and _order(fact) >= _order(now)
        return (_at(now, fact),) if changed else ()

    with _patched((endings, "advance", restless)) as parts:
        yield parts


@_mutant("an exam is read without locking its row")
def _no_row_lock() -> Iterator[Parts]:
    async def unlocked(self: MemoryTransaction, exam_id: uuid.UUID) -> Exam | None:
        await self._statement()
        return self.books.exam(exam_id)

    with _patched((MemoryTransaction, "lock", unlocked)) as parts:
        yield parts


@_mutant("the relay reads the outbox behind a cursor: id > last seen")
def _cursor_outbox() -> Iterator[Parts]:
    real = MemoryTransaction.due

    async def after_the_last(self: MemoryTransaction, limit: int) -> list[Outgoing]:
        last = getattr(self.books, "cursor", 0)
        rows = [row for row in await real(self, limit) if row.id > last]
        self.books.cursor = max([last, *(row.id for row in rows)])  # type: ignore[attr-defined]
        return rows

    with _patched((MemoryTransaction, "due", after_the_last)) as parts:
        yield parts


@_mutant("the relay takes a failed publication for a successful one")
def _relay_ignores_failures() -> Iterator[Parts]:
    class Careless(Relay):
        async def _publish(self, row: Outgoing) -> None:
            with contextlib.suppress(Exception):
                await super()._publish(row)

    with _patched(relay=Careless) as parts:
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


@_mutant("dual write: the database, then the broker")
def _dual_write() -> Iterator[Parts]:
    with _patched(ledger=_Direct) as parts:
        yield parts


@_mutant("dual write: the broker, then the database")
def _dual_write_broker_first() -> Iterator[Parts]:
    with _patched(ledger=_DirectFirst) as parts:
        yield parts


@_mutant("nobody sweeps")
def _no_sweeper() -> Iterator[Parts]:
    class Idle(Sweeper):
        async def run(self) -> None:
            await asyncio.get_running_loop().create_future()

    with _patched(sweeper=Idle) as parts:
        yield parts


@_mutant("the end is announced by the event's handler, apart from the transition")
def _announced_by_the_handler() -> Iterator[Parts]:
    async def quiet(transaction: Transaction, exam: Exam, fact: Fact, report: BlobRef | None = None) -> Exam:
        return await transaction.move(exam, endings.advance(exam.position, fact), report)

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

    with _patched((services.gateway.projection, "take", quiet), projection=Loud) as parts:
        yield parts


@_mutant("the Idempotency-Key is settled after the exam's transaction")
def _key_apart() -> Iterator[Parts]:
    real = acceptance.accept

    async def accept(ledger: Ledger, offer: Offer) -> Accepted:
        accepted = await real(ledger, replace(offer, held=None))
        if (held := offer.held) is not None:
            digest = fingerprint(offer.submission, offer.form.priority)
            await transact(ledger, "accept", lambda books: books.settle(held, offer.exam_id, digest, accepted.response))
        return accepted

    with _patched((acceptance, "accept", accept)) as parts:
        yield parts


@_mutant("whoever settles an Idempotency-Key need not hold its lease")
def _no_fencing() -> Iterator[Parts]:
    async def anybody(self: MemoryTransaction, held: Any) -> Key | None:
        await self._statement()
        row: Key | None = self._get("keys", (held.tenant, held.key))
        return None if row is None else replace(row, earlier=None)

    with _patched((MemoryTransaction, "_own", anybody)) as parts:
        yield parts


def _stay(tracker: Tracker, record: Record) -> tuple[Partition, int]:
    partition = Partition(record.topic, record.partition)
    stay = tracker._stays.get(partition)
    return partition, stay.epoch if stay else -1


def _retrieved(task: "asyncio.Future[Any]") -> None:
    if not task.cancelled():
        task.exception()
