"""From what was received to papers: who has which files, and which of them can't be taken."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import IO, Protocol, cast

from contracts.artefacts.submission import MediaType
from services.gateway.batches import archive, manifest
from services.gateway.batches.archive import DAMAGED, Archive, Entry, plain
from services.gateway.batches.plan import Paper, Rules, Source, plan
from services.gateway.batches.reception import MANIFEST, Received, Spooled
from services.gateway.batches.spool import Spool
from services.gateway.core.media import HEAD_BYTES, sniff
from services.gateway.core.problems import Code, Problem


@dataclass(frozen=True)
class Bounds:
    """What a batch and its papers may have."""

    archive: archive.Limits
    papers: int
    files_of_paper: int
    file_bytes: int
    manifest_bytes: int


class File(Protocol):
    """One uploaded file, wherever it lies."""

    name: str

    def open(self) -> IO[bytes]:
        """Its bytes; reading may raise DAMAGED."""
        ...


class _Part:
    def __init__(self, spool: Spool, spooled: Spooled) -> None:
        self.name = spooled.name
        self._spool, self._spooled = spool, spooled

    def open(self) -> IO[bytes]:
        return cast("IO[bytes]", self._spool.part(self._spooled.offset, self._spooled.size))


class _Packed:
    def __init__(self, packed: Archive, entry: Entry) -> None:
        self.name = entry.name
        self._archive, self._entry = packed, entry

    def open(self) -> IO[bytes]:
        return self._archive.open(self._entry)


@dataclass(frozen=True)
class Planned:
    """The papers, and the files that they name by index."""

    papers: Sequence[Paper]
    files: Sequence[File]


async def planned(received: Received, spool: Spool, bounds: Bounds, common: Mapping[str, str]) -> Planned:
    """Who has which files. Problem when archive, manifest or the whole can't be understood."""
    listing = received.manifest
    files: list[File]
    if received.archive is not None:
        part = cast("IO[bytes]", spool.part(received.archive.offset, received.archive.size))
        packed = await asyncio.to_thread(archive.opened, part, bounds.archive)
        entries, own = _without_manifest(packed)
        if listing is None and own is not None:
            listing = await asyncio.to_thread(_manifest_of, packed, own, bounds.manifest_bytes)
        files = [_Packed(packed, entry) for entry in entries]
        known = [(entry.refusal, entry.size) for entry in entries]
    else:
        files = [_Part(spool, spooled) for spooled in received.files]
        known = [(None, spooled.size) for spooled in received.files]
    if not files:
        raise Problem(Code.NO_FILE, "The archive holds no file: pack the papers into it.")
    rows = None if listing is None else manifest.parse(listing, bounds.papers)
    nested = received.archive is not None
    sources = await asyncio.to_thread(_sources, files, known, bounds.file_bytes, nested)
    papers = plan(sources, rows, common, Rules(nested, bounds.files_of_paper))
    if len(papers) > bounds.papers:
        detail = f"A batch may have {bounds.papers} papers; this one has {len(papers)}. Upload them in several batches."
        raise Problem(Code.TOO_MANY_PARTS, detail, limit=bounds.papers)
    return Planned(papers, files)


def _sources(
    files: Sequence[File], known: Sequence[tuple[Problem | None, int]], limit: int, nested: bool
) -> list[Source]:
    """The files as the plan sees them, each with its own refusal. Blocks."""
    return [
        Source(file.name, refusal or _refusal(file, size, limit, nested))
        for file, (refusal, size) in zip(files, known, strict=True)
    ]


def _refusal(file: File, size: int, limit: int, nested: bool) -> Problem | None:
    if size == 0:
        return Problem(Code.EMPTY_FILE)
    if size > limit:
        detail = f"It has {size} bytes; {limit} are taken. Lower the resolution or split it."
        return Problem(Code.FILE_TOO_LARGE, detail, limit=limit)
    try:
        kind: str = media_type(file)
    except Problem as problem:
        return problem
    if kind == "application/zip":
        where = "An archive inside an archive is not taken" if nested else "A ZIP goes into the part named 'archive'"
        return Problem(Code.UNSUPPORTED_MEDIA, f"{where}: there, a folder holds the pages of one paper.")
    return None


def media_type(file: File) -> MediaType:
    """By its first bytes; Problem(UNSUPPORTED_MEDIA | FILE_DAMAGED). Blocks."""
    try:
        with closing(file.open()) as opened:
            found = sniff(opened.read(HEAD_BYTES))
    except DAMAGED as error:
        raise Problem(Code.FILE_DAMAGED) from error
    if found is None:
        raise Problem(
            Code.UNSUPPORTED_MEDIA, "It is none of JPEG, PNG, WebP, HEIC, TIFF or PDF: convert it and upload it again."
        )
    return found


def _without_manifest(packed: Archive) -> tuple[list[Entry], Entry | None]:
    """The entries that are files of papers, and the manifest among them."""
    own = min(
        (entry for entry in packed.entries if entry.name.rpartition("/")[2].lower() in manifest.MANIFESTS),
        key=lambda entry: (entry.name.count("/"), entry.name),
        default=None,
    )
    return [entry for entry in packed.entries if entry is not own], own


def _manifest_of(packed: Archive, entry: Entry, limit: int) -> bytes:
    if entry.size > limit:
        raise Problem(Code.FIELD_TOO_LARGE, f"The part {MANIFEST} may have {limit} bytes.", limit=limit)
    try:
        with closing(packed.open(entry)) as opened:
            return opened.read(limit)
    except DAMAGED as error:
        raise Problem(Code.ARCHIVE_REFUSED, f"Its {plain(entry.name)[:64]} is damaged: pack it anew.") from error
