"""The board: how far each watched batch is, read with one query for all of them, however many clients watch.

A message is the whole state, so nothing is lost when a client misses some: who comes again is told the state of now.
"""

import asyncio
import contextlib
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import asyncpg

from runtime import log
from services.gateway.background import Outage, background
from services.gateway.batches import rows
from services.gateway.batches.rows import Batch
from services.gateway.live.hub import Hub
from services.gateway.notices import Notices, wait

_PACE_SECONDS = 0.5
"""Shortest time between two looks: exams of a batch change by the hundred."""
_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far a batch is. `id`: the same at every gateway for the same state; `data`: its JSON; `final`: it has ended."""

    id: str
    data: str
    final: bool


class _Watched:
    """A batch that is watched, and its state when it was last looked at."""

    def __init__(self) -> None:
        self.watchers = 0
        self.exams: set[uuid.UUID] = set()
        self.state: BatchState | None = None
        self.changed = asyncio.Event()

    def show(self, state: BatchState) -> None:
        """Wake the watchers if the state is another one."""
        if self.state is None or self.state.id != state.id:
            self.state = state
            changed, self.changed = self.changed, asyncio.Event()
            changed.set()


class WatchingBatch:
    """One client's view of a batch; `told`: id of the state that it knows."""

    def __init__(self, watched: _Watched, told: str) -> None:
        self._watched = watched
        self._told = told

    async def more(self, seconds: float) -> BatchState | None:
        """The newest state, as soon as it is another than the one told last; None after `seconds` without."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (state := self._watched.state) is None or state.id == self._told:
                    await self._watched.changed.wait()
                self._told = state.id
                return state
        return None


class Board:
    """What this process knows of watched batches. A notice of one of their exams says when to look; polling is the truth."""

    def __init__(self, pool: asyncpg.Pool, hub: Hub, show: Callable[[Batch], BatchState], poll_seconds: float) -> None:
        self._pool = pool
        self._hub = hub
        self._show = show
        self._poll = poll_seconds
        self._watched: dict[uuid.UUID, _Watched] = {}
        self._batches_of: defaultdict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
        self._stir = asyncio.Event()
        self._log = log.get("gateway.live")

    @contextmanager
    def watch(self, batch: Batch, exams: list[uuid.UUID], told: str) -> Iterator[WatchingBatch]:
        """Hear of the batch, whose exams these are, from another state on than the one `told` names."""
        watched = self._watched.setdefault(batch.batch_id, _Watched())
        watched.watchers += 1
        watched.exams.update(exams)
        for exam_id in exams:
            self._batches_of[exam_id].add(batch.batch_id)
        self._stir.set()
        try:
            with self._hub.counted(batch.tenant):
                yield WatchingBatch(watched, told)
        finally:
            watched.watchers -= 1
            if not watched.watchers:
                del self._watched[batch.batch_id]
                self._forget(batch.batch_id, watched.exams)

    def heard(self, exam_id: str | None) -> None:
        """A notice: the exam changed; None: notices may have been missed."""
        if self._watched and (exam_id is None or uuid.UUID(exam_id) in self._batches_of):
            self._stir.set()

    async def run(self) -> None:
        """Look for ever. A look that fails is done again: meanwhile clients hear nothing but heartbeats."""
        outage = Outage(self._log, "live batches can't be read")
        while True:
            await wait(self._stir, self._poll)
            if not self._watched:
                continue
            try:
                for batch in await rows.several(self._pool, list(self._watched)):
                    if (watched := self._watched.get(batch.batch_id)) is not None:
                        watched.show(self._show(batch))
            except Exception as error:  # noqa: BLE001 - whatever it is, a board that stopped would silence its clients
                outage.goes_on(error)
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                outage.ends()
            await asyncio.sleep(_PACE_SECONDS)

    def _forget(self, batch_id: uuid.UUID, exams: set[uuid.UUID]) -> None:
        for exam_id in exams:
            self._batches_of[exam_id].discard(batch_id)
            if not self._batches_of[exam_id]:
                del self._batches_of[exam_id]


@asynccontextmanager
async def open_board(
    pool: asyncpg.Pool, notices: Notices, hub: Hub, show: Callable[[Batch], BatchState], poll_seconds: float
) -> AsyncIterator[Board]:
    """A board that looks while the context lasts. The pool is the owner's: it reads batches of all tenants."""
    board = Board(pool, hub, show, poll_seconds)
    notices.follow(board.heard)
    async with background(board.run(), "gateway live batches"):
        yield board
