"""An exam's events as its watchers share them: one window, and for each watcher only the number it has heard last."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

WINDOW = 512
"""Events of one exam that are kept for its watchers; who is further behind is told from history."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of an exam; `data` is its JSON, made once for all who hear it. `final`: the exam ended with it."""

    number: int
    data: str
    final: bool


class Channel:
    """The newest events of one exam, in order. A slow watcher costs nothing but its number."""

    def __init__(self) -> None:
        self.watchers = 0
        self._floor = 0  # number of the event before the window
        self._window: list[Told] = []
        self._changed = asyncio.Event()

    @property
    def last(self) -> int:
        """Number of the newest event; 0 while none was read."""
        return self._window[-1].number if self._window else self._floor

    @property
    def changed(self) -> asyncio.Event:
        """Set at the next change; take it before looking, so that no change is missed."""
        return self._changed

    def after(self, number: int) -> Sequence[Told] | None:
        """The events with greater numbers; None when they began before the window."""
        if number < self._floor:
            return None
        return self._window[_first_after(self._window, number) :]

    def add(self, events: Sequence[Told]) -> None:
        """Take new events, in order, and wake the watchers; what was known before changes nothing."""
        new = events[_first_after(events, self.last) :]
        if not new:
            return
        self._window += new
        if (surplus := len(self._window) - WINDOW) > 0:
            self._floor = self._window[surplus - 1].number
            del self._window[:surplus]
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _first_after(events: Sequence[Told], number: int) -> int:
    """Index of the first event with a greater number. Nearly always one of the last, so it is looked for from there."""
    index = len(events)
    while index and events[index - 1].number > number:
        index -= 1
    return index
