"""A ZIP of one exam's pages: its files in natural order of their names. Nothing it says of itself is believed."""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.archives import JUNK, overlap
from contracts.errors import ErrorCode, Permanent

_END, _ENTRY = b"PK\x05\x06", b"PK\x03\x04"
_SMALL = 10_000_000
"""Bytes: what unpacks to less may be packed as tightly as it likes, as white pages are."""
_PIECE = 1 << 20


@dataclass(frozen=True)
class ArchiveLimits:
    """files: pages' worth of entries; entries: all of them; inflated: bytes of all; ratio: unpacked to packed of one."""

    files: int
    entries: int
    inflated: int
    ratio: int


def is_archive(data: bytes) -> bool:
    """Whether the file says that it is a ZIP."""
    return data[:4] in (_ENTRY, _END)


def files_of(data: bytes, limits: ArchiveLimits) -> Iterator[bytes]:
    """The files, inflated one by one.

    Raises Permanent: UNREADABLE_FILE, ENCRYPTED_ARCHIVE, UNSUPPORTED_MEDIA, TOO_MANY_PAGES, FILE_TOO_COMPLEX.
    """
    archive = _opened(data, limits)
    entries = {e.filename: e for e in archive.infolist() if not e.is_dir() and not JUNK.search(e.filename)}
    if not entries:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "ZIP without pages")
    if len(entries) > limits.files:
        raise Permanent(ErrorCode.TOO_MANY_PAGES, f"more than {limits.files} files")
    _check(list(entries.values()), len(data), limits)
    left = limits.inflated
    for entry in sorted(entries.values(), key=lambda e: natural(e.filename)):
        file = _inflated(archive, entry, left)
        left -= len(file)
        yield file


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """page-2 before page-10."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return tuple((0, int(part[:18])) if part.isascii() and part.isdigit() else (1, part) for part in parts)


def _opened(data: bytes, limits: ArchiveLimits) -> zipfile.ZipFile:
    # The end record says how many there are before each of them costs memory; a ZIP64 says 65535.
    end = data.rfind(_END, max(0, len(data) - 66_000))
    if end >= 0 and len(data) >= end + 12 and struct.unpack_from("<H", data, end + 10)[0] > limits.entries:
        raise Permanent(ErrorCode.TOO_MANY_PAGES, f"more than {limits.entries} entries")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "broken ZIP") from error
    if len(archive.infolist()) > limits.entries:
        raise Permanent(ErrorCode.TOO_MANY_PAGES, f"more than {limits.entries} entries")
    return archive


def _check(entries: list[zipfile.ZipInfo], size: int, limits: ArchiveLimits) -> None:
    """What can be told before anything is inflated."""
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Permanent(ErrorCode.ENCRYPTED_ARCHIVE)
    if any(stat.S_ISLNK(entry.external_attr >> 16) for entry in entries):
        raise Permanent(ErrorCode.UNSUPPORTED_MEDIA, "a link in a ZIP")
    if sum(entry.file_size for entry in entries) > limits.inflated:
        raise Permanent(ErrorCode.FILE_TOO_COMPLEX, "ZIP unpacks to too much")
    if any(e.file_size > _SMALL and e.file_size > limits.ratio * max(1, e.compress_size) for e in entries):
        raise Permanent(ErrorCode.FILE_TOO_COMPLEX, "a file in a ZIP is packed too tightly")
    if overlap(entries, size):
        raise Permanent(ErrorCode.UNREADABLE_FILE, "files in a ZIP overlap")


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    parts, size = [], 0
    try:
        with archive.open(entry) as stream:
            while size <= most and (part := stream.read(_PIECE)):
                parts.append(part)
                size += len(part)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError, zlib.error) as error:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "broken file in a ZIP") from error
    except Exception as error:
        if type(error).__module__ in {"_lzma", "lzma"}:
            raise Permanent(ErrorCode.UNREADABLE_FILE, "broken file in a ZIP") from error
        raise
    if size > most:
        raise Permanent(ErrorCode.FILE_TOO_COMPLEX, "ZIP unpacks to too much")
    if size != entry.file_size:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "a file in a ZIP has another size than it says")
    data = b"".join(parts)
    if is_archive(data):
        raise Permanent(ErrorCode.UNSUPPORTED_MEDIA, "ZIP inside a ZIP, or an Office file")
    if not data:
        raise Permanent(ErrorCode.UNREADABLE_FILE, "empty file in a ZIP")
    return data
