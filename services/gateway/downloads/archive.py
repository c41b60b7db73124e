"""A ZIP written while it is sent: no more of it is in memory than one piece of one blob."""

import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, cast

from contracts.events import BlobRef
from runtime.blobs import Blobs, pieces

_LOCAL, _DESCRIPTOR, _CENTRAL, _END = 30, 16, 46, 22


@dataclass(frozen=True)
class Entry:
    """A file of the archive; names are ASCII."""

    name: str
    ref: BlobRef


class _Sink:
    """The end of the archive that is being written: what it was given since it was last emptied."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        """All that was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


def size_of(entries: Sequence[Entry]) -> int:
    """Bytes of the archive: stored, not deflated (pictures and PDFs are), so it is known before it is written."""
    headers = sum(_LOCAL + _DESCRIPTOR + _CENTRAL + 2 * len(entry.name) for entry in entries)
    return headers + sum(entry.ref.size for entry in entries) + _END


async def archive(blobs: Blobs, entries: Sequence[Entry], moment: datetime) -> AsyncIterator[bytes]:
    """The archive, all files dated `moment`: the same bytes every time. Raises what `pieces` raises."""
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as out:  # write and flush are enough
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, moment.timetuple()[:6])
            info.external_attr = 0o644 << 16
            with out.open(info, "w") as file:
                async for piece in pieces(blobs, entry.ref):
                    file.write(piece)
                    yield sink.take()
    yield sink.take()
