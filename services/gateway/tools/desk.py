"""What the tools that change something work with, and how they end."""

import argparse
import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from runtime.blobs import Blobs
from runtime.kafka import KafkaError
from runtime.settings import BadSettings, BlobSettings, load
from runtime.stores import open_blobs
from services.gateway.core.problems import Problem
from services.gateway.database import SchemaMismatch, open_database
from services.gateway.exams import Exam, exam_of
from services.gateway.ledger import Ledger
from services.gateway.postgres import PostgresLedger
from services.gateway.replay import replay
from services.gateway.settings import GatewaySettings, PostgresSettings
from services.gateway.tools.console import complain

DONE, LEFT, BLIND = 0, 1, 2
"""Exit codes: all is well; something is left to do or was refused; it could not look."""


@dataclass(frozen=True)
class Desk:
    """The books to write in, and the artefacts."""

    pool: asyncpg.Pool
    ledger: Ledger
    blobs: Blobs
    settings: GatewaySettings

    async def exam(self, exam_id: uuid.UUID) -> Exam | None:
        """The exam as it is now, whosever it is."""
        row = await self.pool.fetchrow("SELECT * FROM exams WHERE exam_id = $1", exam_id)
        return exam_of(row) if row else None

    async def replay(self, exam_id: uuid.UUID, from_stage: str | None) -> tuple[bool, str]:
        """Run the exam again as its next revision; whether it began, and what became of it in words."""
        try:
            begun = await replay(self.ledger, self.blobs, exam_id, from_stage, self.settings)
        except Problem as problem:
            return False, problem.code.value
        return True, f"revision {begun.position.revision} from {from_stage or begun.position.stage or 'the upload'}"


@asynccontextmanager
async def open_desk() -> AsyncIterator[Desk]:
    """From the environment, as the gateway does; raises BadSettings and what Postgres raises."""
    settings, blobs = load(GatewaySettings), open_blobs(load(BlobSettings))
    postgres = load(PostgresSettings).model_copy(update={"pool": 2})
    async with open_database(postgres) as pool:
        yield Desk(pool, PostgresLedger(pool), blobs, settings)


def run(tool: str, work: Callable[[argparse.Namespace], Awaitable[int]], asked: argparse.Namespace) -> int:
    """Do the work and return its exit code; 2 and one line on stderr when something it needs isn't there."""

    async def begin() -> int:
        return await work(asked)

    try:
        return asyncio.run(begin())
    except (BadSettings, SchemaMismatch, OSError, TimeoutError, KafkaError, asyncpg.PostgresError) as error:
        complain(f"{tool}: {type(error).__name__}: {error}")
        return BLIND
