"""Rates and what is left of them: token buckets, and the headers that tell. Pure.

Headers: RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
from dataclasses import dataclass
from typing import Literal

RouteClass = Literal["read", "write", "upload"]

_UPLOADS = frozenset({("POST", "/exams"), ("POST", "/essays"), ("POST", "/batches")})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "WS"})
WINDOW = 60
"""Seconds that a rate's quota is for."""


@dataclass(frozen=True)
class Rate:
    """`quota` requests per WINDOW: the size of a bucket that fills evenly in that time."""

    name: RouteClass
    quota: float

    @property
    def per_second(self) -> float:
        """How fast the bucket fills."""
        return self.quota / WINDOW

    def times(self, factor: float) -> "Rate":
        """Another rate for somebody else; one request at least."""
        return Rate(self.name, max(1.0, self.quota * factor))


@dataclass(frozen=True)
class Standing:
    """A bucket after a request: whether the request got its token, and how many are left."""

    rate: Rate
    taken: bool
    tokens: float

    @property
    def retry_after(self) -> int:
        """Whole seconds until there is a token."""
        return max(1, math.ceil((1 - self.tokens) / self.rate.per_second))

    @property
    def headers(self) -> dict[str, str]:
        """What every answer says."""
        full_in = math.ceil((self.rate.quota - self.tokens) / self.rate.per_second)
        return {
            "RateLimit-Policy": f'"{self.rate.name}";q={int(self.rate.quota)};w={WINDOW}',
            "RateLimit": f'"{self.rate.name}";r={max(0, int(self.tokens))};t={max(0, full_in)}',
        }


def take(rate: Rate, tokens: float | None, seconds: float) -> Standing:
    """Take a token of a bucket that held `tokens` (None: full) `seconds` ago. The Lua script does the same."""
    held = rate.quota if tokens is None else min(rate.quota, tokens + max(0.0, seconds) * rate.per_second)
    taken = held >= 1
    return Standing(rate, taken, held - 1 if taken else held)


def class_of(method: str, path: str) -> RouteClass:
    """The class of a route, by the template of its path."""
    if (method, path.removeprefix("/api/v1")) in _UPLOADS:
        return "upload"
    return "read" if method in _SAFE else "write"
