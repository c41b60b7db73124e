"""How both clients go on when a line breaks or a server is busy. No network and no sleeping here: they ask what to do."""

import random
from typing import Any

import httpx

from redink.answers import may_repeat
from redink.errors import Unreachable
from redink.retry import pause
from redink.sse import Frames


class Attempts:
    """Of one request, up to `most`."""

    def __init__(self, most: int, chance: random.Random) -> None:
        self._most = most
        self._chance = chance
        self._made = 0

    def lost(self, error: httpx.TransportError) -> float:
        """No answer came: seconds to wait before it is sent again. Raises Unreachable after the last attempt."""
        self._made += 1
        if self._made >= self._most:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        return pause(self._made, None, self._chance)

    def again(self, response: httpx.Response) -> float | None:
        """This was answered: seconds to wait before it is sent again, or None when that is the answer."""
        self._made += 1
        if self._made >= self._most or not may_repeat(response):
            return None
        return pause(self._made, response.headers.get("retry-after"), self._chance)


class Following:
    """Where one is in a stream of events that may break, `most` times in a row without an event."""

    def __init__(self, most: int, chance: random.Random) -> None:
        self.over = False
        self._frames = Frames()
        self._most = most
        self._chance = chance
        self._lost = 0
        self._final = False

    @property
    def last(self) -> str | None:
        """The event to go on after."""
        return self._frames.last

    def take(self, line: str) -> dict[str, Any] | None:
        """The event that this line completes."""
        event = self._frames.take(line)
        if event:
            self._lost, self._final = 0, bool(event["final"])
        return event

    def ended(self, response: httpx.Response) -> None:
        """The server ended the stream itself. It is over after the last event, be it that an earlier one was final."""
        self.over = self._final or response.status_code == httpx.codes.NO_CONTENT

    def broken(self, error: httpx.TransportError) -> None:
        """The line broke. Raises Unreachable when it did so too often."""
        if self._lost >= self._most:
            raise Unreachable(f"{type(error).__name__}: {error}") from error

    def pause(self) -> float:
        """Seconds until the stream is to be opened again."""
        self._frames.cut()
        self._lost += 1
        return pause(self._lost, None, self._chance)
