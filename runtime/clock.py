"""Time as a port: what an exam's deadline or a retry's due time is held against. Durations are the event loop's."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Seconds since 1970; `time.time`, unless a proof runs on a time of its own."""


def moment(clock: Clock) -> datetime:
    """The clock's time as events carry it."""
    return datetime.fromtimestamp(clock(), UTC)
