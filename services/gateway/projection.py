"""Events onto rows: one transaction per event, compare-and-set on the position, terminal statuses absorb."""

import asyncpg

from contracts.errors import ErrorCode, Invalid
from contracts.events import ExamEvent, ExamReported, ExamStatus
from contracts.status import Status
from contracts.topics import REPORTED, STAGES, STATUS, dead_topic
from runtime import log, metrics
from runtime.envelope import Record, event_of
from services.gateway.core.progress import Fact, advance, fact_of_report, fact_of_status
from services.gateway.exams import Connection, count_end, lock, move
from services.gateway.history import note_timing

GROUP = "gateway"
DEAD = {dead_topic(row.name): row.name for row in STAGES}
TOPICS = (STATUS, REPORTED, *DEAD)


class Projection:
    """Applies records of TOPICS; safe to repeat, to reorder and to run in several processes."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._log = log.get("gateway.projection")

    async def apply(self, record: Record) -> None:
        """Apply one record. What fits no exam, or can't be decoded, is parked, not dropped; raises what Postgres raises."""
        try:
            event = _decode(record)
        except Invalid as error:
            await self._park(record, None, "invalid")
            self._log.error("undecodable event parked", topic=record.topic, error=log.what(error))
            return
        if not await self._apply(record, event):
            await self._park(record, event, "no such exam")

    async def retry_parked(self) -> int:
        """Apply parked events whose exam exists by now; how many were."""
        rows = await self._pool.fetch(
            "SELECT p.id, p.topic, p.value FROM parked p JOIN exams USING (exam_id) ORDER BY p.id LIMIT 500"
        )
        for row in rows:
            record = Record(row["topic"], 0, 0, None, row["value"])
            await self._apply(record, _decode(record))
            await self._pool.execute("DELETE FROM parked WHERE id = $1", row["id"])
        return len(rows)

    async def _apply(self, record: Record, event: ExamEvent) -> bool:
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                exam = await lock(connection, event.exam_id)
                if exam is None:
                    return False
                if exam.tenant != event.tenant:
                    metrics.VIOLATIONS.labels("event_of_another_tenant").inc()
                    self._log.error("event of another tenant refused", exam_id=str(event.exam_id), topic=record.topic)
                    return True
                positions = advance(exam.position, _fact(record, event))
                await self._heard(connection, event)
                report = event.artefact if isinstance(event, ExamReported) else None
                moved = await move(connection, exam, positions, report)
            if positions:
                count_end(moved)
            else:
                metrics.DUPLICATES.labels("projection").inc()
        return True

    async def _heard(self, connection: Connection, event: ExamEvent) -> None:
        await connection.execute("UPDATE exams SET heard_at = clock_timestamp() WHERE exam_id = $1", event.exam_id)
        if isinstance(event, ExamStatus):
            await note_timing(connection, event)

    async def _park(self, record: Record, event: ExamEvent | None, reason: str) -> None:
        await self._pool.execute(
            "INSERT INTO parked (topic, exam_id, value, reason) VALUES ($1, $2, $3, $4)",
            record.topic,
            event.exam_id if event else None,
            record.value or b"",
            reason,
        )
        self._log.warning("event parked", topic=record.topic, reason=reason)


def _decode(record: Record) -> ExamEvent:
    if record.topic == STATUS:
        return event_of(record, ExamStatus)
    return event_of(record, ExamReported if record.topic == REPORTED else ExamEvent)


def _fact(record: Record, event: ExamEvent) -> Fact:
    if isinstance(event, ExamStatus):
        return fact_of_status(event)
    if isinstance(event, ExamReported):
        return fact_of_report(event)
    # The stage also says FAILED with the code; this is for the case that it died between the two.
    crashed = any(word in (record.header("x-dead-reason") or "") for word in ("crash", "died"))
    code = ErrorCode.WORKER_CRASHED if crashed else ErrorCode.INTERNAL
    return Fact(event.revision, Status.FAILED, DEAD[record.topic], code=code)
