"""Who was at work when a process died works alone the next time: so the next death has one culprit, not many suspects."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runtime.cache import Starts
from runtime.verdict import CrashLooping


class Quarantine:
    """Many at a time, or one alone. Whoever wants to be alone is waited for: those who come later go after it."""

    def __init__(self) -> None:
        self._door = asyncio.Lock()
        self._empty = asyncio.Event()
        self._empty.set()
        self._inside = 0

    @asynccontextmanager
    async def among_others(self) -> AsyncIterator[None]:
        """Work beside others."""
        async with self._door:
            self._inside += 1
            self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Work when the others have ended, and none begins meanwhile."""
        async with self._door:
            await self._empty.wait()
            yield


class CrashGuard:
    """Counts starts without an end: what kills the whole process leaves no other trace."""

    def __init__(self, starts: Starts, quarantine: Quarantine, limit: int) -> None:
        """`limit`: so many starts may have no end."""
        self._starts = starts
        self._quarantine = quarantine
        self._limit = limit

    @asynccontextmanager
    async def start(self, key: str) -> AsyncIterator[None]:
        """Count a start; alone in the process, if an earlier one had no end. Raises CrashLooping for one too many."""
        async with self._quarantine.among_others():
            if await self._starts.first(key):
                yield
                return
        async with self._quarantine.alone():  # counted only here: who waits to be alone isn't the one that kills
            if await self._starts.begin(key) > self._limit:
                raise CrashLooping(f"begun {self._limit} times without an end")
            yield

    async def end(self, key: str) -> None:
        """The process lived to say so."""
        await self._starts.end(key)
