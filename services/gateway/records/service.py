"""The parts about records, and what is to run beside the routes."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import asyncpg

from runtime.blobs import Blobs
from runtime.settings import load
from services.gateway.records.importer import Importer
from services.gateway.records.past import Past
from services.gateway.records.recorder import Recorder
from services.gateway.records.settings import RecordSettings
from services.gateway.retention.settings import RetentionSettings


@dataclass(frozen=True)
class Records:
    """What routes ask of them."""

    past: Past
    settings: RecordSettings
    loops: tuple[tuple[str, Callable[[], Coroutine[Any, Any, None]]], ...]


def open_records(
    pool: asyncpg.Pool, api_pool: asyncpg.Pool, blobs: Blobs, settings: RecordSettings | None = None
) -> Records:
    """`pool` sees all tenants, `api_pool` those of the request."""
    settings = settings or load(RecordSettings)
    recorder = Recorder(pool, blobs, settings)
    importer = Importer(pool, blobs, settings, load(RetentionSettings).days)
    return Records(Past(api_pool), settings, (("gateway records", recorder.run), ("gateway imports", importer.run)))
