"""`Prefer: wait=N` (RFC 7240)."""

import asyncio
import re

from services.gateway.api.context import Gateway
from services.gateway.exams import Exam, find

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?(?=$|[,;\s])", re.IGNORECASE)


def asked(prefer: str | None, most: float) -> int | None:
    """The whole seconds that are honoured; None when no wait was asked for, or one that can't be read."""
    match = _WAIT.search(prefer) if prefer else None
    return min(int(match[1]), int(most)) if match else None


async def ended(gateway: Gateway, exam: Exam, seconds: float) -> Exam:
    """The exam when it has ended, or as it is after `seconds`."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    with gateway.hub.watch(exam, exam.last_event) as watching:
        while not exam.ended and (left := until - clock()) > 0:
            news = await watching.more(left)
            if not news or news[-1].final:
                exam = await find(gateway.pool, exam.tenant, exam.exam_id) or exam
    return exam
