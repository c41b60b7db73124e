"""Blobs in a folder: durable before they are visible, visible all at once."""

import asyncio
import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import BinaryIO, TypeVar

from contracts.events import BlobRef
from runtime.blobs import BlobMissing, Unavailable, checked, ref_of, standing, verified

T = TypeVar("T")

TRIES = 100
"""How often a blob's folder may be removed between making it and linking into it: each takes a deletion of its own at that moment."""
_HELD = 256 * 1024
"""Bytes of a stream that are written together: what touches the disk takes a thread's turn, and most files are smaller."""


class LocalBlobs:
    """One file per blob. A blob is written aside, synced, then linked: `link` fails when the name is taken."""

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root)
        self._staging = self._root / ".staging"

    async def put(self, path: str, data: bytes) -> BlobRef:
        won = await self._do(self._put, checked(path), data)
        return ref_of(path, data) if won else await standing(self, path)

    async def put_stream(self, path: str, chunks: AsyncIterator[bytes]) -> BlobRef:
        target = self._root / checked(path)
        digest, size, held = hashlib.sha256(), 0, bytearray()
        staged = _Staged(self._staging)
        try:
            async for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                held += chunk
                if len(held) >= _HELD:
                    written, held = held, bytearray()
                    await self._do(staged.write, written)
        except BaseException:
            await self._do(staged.drop)
            raise
        won = await self._do(staged.become, target, held)
        return BlobRef(path=path, sha256=digest.hexdigest(), size=size) if won else await standing(self, path)

    async def get(self, ref: BlobRef) -> bytes:
        return verified(ref, await self.read(ref.path))

    async def read(self, path: str) -> bytes:
        try:
            return await self._do((self._root / checked(path)).read_bytes)
        except (FileNotFoundError, NotADirectoryError):
            raise BlobMissing(path) from None

    async def listing(self, folder: str) -> dict[str, int]:
        return await self._do(self._listing, checked(folder))

    async def delete(self, paths: Collection[str]) -> None:
        for path in paths:
            await self._do(self._delete, checked(path))

    async def part(self, path: str, start: int, stop: int) -> bytes:
        try:
            return await self._do(_part, self._root / checked(path), start, stop)
        except (FileNotFoundError, NotADirectoryError):
            raise BlobMissing(path) from None

    async def ready(self) -> None:
        await asyncio.to_thread(self._staging.mkdir, parents=True, exist_ok=True)
        if not os.access(self._staging, os.W_OK):
            raise PermissionError("the blob folder can't be written")

    async def _do(self, act: Callable[..., T], *args: object) -> T:
        """Do in a thread what touches the disk; one that is full, failing or read-only is Unavailable."""
        try:
            return await asyncio.to_thread(act, *args)
        except (FileNotFoundError, NotADirectoryError):
            raise
        except OSError as error:
            raise Unavailable(f"the blob folder: {errno.errorcode.get(error.errno or 0, 'OSError')}") from None

    def _put(self, path: str, data: bytes) -> bool:
        return _Staged(self._staging).become(self._root / path, data)

    def _listing(self, folder: str) -> dict[str, int]:
        found = {}
        for at, _, names in os.walk(self._root / folder):
            for name in names:
                path = Path(at, name)
                with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                    found[path.relative_to(self._root).as_posix()] = path.stat().st_size
        return found

    def _delete(self, path: str) -> None:
        """Take the name away, durably, and folders that are empty then."""
        target = self._root / path
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            target.unlink()
            _sync_folder(target.parent)
        with contextlib.suppress(OSError):  # not empty, or gone
            for folder in target.parents:
                if folder == self._root:
                    break
                folder.rmdir()


class _Staged:
    """A file on its way to its name, made with its first bytes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / secrets.token_hex(16)
        self._file: BinaryIO | None = None

    def write(self, data: bytes | bytearray) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb")
        self._file.write(data)

    def become(self, target: Path, last: bytes | bytearray) -> bool:
        """Take the last bytes, and the name; False when that is taken. Whatever comes of it, the scrap is gone."""
        try:
            self.write(last)
            assert self._file is not None
            _sync(self._file)
            _close(self._file)
            return _link(self._path, target)
        finally:
            self.drop()

    def drop(self) -> None:
        """A scrap that stays is a nuisance; what was raised meanwhile matters more."""
        if self._file is not None:
            _close(self._file)
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)


def _part(path: Path, start: int, stop: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(stop - start)


def _close(file: BinaryIO) -> None:
    """Close a file whose bytes are synced, or are of no use: closing flushes, and on a full disk that fails again."""
    with contextlib.suppress(OSError):
        file.close()


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _link(staged: Path, target: Path) -> bool:
    """Give a synced file its name; False when the name is taken. The folder is synced, or a power cut loses the name."""
    for left in reversed(range(TRIES)):
        try:
            if not _named(staged, target):
                return False
            break
        except FileNotFoundError:  # a deletion has just removed the empty folder
            if not left:
                raise
    with contextlib.suppress(FileNotFoundError):  # one that came after took the blob, and the folder with it
        _sync_folder(target.parent)
    return True


def _named(staged: Path, target: Path) -> bool:
    """Whether the file took the name; FileNotFoundError when the folder was removed meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(staged, target)
    except FileExistsError:
        return False
    return True


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
