"""`Prefer: wait=N` (RFC 7240)."""

import asyncio
import re

from services.gateway.api.context import Gateway
from services.gateway.exams import Exam, find
from services.gateway.notices import wait

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?(?=$|[,;\s])", re.IGNORECASE)


def asked(prefer: str | None, most: float) -> int | None:
    """The whole seconds that are honoured; None when no wait was asked for, or one that can't be read."""
    match = _WAIT.search(prefer) if prefer else None
    return min(int(match[1]), int(most)) if match else None


async def ended(gateway: Gateway, exam: Exam, seconds: float) -> Exam:
    """The exam when it has ended, or as it is after `seconds`."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    with gateway.notices.exam(exam.exam_id) as changed:
        while not exam.ended and (left := until - loop.time()) > 0:
            await wait(changed, min(left, gateway.settings.sse_poll_seconds))
            exam = await find(gateway.pool, exam.tenant, exam.exam_id) or exam
    return exam
