"""Wrong versions of what runs a stage, each as small as the mistake would be."""

import asyncio
import contextlib
import random
import uuid
from collections.abc import Iterator
from typing import Any

import runtime.intake
import runtime.kafka
import runtime.process
import runtime.shell
import runtime.voice
import services.gateway.ports
import services.gateway.projection
import tests.simulation.system
from contracts.events import BlobRef
from runtime.blobs import ref_of
from runtime.commits import Commits
from runtime.envelope import Record
from runtime.intake import Intake
from runtime.kept import Kept
from runtime.shell import Shell
from runtime.tracker import Partition, Ticket, Tracker, _Stay
from runtime.voice import Voice
from tests.simulation.blobs import SimulatedBlobs
from tests.simulation.mutant import mutant, patched
from tests.simulation.system import Parts


@mutant("the offset is marked before the result is published")
def _commit_before_publish() -> Iterator[Parts]:
    class Hasty(Shell):
        async def _announce(self, *args: Any) -> None:
            asyncio.ensure_future(super()._announce(*args)).add_done_callback(_retrieved)

    with patched((runtime.process, "Shell", Hasty)) as parts:
        yield parts


@mutant("the offset is committed when the record is fetched")
def _ack_first() -> Iterator[Parts]:
    class AckFirst(Intake):
        def _accept(self, record: Record) -> None:
            super()._accept(record)
            self._tracker.finish(Ticket(*_stay(self._tracker, record), record.offset))

    with patched((runtime.kafka, "Intake", AckFirst)) as parts:
        yield parts


@mutant("the position is committed, not the lowest unfinished offset")
def _commit_of_the_position() -> Iterator[Parts]:
    with patched((_Stay, "committable", property(lambda stay: stay.next))) as parts:
        yield parts


@mutant("the tracker doesn't tell one assignment of a partition from the next")
def _no_epoch() -> Iterator[Parts]:
    class Timeless(Tracker):
        def assign(self, partitions: set[Partition]) -> None:
            super().assign(partitions)
            for partition in partitions:
                self._stays[partition].epoch = 0

        def _next_epoch(self) -> int:
            return 0

    with patched((runtime.intake, "Tracker", Timeless)) as parts:
        yield parts


@mutant("a commit under way is not given up at a rebalance, so that the client sends it again after it")
def _commit_outlives_assignment() -> Iterator[Parts]:
    def keep(_: Commits) -> None: ...

    with patched((Commits, "give_up", keep)) as parts:
        yield parts


@mutant("a draining process commits what it has fetched")
def _drain_commits_all() -> Iterator[Parts]:
    class Careless(Intake):
        async def drain(self, seconds: float) -> None:
            for partition in self._tracker.assigned:
                self._tracker._stays[partition].open.clear()
            await super().drain(seconds)

    with patched((runtime.kafka, "Intake", Careless)) as parts:
        yield parts


@mutant("event ids are random")
def _random_ids() -> Iterator[Parts]:
    def drawn(*_: Any) -> uuid.UUID:
        return uuid.UUID(int=random.getrandbits(128), version=4)

    with patched((runtime.voice, "derived_id", drawn), (services.gateway.ports, "derived_id", drawn)) as parts:
        yield parts


@mutant("the artefact is put whoever was first: the last writer wins")
def _unconditional_put() -> Iterator[Parts]:
    class Overwriting(SimulatedBlobs):
        def _write(self, path: str, data: bytes) -> bytes:
            return self._store.write(path, data, replace=True)

    with patched(blobs=Overwriting) as parts:
        yield parts


@mutant("the loser of a put publishes the reference of its own bytes")
def _own_reference() -> Iterator[Parts]:
    class Proud(SimulatedBlobs):
        async def put(self, path: str, data: bytes) -> BlobRef:
            await super().put(path, data)
            return ref_of(path, data)

    with patched(blobs=Proud) as parts:
        yield parts


@mutant("nobody looks for the artefact before the work")
def _no_artefact_check() -> Iterator[Parts]:
    async def never(*_: Any) -> None: ...

    with patched((Kept, "find", never)) as parts:
        yield parts


@mutant("a dead letter's publication is not waited for")
def _dead_letter_not_awaited() -> Iterator[Parts]:
    class Hasty(Voice):
        async def dead(self, *args: Any) -> None:
            asyncio.ensure_future(super().dead(*args)).add_done_callback(_retrieved)

    with patched((runtime.shell, "Voice", Hasty)) as parts:
        yield parts


@mutant("a retry's publication is not waited for")
def _retry_not_awaited() -> Iterator[Parts]:
    class Hasty(Voice):
        async def retry(self, *args: Any) -> None:
            asyncio.ensure_future(super().retry(*args)).add_done_callback(_retrieved)

    with patched((runtime.shell, "Voice", Hasty)) as parts:
        yield parts


@mutant("a result that could not be published is given up")
def _publish_failure_swallowed() -> Iterator[Parts]:
    class Deaf(Voice):
        async def done(self, *args: Any) -> None:
            with contextlib.suppress(Exception):
                await super().done(*args)

    with patched((runtime.shell, "Voice", Deaf)) as parts:
        yield parts


@mutant("a retry doesn't count as another attempt")
def _attempts_not_counted() -> Iterator[Parts]:
    real = runtime.voice.again

    def forgetful(record: Record, *, attempt: int, due: float, former: Any) -> Any:
        return real(record, attempt=1, due=due, former=former)

    with patched((runtime.voice, "again", forgetful)) as parts:
        yield parts


@mutant("what crash-looped is counted from one again")
def _crash_count_forgotten() -> Iterator[Parts]:
    class Forgetful(Shell):
        async def _set_aside(self, record: Record, case: Any, *args: Any) -> str:
            if case is not None:
                await self._guard.end(self._start_key(case))
            return await super()._set_aside(record, case, *args)

    with patched((runtime.process, "Shell", Forgetful)) as parts:
        yield parts


@mutant("who was at work in a crash is worked on among others again")
def _no_quarantine() -> Iterator[Parts]:
    async def innocent(starts: tests.simulation.system._Starts, key: str) -> bool:
        if await starts._process.reach("cache.first") == "forget":
            return True
        starts._counts[key] = starts._counts.get(key, 0) + 1
        return starts._counts[key] <= 3

    with patched((tests.simulation.system._Starts, "first", innocent)) as parts:
        yield parts


def _stay(tracker: Tracker, record: Record) -> tuple[Partition, int]:
    partition = Partition(record.topic, record.partition)
    stay = tracker._stays.get(partition)
    return partition, stay.epoch if stay else -1


def _retrieved(task: "asyncio.Future[Any]") -> None:
    if not task.cancelled():
        task.exception()
