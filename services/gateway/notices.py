"""NOTIFY, heard by every gateway process: it wakes the relay and the live streams. Polling stays the truth."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from runtime import log
from services.gateway.exams import EXAM_CHANNEL, OUTBOX_CHANNEL
from services.gateway.webhooks.owed import WEBHOOK_CHANNEL

_RECONNECT_SECONDS = 1.0


class Notices:
    """Wakes waiters by channel and payload."""

    def __init__(self) -> None:
        self.outbox = asyncio.Event()
        self.webhooks = asyncio.Event()
        self._exams: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def exam(self, exam_id: object) -> Iterator[asyncio.Event]:
        """An event that is set when the exam changes; clear it before looking, so that no change is missed."""
        event, key = asyncio.Event(), str(exam_id)
        self._exams[key].add(event)
        try:
            yield event
        finally:
            self._exams[key].discard(event)
            if not self._exams[key]:
                del self._exams[key]

    def heard(self, channel: str, payload: str) -> None:
        """Wake those who wait for this."""
        if channel == OUTBOX_CHANNEL:
            self.outbox.set()
        if channel == WEBHOOK_CHANNEL:
            self.webhooks.set()
        for event in self._exams.get(payload, ()):
            event.set()

    def all(self) -> None:
        """Wake everybody: notices may have been missed."""
        self.outbox.set()
        self.webhooks.set()
        for events in self._exams.values():
            for event in events:
                event.set()


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, or `seconds` have passed; clears it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()


@asynccontextmanager
async def open_notices(dsn: str) -> AsyncIterator[Notices]:
    """Listen on a connection of its own, connecting again whenever it is lost."""
    notices = Notices()
    task = asyncio.create_task(_listen(dsn, notices), name="gateway notices")
    try:
        yield notices
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _listen(dsn: str, notices: Notices) -> None:
    logger = log.get("gateway.notices")
    while True:
        try:
            await _listen_once(dsn, notices)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            logger.warning("not listening", error=log.what(error))
        await asyncio.sleep(_RECONNECT_SECONDS)


async def _listen_once(dsn: str, notices: Notices) -> None:
    lost = asyncio.Event()

    def hear(_connection: Any, _pid: int, channel: str, payload: str) -> None:
        notices.heard(channel, payload)

    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        connection.add_termination_listener(lambda _: lost.set())
        for channel in (OUTBOX_CHANNEL, EXAM_CHANNEL, WEBHOOK_CHANNEL):
            await connection.add_listener(channel, hear)
        notices.all()
        await lost.wait()
    finally:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            await connection.close(timeout=2)
