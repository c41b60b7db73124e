"""Where bytes live: one small protocol, a folder or an S3-compatible store behind it."""

from collections.abc import AsyncIterator
from typing import Protocol

from contracts.events import BlobRef


class BlobMissing(Exception):
    """No blob at this path."""


class Blobs(Protocol):
    """Blobs are written once: `put` never replaces. Paths are relative, segments of [A-Za-z0-9._-]."""

    async def put(self, path: str, data: bytes) -> BlobRef:
        """Store `data` unless the path is taken; the reference is of what the path holds then (first writer wins)."""
        ...

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes]) -> BlobRef:
        """As `put`, without holding the whole in memory; nothing is at `path` unless all chunks arrived."""
        ...

    async def get(self, ref: BlobRef) -> bytes:
        """The bytes; BlobMissing, or Transient when they don't match the reference's hash."""
        ...

    async def read(self, path: str) -> bytes:
        """The bytes at a path whose hash isn't known; BlobMissing."""
        ...

    async def ready(self) -> None:
        """Raise when the store can't be reached."""
        ...
