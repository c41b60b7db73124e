"""Where a question may begin."""

from dataclasses import dataclass

from services.parser.core.flow import Row

UNNUMBERED = 0
"""The number of what looks like a question's beginning without one; it has the number that fits."""
SURE = 1.2
"""Weight from which a number is one by its look alone: with a full stop behind it, at its column's edge."""


@dataclass(frozen=True)
class Start:
    """A question number: its value, the row and character it stands at, and where it stands on the page.

    `alone`: first and last row of the flow in which no other question begins, where that is known.
    """

    at: int
    row: Row
    number: int
    char: int
    x: float
    weight: float
    rest: int
    inline: bool = False
    alone: tuple[int, int] | None = None
