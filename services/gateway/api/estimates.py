"""The remaining time of an exam, now."""

from datetime import UTC, datetime

from contracts.events import Priority
from contracts.status import Status
from contracts.topics import StageRow
from services.gateway.core.eta import Estimate, Queue, estimate
from services.gateway.exams import Exam
from services.gateway.history import History


async def remaining(history: History, exam: Exam, queue: Queue | None = None) -> Estimate:
    """From the measured stages and the queue, which is asked for unless it is known."""
    if exam.ended:
        return Estimate(0.0, 0.0)
    elapsed = (datetime.now(UTC) - exam.status_at).total_seconds()
    status = exam.position.status
    if queue is None:
        queue = await history.queue(exam.priority, exam.created_at) if status is Status.UPLOADED else Queue()
    return estimate(status, elapsed, await history.stage_times(), queue)


async def fresh(history: History, priority: Priority, after: StageRow | None = None) -> Estimate:
    """Of an exam that is uploaded now; or begins now, after a stage."""
    if after is not None:
        return estimate(after.done, 0.0, await history.stage_times(), Queue())
    queue = await history.queue(priority, datetime.now(UTC))
    return estimate(Status.UPLOADED, 0.0, await history.stage_times(), queue)
