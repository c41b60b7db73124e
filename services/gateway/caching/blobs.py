"""The blob store with its small documents cached: results and reports, which are asked for more than once.

Blobs never change, so a cached one can't be stale. What was deleted here is forgotten here and in Redis; other processes
keep it for a while, where nobody reaches it: the way to a blob leads over the row of its exam, which is gone.
"""

from collections.abc import AsyncIterator, Collection

from contracts.events import BlobRef
from runtime.blobs import Blobs, ref_of, verified
from services.gateway.caching.layered import Layered

_CACHED = (".json",)


class TooLong(Exception):
    """A document that isn't worth the room."""


class CachedBlobs:
    """`runtime.blobs.Blobs` before another one; documents of at most `longest` bytes are cached, the rest passed on."""

    def __init__(self, inner: Blobs, documents: Layered[bytes], longest: int) -> None:
        self._inner = inner
        self._documents = documents
        self._longest = longest

    async def get(self, ref: BlobRef) -> bytes:
        if not ref.path.endswith(_CACHED) or ref.size > self._longest:
            return await self._inner.get(ref)

        async def load() -> str:
            return (await self._inner.get(ref)).decode()

        found = await self._documents.get(ref.path, load)
        assert found is not None
        return verified(ref, found)

    async def part(self, path: str, start: int, stop: int) -> bytes:
        if not path.endswith(_CACHED):
            return await self._inner.part(path, start, stop)
        try:
            found = await self._documents.get(path, lambda: self._whole(path))
        except TooLong:
            return await self._inner.part(path, start, stop)
        assert found is not None
        return found[start:stop]

    async def _whole(self, path: str) -> str:
        """Read twice, as nobody said its hash: half a document would stay in the cache."""
        data = await self._inner.part(path, 0, self._longest + 1)
        if len(data) > self._longest:
            raise TooLong
        return (await self._inner.get(ref_of(path, data))).decode()

    async def delete(self, paths: Collection[str]) -> None:
        # Forgotten first: who goes on after a crash finds no more of the blobs that are gone, and would forget nothing.
        for path in paths:
            if path.endswith(_CACHED):
                await self._documents.drop(path)
        await self._inner.delete(paths)

    async def put(self, path: str, data: bytes) -> BlobRef:
        return await self._inner.put(path, data)

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes]) -> BlobRef:
        return await self._inner.put_stream(path, chunks)

    async def read(self, path: str) -> bytes:
        return await self._inner.read(path)

    async def listing(self, folder: str) -> dict[str, int]:
        return await self._inner.listing(folder)

    async def ready(self) -> None:
        await self._inner.ready()
