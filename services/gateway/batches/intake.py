"""Papers become exams, as fast as the limits allow; batches end when all their exams have.

Level-triggered: every round looks at what is there, so whatever a gateway left when it died, another finds. Exam ids
are derived, so a paper that was accepted twice is one exam.
"""

import contextlib
import math
import time
import uuid
from collections.abc import Iterator

import asyncpg

from contracts.artefacts import Submission
from contracts.events import ExamControl
from contracts.status import Status
from contracts.topics import CONTROL
from runtime import log, trace
from runtime.blobs import BlobMissing, Blobs
from services.gateway import acceptance
from services.gateway.background import regularly
from services.gateway.batches import claims, closing, rows
from services.gateway.batches.rows import Batch, PaperRow
from services.gateway.batches.settings import BatchSettings
from services.gateway.core.form import Form
from services.gateway.core.problems import Code, Problem
from services.gateway.core.progress import Fact
from services.gateway.endings import take
from services.gateway.exams import Exam, count_end
from services.gateway.ledger import Ledger, Transaction, transact
from services.gateway.settings import GatewaySettings

_BATCH = 50
_PAPERS = 50
"""Of one batch per round, so that a large one doesn't hold up the others."""
_FORGET_EVERY = 3600.0
_LATER = frozenset({Code.TOO_MANY_IN_FLIGHT, Code.OVERLOADED})


class Intake:
    """One intake; any number of gateways may run one each."""

    def __init__(
        self, ledger: Ledger, pool: asyncpg.Pool, blobs: Blobs, limits: GatewaySettings, settings: BatchSettings
    ) -> None:
        self._ledger = ledger
        self._pool = pool
        self._blobs = blobs
        self._limits = limits
        self._settings = settings
        self._forget_at = 0.0
        self._log = log.get("gateway.batches")

    async def run(self) -> None:
        """Look regularly, for ever; a database or store that is away is waited for."""
        await regularly(self._turn, self._settings.poll_seconds, self._log, "batches not looked at")

    async def _turn(self) -> None:
        await self.round()
        if time.monotonic() >= self._forget_at:
            await claims.forget(self._pool, self._settings.keep_days * 86_400)
            self._forget_at = time.monotonic() + _FORGET_EVERY

    async def round(self) -> None:
        """Take papers in, cancel what was cancelled, say what has ended."""
        for batch in await claims.to_take_in(self._pool, _BATCH):
            with self._apart(batch.batch_id):
                if await claims.claim(self._pool, batch.batch_id, self._settings.lease_seconds):
                    await self.take_in(batch, _PAPERS)
        for exam in await claims.to_cancel(self._pool, _BATCH):
            with self._apart(exam.exam_id):
                await self.cancel(exam)
        for batch_id in await claims.to_close(self._pool, _BATCH):
            with self._apart(batch_id):
                await closing.close(self._pool, batch_id)

    async def take_in(self, batch: Batch, most: int, seconds: float = math.inf) -> None:
        """Accept `most` waiting papers of a batch whose lease is held, for so long at most, then give the lease back."""
        until = time.monotonic() + seconds
        renew = time.monotonic() + self._settings.lease_seconds / 3
        try:
            for paper in await rows.papers(self._pool, batch.tenant, batch.batch_id, limit=most, state="waiting"):
                if time.monotonic() > until:
                    break
                if time.monotonic() > renew:
                    await claims.hold(self._pool, batch.batch_id, self._settings.lease_seconds)
                    renew = time.monotonic() + self._settings.lease_seconds / 3
                if not await self._take(batch, paper):
                    break
        finally:
            await claims.hold(self._pool, batch.batch_id, 0)

    async def cancel(self, exam: Exam) -> None:
        """Cancel an exam of a cancelled batch, unless it ended meanwhile."""

        async def work(books: Transaction) -> Exam | None:
            locked = await books.lock(exam.exam_id)
            if locked is None or locked.ended:
                return None
            position = locked.position
            moved = await take(books, locked, Fact(position.revision, Status.CANCELLED, position.stage))
            if moved is not locked:
                await books.enqueue(CONTROL, ExamControl(**moved.said()), moved.traceparent)
            return moved

        moved = await transact(self._ledger, "cancel", work)
        if moved is not None:
            count_end(moved)

    async def _take(self, batch: Batch, paper: PaperRow) -> bool:
        """Make the paper an exam; False when none can be accepted for now."""
        try:
            await self._accept(batch, paper)
        except Problem as problem:
            if problem.code in _LATER:
                return False
            await self._refuse(batch, paper, problem)
        except BlobMissing:
            detail = "What was uploaded is no longer stored: upload the paper again."
            await self._refuse(batch, paper, Problem(Code.ARTEFACT_GONE, detail))
        else:
            await claims.settle(self._pool, batch.batch_id, paper.number, "accepted")
        return True

    async def _refuse(self, batch: Batch, paper: PaperRow, problem: Problem) -> None:
        """Its bytes stay: a gateway that lost its lease may be making an exam of them at this moment."""
        await claims.settle(self._pool, batch.batch_id, paper.number, "refused", problem.document(""))

    async def _accept(self, batch: Batch, paper: PaperRow) -> None:
        assert paper.exam_id is not None
        assert paper.artefact is not None
        if paper.exam is not None:  # accepted by one who died before saying so; whatever is refused by now, it is not
            return
        submission = Submission.model_validate_json(await self._blobs.get(paper.artefact))
        offer = acceptance.Offer(
            exam_id=paper.exam_id,
            tenant=batch.tenant,
            form=Form.stored(submission, paper.priority, paper.callback_url),
            submission=submission,
            artefact=paper.artefact,
            held=None,
            traceparent=batch.traceparent or trace.start().traceparent,
            deadline_seconds=self._limits.deadline_seconds(paper.priority),
            limits=self._limits.limits,
            answer=lambda _exam: {},
        )
        with contextlib.suppress(asyncpg.UniqueViolationError):  # accepted before, by one who could not say so any more
            await acceptance.accept(self._ledger, offer)

    @contextlib.contextmanager
    def _apart(self, what: uuid.UUID) -> Iterator[None]:
        """What goes wrong with one is no matter of the others."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the next round meets it again
            self._log.error("batch not served", id=str(what), error=log.what(error), at=log.where(error))
