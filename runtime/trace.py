"""W3C trace context, level 1, and the port behind which spans are recorded, or not.

Ids travel always: `traceparent` in, the same trace out, in logs and problems. Whether somebody also writes the spans down
is the tracer's business: `UNTRACED` doesn't, `runtime.tracing` does, over OpenTelemetry.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, Self

_TRACEPARENT = re.compile(r"^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$")

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int | float | bool]


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


class Span(Protocol):
    """A piece of work under way. It may hold no exam text and no names: what is noted leaves the process."""

    @property
    def trace(self) -> Trace:
        """What its children, here and in other processes, have as parent."""
        ...

    def rename(self, name: str) -> None:
        """What it is turns out later: the route of a request."""
        ...

    def note(self, attributes: Attributes) -> None:
        """Say more about it."""
        ...

    def fail(self, error: str) -> None:
        """It went wrong: the class of an error, never its message."""
        ...


class Tracer(Protocol):
    """Where spans come from."""

    def span(
        self,
        name: str,
        *,
        kind: Kind = "internal",
        parent: Trace | None = None,
        links: Sequence[Trace] = (),
        attributes: Attributes | None = None,
    ) -> AbstractContextManager[Span]:
        """A span while the context lasts; without `parent` a trace of its own. What is raised in it makes it fail."""
        ...


class _Unrecorded:
    """A span that nobody writes down; its id is made up when somebody asks for it."""

    def __init__(self, parent: Trace | None) -> None:
        self._parent = parent
        self._trace: Trace | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    @property
    def trace(self) -> Trace:
        if self._trace is None:
            self._trace = self._parent.child() if self._parent else start()
        return self._trace

    def rename(self, name: str) -> None: ...

    def note(self, attributes: Attributes) -> None: ...

    def fail(self, error: str) -> None: ...


class Untraced:
    """Ids only."""

    def span(
        self,
        name: str,  # noqa: ARG002
        *,
        kind: Kind = "internal",  # noqa: ARG002
        parent: Trace | None = None,
        links: Sequence[Trace] = (),  # noqa: ARG002
        attributes: Attributes | None = None,  # noqa: ARG002
    ) -> _Unrecorded:
        return _Unrecorded(parent)


UNTRACED = Untraced()
