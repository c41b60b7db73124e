"""Takes files of past records: read in order, written in batches side by side, each batch once.

Level-triggered: whatever a gateway left when it died, another finds when the lease has run out. Reading is pure, so it
finds the same batches, and those that are done are told by their rows.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg

from runtime import log, metrics
from runtime.blobs import BlobMissing, Blobs, pieces
from services.gateway.background import regularly
from services.gateway.records import taking
from services.gateway.records.imports import KINDS, Import
from services.gateway.records.reader import BadHeader, Batch, Reader, Rules
from services.gateway.records.settings import RecordSettings
from services.gateway.records.taking import Gone


class Importer:
    """One of possibly several; each takes one import at a time."""

    def __init__(
        self, pool: asyncpg.Pool, blobs: Blobs, settings: RecordSettings, retention_days: int | None = None
    ) -> None:
        """`pool` sees all tenants."""
        self._pool = pool
        self._blobs = blobs
        self._settings = settings
        self._retention_days = retention_days
        self._log = log.get("gateway.imports")

    async def run(self) -> None:
        """For ever; a database or store that is away is waited for."""
        await regularly(self.round, self._settings.poll_seconds, self._log, "imports not taken")

    async def round(self) -> None:
        """Take what was sent, drop files that were taken and outcomes that are old.

        An import that fails keeps its lease, so that it is met again after that, and the others before.
        """
        while (found := await taking.claim(self._pool, self._settings.lease_seconds)) is not None:
            try:
                await self._take(found)
            except Exception as error:  # noqa: BLE001 - it is no matter of the others
                self._log.error(
                    "import interrupted", id=str(found.import_id), error=log.what(error), at=log.where(error)
                )
        for ended in await taking.with_files(self._pool):
            assert ended.file is not None
            await self._blobs.delete([ended.file.path])
            await taking.without_file(self._pool, ended.import_id)
        await taking.forget(self._pool, self._settings.keep_days, self._retention_days)

    async def _take(self, of: Import) -> None:
        problem: tuple[str, str] | None = None
        try:
            async with self._held(of):
                reader = Reader(self._rules(of))
                await self._take_batches(of, reader)
                if reader.full:
                    most = self._settings.import_rows
                    problem = "too_many_rows", f"The first {most} rows were taken: send the others in another file."
        except* BadHeader as wrong:
            problem = "bad_header", str(wrong.exceptions[0])
        except* BlobMissing:
            problem = "file_gone", "The file is no longer stored: send it again."
        except* Gone:
            self._log.info("import deleted while it was taken", id=str(of.import_id))
        told = dict(zip(("code", "detail"), problem, strict=True)) if problem else None
        await taking.end(self._pool, of.import_id, told)

    def _rules(self, of: Import) -> Rules:
        own = self._settings
        kind, today = KINDS[of.media_type], of.created_at.date()
        return Rules(kind, of.subject, today, own.batch_rows, own.import_rows, own.import_errors)

    async def _take_batches(self, of: Import, reader: Reader) -> None:
        done = await taking.taken(self._pool, of.import_id)
        room = asyncio.Semaphore(self._settings.batches_at_once)

        async def take(batch: Batch) -> None:
            try:
                if await taking.take(self._pool, of, batch):
                    metrics.IMPORTED.inc(batch.rows)
            finally:
                room.release()

        async with asyncio.TaskGroup() as group:
            async for batch in self._batches(of, reader):
                if batch.number not in done:
                    await room.acquire()
                    group.create_task(take(batch))

    async def _batches(self, of: Import, reader: Reader) -> AsyncIterator[Batch]:
        """All of the file, whatever was taken before: rows that come twice are told by those above them."""
        assert of.file is not None
        async for piece in pieces(self._blobs, of.file):
            for batch in await _beside(reader.feed(piece)):
                yield batch
            if reader.full:
                break
        for batch in await _beside(reader.end()):
            yield batch

    @asynccontextmanager
    async def _held(self, of: Import) -> AsyncIterator[None]:
        """Keep the lease while the work lasts."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(self._settings.lease_seconds / 3)
                with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await taking.hold(self._pool, of.import_id, self._settings.lease_seconds)

        renewing = asyncio.create_task(renew(), name="lease of an import")
        try:
            yield
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewing


async def _beside(found: Iterator[Batch]) -> list[Batch]:
    """Read in a thread: thousands of rows would keep the loop from everything else."""
    return await asyncio.to_thread(list, found)
