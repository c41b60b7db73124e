"""What the routes of batches work with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from runtime.blobs import Blobs
from runtime.settings import load
from services.gateway.batches.intake import Intake
from services.gateway.ledger import Ledger
from services.gateway.settings import BatchSettings, GatewaySettings


@dataclass(frozen=True)
class Batches:
    """`uploads` bounds how many lie on the local disk."""

    intake: Intake
    settings: BatchSettings
    uploads: asyncio.Semaphore


@asynccontextmanager
async def open_batches(
    ledger: Ledger, pool: asyncpg.Pool, blobs: Blobs, limits: GatewaySettings
) -> AsyncIterator[Batches]:
    """`pool` sees all tenants: the intake goes on with what any of them uploaded."""
    settings = load(BatchSettings)
    yield Batches(Intake(ledger, pool, blobs, limits, settings), settings, asyncio.Semaphore(settings.max_uploads))
