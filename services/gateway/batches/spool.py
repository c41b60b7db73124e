"""An upload's bytes on local disk, without a name: a process that dies leaves nothing behind.

A batch is spooled, not streamed on: which exam a file belongs to is known when manifest and archive are complete.
"""

import asyncio
import hashlib
import io
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

_PIECE = 256 * 1024
_BUFFER = 1024 * 1024


class Spool:
    """One unlinked file that grows at its end and is read anywhere."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._buffer = bytearray()
        self._written = 0
        self._open = True
        self._writing = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._written + len(self._buffer)

    async def append(self, data: bytes) -> None:
        """Add bytes; OSError when the disk is full."""
        self._buffer += data
        if len(self._buffer) >= _BUFFER:
            await self.flush()

    async def flush(self) -> None:
        """Make everything readable."""
        pending, self._buffer = bytes(self._buffer), bytearray()
        await asyncio.to_thread(self._write, pending, self._written)
        self._written += len(pending)

    def close(self) -> None:
        """Write nothing more, before the file is closed.

        A request that was cancelled leaves its thread behind, which would write into whatever has the descriptor by then.
        """
        with self._writing:
            self._open = False

    def _write(self, data: bytes, at: int) -> None:
        with self._writing:
            view = memoryview(data)
            while view and self._open:
                written = os.pwrite(self._fd, view, at)
                view, at = view[written:], at + written

    def part(self, offset: int, size: int) -> "Part":
        """A part of it as a file; call `flush` first."""
        return Part(self._fd, offset, size)


class Part(io.RawIOBase):
    """Some bytes of a spool as a seekable file with a position of its own."""

    def __init__(self, fd: int, offset: int, size: int) -> None:
        self._fd = fd
        self._offset = offset
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("seek before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        data = os.pread(self._fd, left if size < 0 else min(size, left), self._offset + self._at)
        self._at += len(data)
        return data

    def head(self, size: int) -> bytes:
        """The first bytes."""
        return os.pread(self._fd, min(size, self._size), self._offset)


async def chunks(file: io.RawIOBase | io.BufferedIOBase) -> AsyncIterator[bytes]:
    """The bytes of a file from its position on, read in threads."""
    while data := await asyncio.to_thread(file.read, _PIECE):
        yield data


async def sha256_of(part: Part) -> str:
    """Of all its bytes, hex."""
    return (await asyncio.to_thread(hashlib.file_digest, part, hashlib.sha256)).hexdigest()


@contextmanager
def open_spool() -> Iterator[Spool]:
    """A spool in the folder for temporary files (TMPDIR)."""
    with tempfile.TemporaryFile(buffering=0) as file:
        spool = Spool(file.fileno())
        try:
            yield spool
        finally:
            spool.close()
