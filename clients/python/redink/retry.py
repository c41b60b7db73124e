"""When to send again, and how long to wait first."""

import random
from collections.abc import Mapping
from typing import Any

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_FIRST, _MOST = 0.5, 30.0


def worth_repeating(status: int, document: Mapping[str, Any]) -> bool:
    """Whether the same request may succeed later: the server is busy, or still at work on the first attempt."""
    return status in _AGAIN or document.get("code") == "idempotency_in_flight"


def pause(attempt: int, retry_after: str | None, chance: random.Random) -> float:
    """Seconds before attempt `attempt + 1`: what the server asks for, else doubled each time, with full jitter."""
    if retry_after is not None and retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    return chance.uniform(_FIRST / 2, min(_MOST, _FIRST * 2**attempt))
