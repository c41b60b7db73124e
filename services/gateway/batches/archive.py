"""ZIP archives from strangers: what is in one, after everything that makes one dangerous was refused.

Nothing is unpacked to a file of its own: entries are streams, their names are labels. Limits are checked on the
central directory before it is parsed, and entries are read no further than it promised.
"""

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from contracts.archives import JUNK, overlap
from services.gateway.core.problems import Code, Problem

_END = b"PK\x05\x06"
_END_BYTES = 22
_LOCATOR = b"PK\x06\x07"
_LOCATOR_BYTES = 20
_LONGEST_COMMENT = 65_535
_BYTES_PER_ENTRY = 1024
_ENCRYPTED, _UTF8 = 0x1, 0x800
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, ValueError)
"""What reading an entry may raise."""


@dataclass(frozen=True)
class Limits:
    """What an archive may hold. `ratio`: inflated to packed bytes, all entries together."""

    entries: int
    inflated_bytes: int
    ratio: float


@dataclass(frozen=True)
class Entry:
    """A file of the archive; `refusal` when this one can't be taken. `name`: plain path with /."""

    name: str
    size: int
    info: zipfile.ZipInfo
    refusal: Problem | None = None


class Archive:
    """An archive that was found harmless as a whole."""

    def __init__(self, file: zipfile.ZipFile, entries: Sequence[Entry]) -> None:
        self._file = file
        self.entries = entries

    def open(self, entry: Entry) -> IO[bytes]:
        """The entry's bytes; reading may raise DAMAGED."""
        return self._file.open(entry.info)


def opened(file: IO[bytes], limits: Limits) -> Archive:
    """The archive; Problem(ARCHIVE_REFUSED) when it is no ZIP, damaged or beyond the limits. Blocks: for a thread."""
    size = _check_directory(file, limits)
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGED as error:
        raise _refused("It can't be read as a ZIP: pack it anew.") from error
    infos = [info for info in archive.infolist() if not info.is_dir()]
    _check_whole(infos, size, limits)
    entries = [_entry(info) for info in infos]
    return Archive(archive, [entry for entry in entries if not JUNK.search(entry.name)])


def _check_directory(file: IO[bytes], limits: Limits) -> int:
    """The archive's size; refuses a directory that would be too large to parse."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise _refused("Its end is missing: upload the whole ZIP.")
    _, disk, _, _, count, length, _, _ = struct.unpack("<4s4H2LH", tail[at : at + _END_BYTES])
    # A ZIP64 locator would replace these figures by others, so none is let through.
    if disk or tail[max(0, at - _LOCATOR_BYTES) : at].startswith(_LOCATOR) or 0xFFFF in {count, length >> 16}:
        raise _refused("Split archives and ZIP64 are not taken: pack fewer files into one ZIP.")
    if count > limits.entries or length > limits.entries * _BYTES_PER_ENTRY:
        raise _refused(f"It may hold {limits.entries} files: pack fewer into one ZIP.")
    return size


def _check_whole(infos: Sequence[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    inflated = sum(info.file_size for info in infos)
    if inflated > limits.inflated_bytes:
        raise _refused(f"Its files have {inflated} bytes in all; {limits.inflated_bytes} are taken: pack fewer.")
    if inflated > limits.ratio * max(size, 1):
        raise _refused(f"Its files inflate more than {limits.ratio:g} times: pack photos and PDFs only.")
    if overlap(infos, size):
        raise _refused("Files in it overlap: pack it anew.")
    if any(_leaves(_name(info)) for info in infos):
        raise _refused("Names in it lead out of the archive: pack it anew, with relative names.")


def _leaves(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/") or bool(re.match(r"[A-Za-z]:", name)) or "\x00" in name


def _entry(info: zipfile.ZipInfo) -> Entry:
    refusal = None
    if info.flag_bits & _ENCRYPTED:
        refusal = Problem(Code.FILE_DAMAGED, "It is encrypted: pack it without a password.")
    elif info.compress_type not in _METHODS:
        refusal = Problem(Code.FILE_DAMAGED, "It is packed by an uncommon method: use an ordinary ZIP (deflate).")
    elif stat.S_ISLNK(info.external_attr >> 16):
        refusal = Problem(Code.UNSUPPORTED_MEDIA, "It is a link: pack the file itself.")
    elif info.file_size == 0:
        refusal = Problem(Code.EMPTY_FILE)
    return Entry(_name(info), info.file_size, info, refusal)


def _name(info: zipfile.ZipInfo) -> str:
    """The entry's path. Without the UTF-8 mark it is UTF-8 all the same, or GBK, as Chinese Windows writes it."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return plain(name)


def plain(name: str) -> str:
    """A path as it is compared and shown: composed characters, slashes, not led by a dot."""
    return unicodedata.normalize("NFC", name.replace("\\", "/")).removeprefix("./")


def _refused(detail: str) -> Problem:
    return Problem(Code.ARCHIVE_REFUSED, detail)
