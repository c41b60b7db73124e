"""Closes the loop: silent exams are published again from their last artefact, overdue ones end visibly as EXPIRED.

So "no exam lost" is a query: accepted = completed + failed + cancelled + expired + in flight within the deadline.
What fails for one exam is logged and met again by the next sweep; the others are not held up.
"""

import contextlib
from collections.abc import Iterator

from contracts.artefacts import Submission
from contracts.errors import ErrorCode
from contracts.events import ExamControl, ExamUploaded, StageDone
from contracts.status import Status
from contracts.topics import CONTROL, STAGES, SUBMISSION, UPLOADED, artefact_path
from runtime import log
from runtime.blobs import BlobMissing, Blobs, ref_of
from runtime.job import understood
from services.gateway.background import regularly
from services.gateway.core.progress import Fact
from services.gateway.endings import take
from services.gateway.exams import Exam, count_end
from services.gateway.ledger import Ledger, Transaction, transact
from services.gateway.projection import Projection
from services.gateway.settings import GatewaySettings

_BATCH = 100


class Sweeper:
    """One sweeper; several processes may sweep: what one has done, the others find done under the exam's lock."""

    def __init__(self, ledger: Ledger, blobs: Blobs, projection: Projection, settings: GatewaySettings) -> None:
        self._ledger = ledger
        self._blobs = blobs
        self._projection = projection
        self._settings = settings
        self._log = log.get("gateway.sweeper")

    async def run(self) -> None:
        """Sweep regularly, for ever; a database or store that is away is waited for."""
        await regularly(self.sweep, self._settings.sweep_seconds, self._log, "sweep failed")

    async def sweep(self) -> None:
        """One round."""
        await self._projection.retry_parked()
        while await self.expire() == _BATCH:
            continue
        await self.republish()
        await self._forget()

    async def expire(self) -> int:
        """End exams past their deadline; how many."""
        overdue = await transact(self._ledger, "sweep", lambda transaction: transaction.overdue(_BATCH))
        count = 0
        for exam in overdue:
            with self._apart(exam):
                count += await self._end(exam, Status.EXPIRED, ErrorCode.DEADLINE_EXCEEDED)
        return count

    async def republish(self) -> int:
        """Publish silent exams again; how many. The pause doubles after the first time, as a long queue is silent too."""
        seconds = self._settings.silence_seconds
        silent = await transact(self._ledger, "sweep", lambda transaction: transaction.silent(seconds, _BATCH))
        count = 0
        for exam in silent:
            with self._apart(exam):
                try:
                    topic, event = await self._last_event(exam)
                except BlobMissing:
                    await self._without_upload(exam)
                    continue
                count += await self._publish_again(exam, topic, event)
        return count

    @contextlib.contextmanager
    def _apart(self, exam: Exam) -> Iterator[None]:
        """What goes wrong with this exam is no matter of the others."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the next sweep meets it again
            self._log.error("exam not swept", exam_id=str(exam.exam_id), error=log.what(error), at=log.where(error))

    async def _end(self, exam: Exam, status: Status, code: ErrorCode) -> bool:
        """End the exam, unless it ended or began anew meanwhile."""

        async def work(transaction: Transaction) -> Exam | None:
            locked = await transaction.lock(exam.exam_id)
            if locked is None:
                return None
            moved = await take(transaction, locked, Fact(exam.position.revision, status, code=code))
            if moved is locked:
                return None
            # A stage that still works on it would only stop long after the deadline, for its clock may be ahead.
            await transaction.enqueue(CONTROL, ExamControl(**moved.said()), moved.traceparent)
            return moved

        moved = await transact(self._ledger, "sweep", work)
        if moved is None:
            return False
        count_end(moved)
        self._log.warning("exam ended by the sweeper", exam_id=str(exam.exam_id), status=status.value, code=code.value)
        return True

    async def _without_upload(self, exam: Exam) -> None:
        """Not found once may be a store that is behind; not found again after another silence is gone."""
        if exam.republished:
            await self._end(exam, Status.FAILED, ErrorCode.ARTEFACT_MISSING)
            return
        seconds = self._settings.silence_seconds
        await transact(self._ledger, "sweep", lambda transaction: transaction.claim(exam, seconds))

    async def _publish_again(self, exam: Exam, topic: str, event: StageDone) -> bool:
        async def work(transaction: Transaction) -> bool:
            claimed = await transaction.claim(exam, self._settings.silence_seconds)
            if claimed:
                await transaction.enqueue(topic, event, exam.traceparent)
            return claimed

        claimed = await transact(self._ledger, "sweep", work)
        if claimed:
            self._log.warning("silent exam published again", exam_id=str(exam.exam_id), topic=topic)
        return claimed

    async def _last_event(self, exam: Exam) -> tuple[str, StageDone]:
        """The event of the latest artefact there is, and its topic; BlobMissing when not even the upload is there.

        Transient when a read is torn: the event would name a hash that nothing has.
        """
        for row in reversed(STAGES):
            path = artefact_path(exam.tenant, exam.exam_id, exam.position.revision, row.name)
            with contextlib.suppress(BlobMissing):
                data = await self._blobs.read(path)
                understood(row.artefact, data)
                return row.sink, row.event(**exam.said(), artefact=ref_of(path, data))
        path = artefact_path(exam.tenant, exam.exam_id, exam.position.revision, SUBMISSION)
        data = await self._blobs.read(path)
        understood(Submission, data)
        return UPLOADED[exam.priority], ExamUploaded(**exam.said(), artefact=ref_of(path, data))

    async def _forget(self) -> None:
        keys, events = self._settings.idempotency_hours * 3600, self._settings.parked_days * 86400
        dropped = await transact(self._ledger, "forget", lambda transaction: transaction.forget(keys, events))
        if dropped:
            self._log.error("parked events given up", count=dropped)
