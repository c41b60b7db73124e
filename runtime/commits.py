"""Offsets to Kafka: when records have finished, at most every half a second."""

import asyncio
from typing import Protocol

from runtime import log, metrics
from runtime.tracker import Partition, Tracker

COMMIT_EVERY = 0.5
"""Seconds between two commits."""


class Committed(Protocol):
    """The part of a source that takes offsets."""

    async def commit(self, offsets: dict[Partition, int]) -> None:
        """The next offsets to be read; raises whatever the client raises."""
        ...


class Commits:
    """Of one consumer. A commit that failed is logged and made again: until then the records may come twice."""

    def __init__(self, source: Committed, tracker: Tracker, group: str) -> None:
        self._source = source
        self._tracker = tracker
        self._group = group
        self._due = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._log = log.get("runtime.commits").bind(group=group)

    def due(self) -> None:
        """A record has finished."""
        self._due.set()

    async def run(self) -> None:
        """Commit what is due, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            await self.commit()
            await asyncio.sleep(COMMIT_EVERY)
            if self._tracker.committable():  # it failed
                self._due.set()

    def give_up(self) -> None:
        """The client sends a commit again that failed; after a rebalance that would be about other records."""
        for commit in self._running:
            commit.cancel()

    async def commit(self) -> None:
        """Commit everything that can be, now, whoever asks: a rebalance must be able to stop the last one of a drain, too."""
        commit = asyncio.create_task(self._commit())
        self._running.add(commit)
        commit.add_done_callback(self._running.discard)
        try:
            await asyncio.wait({commit})
        finally:
            commit.cancel()
        if not commit.cancelled():
            commit.result()

    async def _commit(self) -> None:
        offsets = self._tracker.committable()
        if not offsets:
            return
        try:
            await self._source.commit(offsets)
        except Exception as error:  # noqa: BLE001 - a commit may fail for many reasons, all of them: deliver again
            metrics.COMMIT_ERRORS.labels(self._group).inc()
            self._log.warning("commit failed", error=log.what(error))
        else:
            self._tracker.committed(offsets)
            metrics.COMMITS.labels(self._group).inc()
