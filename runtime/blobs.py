"""Where bytes live: one small protocol, a folder or an S3-compatible store behind it."""

import hashlib
import re
from collections.abc import AsyncIterator
from typing import Protocol

from contracts.errors import Transient
from contracts.events import BlobRef

_PATH = re.compile(r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$")


class BlobMissing(Exception):
    """No blob at this path."""


class BadPath(ValueError):
    """A path that isn't made of plain segments; it might leave the store."""


class Unavailable(Transient):
    """The store can't be used now (away, full, refusing): no fault of the exam, whose tries it doesn't use up."""


class Blobs(Protocol):
    """Blobs are written once: `put` never replaces. Paths are relative, segments of [A-Za-z0-9._-].

    Every method raises Unavailable when the store can't be used.
    """

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


async def standing(blobs: Blobs, path: str) -> BlobRef:
    """The reference of what a path holds, for a writer who came second; Unavailable when the winner isn't readable yet.

    Read twice, as the winner's hash is nobody's promise yet: a torn read would become one.
    """
    try:
        ref = ref_of(path, await blobs.read(path))
        await blobs.get(ref)
    except BlobMissing:
        raise Unavailable("a blob that is there can't be read yet") from None
    return ref


def checked(path: str) -> str:
    """The path; BadPath when a segment is empty, starts with a dot or has other characters than [A-Za-z0-9._-]."""
    if len(path) > 900 or not _PATH.match(path):
        raise BadPath("blob paths are plain segments joined by /")
    return path


def ref_of(path: str, data: bytes) -> BlobRef:
    """The reference of bytes at a path."""
    return BlobRef(path=path, sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def verified(ref: BlobRef, data: bytes) -> bytes:
    """The bytes, if they are those of the reference; else Transient: a torn read is worth another try."""
    if ref_of(ref.path, data) != ref:
        raise Transient(f"a blob of {len(data)} bytes doesn't match its reference of {ref.size} bytes")
    return data
