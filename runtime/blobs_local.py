"""Blobs in a folder: durable before they are visible, visible all at once."""

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from contracts.events import BlobRef
from runtime.blobs import BlobMissing, checked, ref_of, verified


class LocalBlobs:
    """One file per blob. A blob is written aside, synced, then linked: `link` fails when the name is taken."""

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root)
        self._staging = self._root / ".staging"

    async def put(self, path: str, data: bytes) -> BlobRef:
        return await asyncio.to_thread(self._put, checked(path), data)

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes]) -> BlobRef:
        target = self._root / checked(path)
        digest, size = hashlib.sha256(), 0
        staged, file = await asyncio.to_thread(self._stage)
        try:
            with file:
                async for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(_sync, file)
            won = await asyncio.to_thread(_link, staged, target)
        finally:
            await asyncio.to_thread(staged.unlink, missing_ok=True)
        if won:
            return BlobRef(path=path, sha256=digest.hexdigest(), size=size)
        return ref_of(path, await self.read(path))

    async def get(self, ref: BlobRef) -> bytes:
        return verified(ref, await self.read(ref.path))

    async def read(self, path: str) -> bytes:
        try:
            return await asyncio.to_thread((self._root / checked(path)).read_bytes)
        except (FileNotFoundError, NotADirectoryError):
            raise BlobMissing(path) from None

    async def ready(self) -> None:
        await asyncio.to_thread(self._staging.mkdir, parents=True, exist_ok=True)
        if not os.access(self._staging, os.W_OK):
            raise PermissionError("the blob folder can't be written")

    def _put(self, path: str, data: bytes) -> BlobRef:
        target = self._root / path
        staged, file = self._stage()
        try:
            with file:
                file.write(data)
                _sync(file)
            won = _link(staged, target)
        finally:
            staged.unlink(missing_ok=True)
        return ref_of(path, data if won else target.read_bytes())

    def _stage(self) -> tuple[Path, BinaryIO]:
        self._staging.mkdir(parents=True, exist_ok=True)
        staged = self._staging / secrets.token_hex(16)
        return staged, staged.open("xb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _link(staged: Path, target: Path) -> bool:
    """Give a synced file its name; False when the name is taken. The folder is synced, or a power cut loses the name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.link(staged, target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return True
    return False
