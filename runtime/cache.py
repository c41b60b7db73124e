"""A cache that may fail at any time without anyone noticing more than the time it takes."""

from typing import Any, Protocol


class Cache(Protocol):
    """JSON values by key. Never raises: a cache that is down is a miss."""

    async def get(self, key: str) -> Any | None:
        """The value, or None."""
        ...

    async def set(self, key: str, value: Any, ttl: float) -> None:
        """Keep a JSON value for `ttl` seconds."""
        ...
