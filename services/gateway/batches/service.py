"""What the routes of batches work with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from runtime.blobs import Blobs
from runtime.settings import load
from services.gateway.batches.intake import Intake
from services.gateway.batches.settings import BatchSettings
from services.gateway.classreport.service import Reports
from services.gateway.ledger import Ledger
from services.gateway.settings import GatewaySettings


@dataclass(frozen=True)
class Batches:
    """`uploads` bounds how many lie on the local disk."""

    intake: Intake
    settings: BatchSettings
    uploads: asyncio.Semaphore
    reports: Reports


@asynccontextmanager
async def open_batches(
    ledger: Ledger, pool: asyncpg.Pool, blobs: Blobs, limits: GatewaySettings
) -> AsyncIterator[Batches]:
    """`pool` sees all tenants: the intake goes on with what any of them uploaded."""
    settings = load(BatchSettings)
    intake = Intake(ledger, pool, blobs, limits, settings)
    yield Batches(intake, settings, asyncio.Semaphore(settings.max_uploads), Reports(blobs, settings.reports_kept))
