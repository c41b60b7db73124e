"""Deletes exams for good. Rows first, in one transaction with the tombstone: nothing is readable while the blobs go.

A crash in between, or a store that is away, leaves a tombstone without `erased_at`: any gateway goes on from there.
"""

import asyncio
import contextlib
import uuid
from datetime import UTC, datetime

import asyncpg

from contracts.errors import Transient
from contracts.status import Status
from runtime import log, metrics
from runtime.blobs import Blobs, Unavailable
from services.gateway.background import regularly
from services.gateway.core.problems import Code, Problem
from services.gateway.exams import Exam
from services.gateway.exams import find as find_exam
from services.gateway.ledger import TRIES
from services.gateway.limits.meter import Meter
from services.gateway.retention import markers, tombstones
from services.gateway.retention.settings import RetentionSettings
from services.gateway.retention.tombstones import Reason, Tombstone

_BATCH = 50


class Eraser:
    """One eraser; several gateways may have one. The pool is the owner's."""

    def __init__(self, pool: asyncpg.Pool, blobs: Blobs, meter: Meter, settings: RetentionSettings) -> None:
        self._pool = pool
        self._blobs = blobs
        self._meter = meter
        self._settings = settings
        self._log = log.get("gateway.retention")

    async def run(self) -> None:
        """Look for what is to be deleted, for ever; a database or store that is away is waited for."""
        await regularly(self.sweep, self._settings.sweep_seconds, self._log, "retention sweep failed")

    async def sweep(self) -> None:
        """Delete what was kept long enough, finish what was begun, look again where a stage may have been at work."""
        while outlived := await tombstones.outlived(self._pool, self._settings.days, _BATCH):
            for tenant, exam_id in outlived:
                await self.delete(tenant, exam_id, "retention", None)
        while claimed := await tombstones.claim(self._pool, _BATCH):
            for tombstone in claimed:
                await self._try_erase(tombstone)
        await tombstones.forget_parked(self._pool)
        metrics.ERASING_OLDEST.set(await tombstones.oldest_unfinished(self._pool))

    async def delete(self, tenant: str, exam_id: uuid.UUID, reason: Reason, by: str | None) -> Tombstone:
        """Delete the exam, or say again that it was. Problem(EXAM_NOT_FOUND | EXAM_IN_FLIGHT).

        `erased_at` is None when the blob store is away: then the blobs go later.
        """
        await self._count(tenant, exam_id)
        exam = await self._bury(tenant, exam_id, reason, by)
        if exam is not None and not exam.ended:
            detail = "Cancel the exam first (POST …/cancel), or wait until it has ended; then delete it."
            raise Problem(Code.EXAM_IN_FLIGHT, detail, exam_status=exam.position.status.value)
        found = await tombstones.find(self._pool, tenant, exam_id)
        if found is None:
            raise Problem(Code.EXAM_NOT_FOUND)
        if exam is None:
            return found
        metrics.ERASED.labels(reason).inc()
        return await self._try_erase(found)

    async def _bury(self, tenant: str, exam_id: uuid.UUID, reason: Reason, by: str | None) -> Exam | None:
        """It takes locks in many tables, and may be chosen to give way."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(asyncpg.DeadlockDetectedError):
                return await tombstones.bury(self._pool, tenant, exam_id, reason, by)
            await asyncio.sleep(0.05)
        return await tombstones.bury(self._pool, tenant, exam_id, reason, by)

    async def _count(self, tenant: str, exam_id: uuid.UUID) -> None:
        """What it used is still to be billed."""
        exam = await find_exam(self._pool, tenant, exam_id)
        if exam is not None and exam.position.status is Status.COMPLETED:
            try:
                await self._meter.count(exam)
            except Unavailable:
                raise
            except Transient as error:  # a damaged blob would keep this exam, and those after it, for ever
                self._log.error("usage of a deleted exam unknown", exam_id=str(exam_id), error=log.what(error))

    async def _try_erase(self, tombstone: Tombstone) -> Tombstone:
        """The tombstone after an attempt that may fail: the next sweep tries again."""
        try:
            return await self._erase(tombstone)
        except (Transient, OSError, TimeoutError) as error:
            late = (datetime.now(UTC) - tombstone.deleted_at).total_seconds()
            self._log.warning("blobs not erased yet", exam_id=str(tombstone.exam_id), error=log.what(error), late=late)
            return tombstone

    async def _erase(self, tombstone: Tombstone) -> Tombstone:
        """All revisions are below one folder. The mark comes first: what is gone must stay gone, whatever is restored."""
        await markers.put(self._blobs, tombstone)
        found = await self._blobs.listing(f"{tombstone.tenant}/{tombstone.exam_id}")
        await tombstones.note_found(self._pool, tombstone.exam_id, len(found), sum(found.values()))
        if found:
            await self._blobs.delete(list(found))
            if tombstone.erased_at is not None:
                self._log.warning("stored after the deletion, erased", exam_id=str(tombstone.exam_id), blobs=len(found))
        return await tombstones.note_erased(self._pool, tombstone.exam_id, self._settings.again_seconds)
