"""A stage's artefacts in the store: found before the work, put after it."""

import asyncio

from contracts.events import BlobRef
from contracts.topics import StageRow
from runtime import log
from runtime.blobs import BlobMissing, Blobs, Unavailable, ref_of
from runtime.job import Job, understood

PUT_PATIENCE = 60.0
"""Seconds for which finished work waits for a store that is away, before the record begins anew."""


class Kept:
    """Those of one stage."""

    def __init__(self, blobs: Blobs, row: StageRow) -> None:
        self._blobs = blobs
        self._row = row
        self._log = log.get("runtime.shell")

    async def find(self, path: str) -> BlobRef | None:
        """The reference of the artefact if there is one; Transient when the read is torn: its hash would be a lie."""
        try:
            data = await self._blobs.read(path)
        except BlobMissing:
            return None
        understood(self._row.artefact, data)
        return ref_of(path, data)

    async def put(self, job: Job, path: str, data: bytes) -> BlobRef:
        """Store what was worked for, while it is wanted; a store that is away is waited for a little, as work is dear."""
        now = asyncio.get_running_loop().time
        until, pause = now() + PUT_PATIENCE, 0.5
        while True:
            job.check()
            try:
                return await self._blobs.put(path, data)
            except Unavailable as error:
                self._log.warning("artefact not stored yet", error=log.what(error))
                if now() + pause > until:
                    raise
            await asyncio.sleep(pause)
            pause *= 2
