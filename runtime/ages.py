"""How old the oldest record is that has not ended: a histogram knows only what did. Pure."""

from collections.abc import Callable

from runtime.clock import Clock
from runtime.tracker import Ticket


class Ages:
    """Since when each record taken up could have been worked on; tickets that became void are forgotten."""

    def __init__(self, valid: Callable[[Ticket], bool], clock: Clock) -> None:
        self._valid = valid
        self._clock = clock
        self._since: dict[Ticket, float] = {}

    def begin(self, ticket: Ticket, since: float) -> None:
        """A record was taken up; `since` in seconds since 1970, 0 when it doesn't say."""
        self._since[ticket] = since or self._clock()

    def end(self, ticket: Ticket) -> None:
        """It has a home."""
        self._since.pop(ticket, None)

    def oldest(self) -> float:
        """Age of the oldest, in seconds; 0 when there is none, or none is due yet."""
        self._since = {ticket: since for ticket, since in self._since.items() if self._valid(ticket)}
        return max(0.0, self._clock() - min(self._since.values())) if self._since else 0.0
