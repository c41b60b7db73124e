"""Whether spans are recorded, decided when a process starts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from runtime.settings import BadSettings, TraceSettings
from runtime.trace import UNTRACED, Tracer


@asynccontextmanager
async def open_tracing(settings: TraceSettings, service: str, version: str) -> AsyncIterator[Tracer]:
    """A tracer that exports, or the one that doesn't when there is no endpoint. BadSettings when the SDK is missing."""
    if settings.endpoint is None:
        yield UNTRACED
        return
    try:
        from runtime import otel  # noqa: PLC0415 - only who asks for spans needs the SDK
    except ImportError:
        raise BadSettings("REDINK_TRACE_ENDPOINT: spans need the extra `tracing`, which isn't installed") from None
    async with otel.exporting(settings, service, version) as tracer:
        yield tracer
