"""NOTIFY, heard by every gateway process: it wakes the relay, the webhooks and the hub. Polling stays the truth."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from runtime import log
from services.gateway.background import background
from services.gateway.exams import EXAM_CHANNEL, OUTBOX_CHANNEL
from services.gateway.webhooks.owed import WEBHOOK_CHANNEL

_RECONNECT_SECONDS = 1.0


class Notices:
    """Passes notices on to those who wait for them."""

    def __init__(self) -> None:
        self.outbox = asyncio.Event()
        self.webhooks = asyncio.Event()
        self._followers: list[Callable[[str | None], None]] = []

    def follow(self, hear: Callable[[str | None], None]) -> None:
        """Call `hear(exam_id)` for every exam that changes, `hear(None)` when notices may have been missed."""
        self._followers.append(hear)

    def heard(self, channel: str, payload: str) -> None:
        """Wake those who wait for this."""
        if channel == OUTBOX_CHANNEL:
            self.outbox.set()
        if channel == WEBHOOK_CHANNEL:
            self.webhooks.set()
        if channel == EXAM_CHANNEL:
            self._tell(payload)

    def all(self) -> None:
        """Wake everybody: notices may have been missed."""
        self.outbox.set()
        self.webhooks.set()
        self._tell(None)

    def _tell(self, exam_id: str | None) -> None:
        for hear in self._followers:
            hear(exam_id)


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
    async with background(_listen(dsn, notices), "gateway notices"):
        yield notices


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
