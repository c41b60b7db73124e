"""Why a model gave no usable answer, and what follows from it. Pure."""

import email.utils
import math
import re
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Stable words for metrics and for the result; none of them says anything of the exam."""

    NO_TIME = "no_time"
    BREAKER_OPEN = "breaker_open"
    EXAM_BUDGET = "exam_budget"
    TENANT_BUDGET = "tenant_budget"
    REFUSED = "refused"
    UNAUTHORISED = "unauthorised"
    UNPAID = "unpaid"
    BLIND = "blind"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed_out"
    BLANK = "blank"
    TRUNCATED = "truncated"
    FILTERED = "filtered"
    MALFORMED = "malformed"
    NOT_RECORDED = "not_recorded"


RETRIED = frozenset({Reason.OVERLOADED, Reason.UNAVAILABLE, Reason.TIMED_OUT, Reason.BLANK, Reason.TRUNCATED})
"""What another try can mend. Never what the request itself or the account is at fault for."""

COUNTED = frozenset({Reason.OVERLOADED, Reason.UNAVAILABLE, Reason.TIMED_OUT})
"""What the breaker counts: signs that the provider is unwell. A reply that makes no sense is none."""

FATAL = frozenset({Reason.UNAUTHORISED, Reason.UNPAID})
"""What opens the breaker at once: no request will succeed until somebody mends the account."""

UNSPENT = frozenset(
    {
        Reason.REFUSED,
        Reason.UNAUTHORISED,
        Reason.UNPAID,
        Reason.BLIND,
        Reason.OVERLOADED,
        Reason.NOT_RECORDED,
        Reason.BREAKER_OPEN,
    }
)
"""After which nothing was used for certain. What timed out may have been billed, so its budget is not given back."""

_BY_STATUS = {401: Reason.UNAUTHORISED, 402: Reason.UNPAID, 403: Reason.UNAUTHORISED, 429: Reason.OVERLOADED}
_LONGEST_WAIT = 3600.0
_PICTURES = r"\b(?:image|multi-?modal|vision|mmproj)"
_NOT_TAKEN = r"\b(?:not|un|no|only) ?support|n't support|\bnot a multi-?modal|\bonly supported|\bunknown variant|\bno endpoints found|\bmmproj"
_NO_PICTURES = re.compile(rf"(?=.*(?:{_PICTURES}))(?=.*(?:{_NOT_TAKEN}))", re.DOTALL | re.IGNORECASE)
"""How servers say that the model behind them is one for texts: llama.cpp with a 500, others with a 400, 404 or 422."""
_SAID = 2000
"""Bytes in which a server says it."""


class Failed(Exception):
    """No usable answer; `retry_after` seconds as the provider asked. Carries no text of the request or the reply."""

    def __init__(self, reason: Reason, retry_after: float | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.retry_after = retry_after


def reason_of(status: int) -> Reason:
    """What an HTTP status other than 200 means. Redirects are refused: a key goes to no other address."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return Reason.UNAVAILABLE if status >= 500 or status in {408, 425} else Reason.REFUSED


def takes_no_pictures(status: int, body: bytes) -> bool:
    """Whether a server that was sent pictures says so. It is well then, and answers the same question without them."""
    if status in _BY_STATUS or not (400 <= status <= 501):
        return False
    return _NO_PICTURES.match(body[:_SAID].decode("utf-8", "replace")) is not None


def wait_of(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for, as a number or a date; None when it says nothing sensible."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (email.utils.parsedate_to_datetime(header) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(_LONGEST_WAIT, max(0.0, seconds)) if math.isfinite(seconds) else None


def pause(tries: int, asked: float | None, chance: float) -> float:
    """Seconds before the next try, after `tries` of them: 0.5, 1, 2 … 8 s, each spread by a `chance` in 0..1.

    Never less than the provider asked for.
    """
    spread: float = min(8.0, 0.5 * 2 ** (tries - 1)) * (0.5 + chance)
    return spread if asked is None else asked + 0.1 * spread
