"""`Prefer: wait=N` (RFC 7240): the answer is held back until the exam has ended, for N seconds at most."""

import asyncio
import re
from typing import Annotated

from fastapi import Header

from services.gateway.api.context import Gateway
from services.gateway.exams import Exam, find

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,40})\"?(?=$|[,;\s])", re.IGNORECASE)

InPrefer = Annotated[
    str | None,
    Header(
        alias="Prefer", description="`wait=N`: answer when the exam has ended, within N seconds.", examples=["wait=20"]
    ),
]


def asked(prefer: str | None, most: float) -> int | None:
    """The whole seconds that are honoured; None when no wait was asked for, or one that can't be read."""
    match = _WAIT.search(prefer) if prefer else None
    return min(int(match[1]), int(most)) if match else None


async def preferred(gateway: Gateway, exam: Exam, prefer: str | None) -> tuple[Exam, dict[str, str]]:
    """The exam after the wait the client asked for, and the header that says which was honoured."""
    seconds = asked(prefer, gateway.settings.max_wait_seconds)
    if seconds is None:
        return exam, {}
    return await ended(gateway, exam, seconds), {"Preference-Applied": f"wait={seconds}"}


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
