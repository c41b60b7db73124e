"""How fast an operator's tool goes, and since when it looks back."""

import argparse
import asyncio
import re
from datetime import UTC, datetime, timedelta

_AGE = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Pace:
    """At most `rate` turns a second; None: as fast as it goes."""

    def __init__(self, rate: float | None) -> None:
        self._pause = 1 / rate if rate else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        clock = asyncio.get_running_loop().time
        if (wait := self._next - clock()) > 0:
            await asyncio.sleep(wait)
        self._next = clock() + self._pause


def since(text: str) -> datetime:
    """A time of ISO 8601 (UTC when it names no zone), or an age such as 90s, 30m, 2h, 7d; for argparse."""
    if match := _AGE.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: float(match[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a time such as 2026-11-22T06:00, or an age such as 2h") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def rate(text: str) -> float:
    """A number above 0, with or without `/s`; for argparse."""
    try:
        value = float(text.removesuffix("/s"))
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("a number above 0, such as 5 or 5/s")
    return value
