"""Where bytes live: one small protocol, a folder or an S3-compatible store behind it."""

import hashlib
import re
from collections.abc import AsyncIterator, Collection
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

    async def part(self, path: str, start: int, stop: int) -> bytes:
        """The bytes from `start` to before `stop`, fewer when the blob ends before; BlobMissing."""
        ...

    async def listing(self, folder: str) -> dict[str, int]:
        """Every blob below a folder, at any depth: path -> bytes. `a/b` is not the folder of `a/bc`."""
        ...

    async def delete(self, paths: Collection[str]) -> None:
        """Delete for good; a path that holds nothing is no error, so that a deletion can be repeated."""
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


PIECE = 512 * 1024
"""Bytes of a blob that are in memory at a time while it is passed on."""


async def pieces(blobs: Blobs, ref: BlobRef, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
    """A blob, or the part from `start` to before `stop`, a piece at a time; BlobMissing.

    The last piece of a whole blob is given only when all of it had the reference's hash: else Transient. Of a part,
    only the length can be told: Transient when it is too short.
    """
    end = ref.size if stop is None else min(stop, ref.size)
    digest = hashlib.sha256()
    for at in range(start, end, PIECE):
        until = min(at + PIECE, end)
        piece = await blobs.part(ref.path, at, until)
        digest.update(piece)
        if len(piece) != until - at or (until - start == ref.size and digest.hexdigest() != ref.sha256):
            raise Transient(f"a blob of {ref.size} bytes doesn't match its reference")
        yield piece


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
