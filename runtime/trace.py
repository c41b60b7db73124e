"""W3C trace context, level 1: `traceparent` in, the same trace out."""

import re
import secrets
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$")


@dataclass(frozen=True)
class Trace:
    """A span in a trace; hex ids of 16 and 8 bytes."""

    trace_id: str
    span_id: str
    flags: str = "01"

    @property
    def traceparent(self) -> str:
        """The header's value."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def child(self) -> "Trace":
        """A new span of the same trace."""
        return Trace(self.trace_id, secrets.token_hex(8), self.flags)


def parse(traceparent: str | None) -> Trace | None:
    """The trace a header names; None when there is none or it is malformed (the standard says: start anew)."""
    found = _TRACEPARENT.match(traceparent) if traceparent else None
    return Trace(found[1], found[2], found[3]) if found else None


def start() -> Trace:
    """A new trace."""
    return Trace(secrets.token_hex(16), secrets.token_hex(8))
