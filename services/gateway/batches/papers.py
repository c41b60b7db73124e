"""From what was received to papers whose bytes are stored: each with its exam's id, or with why it is refused."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import IO, Any, Protocol, cast

from contracts.artefacts import UploadedFile
from contracts.artefacts.submission import MediaType
from contracts.events import BlobRef
from contracts.topics import SUBMISSION, artefact_path
from runtime import log
from runtime.blobs import Blobs, Unavailable
from services.gateway.batches import archive, manifest
from services.gateway.batches.archive import DAMAGED, Archive, Entry, plain
from services.gateway.batches.plan import Paper, Rules, Source, plan
from services.gateway.batches.reception import MANIFEST, Received, Spooled
from services.gateway.batches.spool import Spool, chunks
from services.gateway.core.form import Form
from services.gateway.core.media import HEAD_BYTES, sniff
from services.gateway.core.problems import Code, Problem

_AT_ONCE = 4
"""Papers of a batch that are stored at a time."""


@dataclass(frozen=True)
class Bounds:
    """What a batch and its papers may have."""

    archive: archive.Limits
    papers: int
    files_of_paper: int
    file_bytes: int
    manifest_bytes: int


@dataclass(frozen=True)
class Kept:
    """A paper of a batch, numbered from 1: stored and to become `exam_id`, or refused."""

    number: int
    name: str
    files: int
    exam_id: uuid.UUID | None = None
    artefact: BlobRef | None = None
    form: Form | None = None
    refusal: Problem | None = None


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


async def stored(
    batch_id: uuid.UUID, tenant: str, found: Planned, blobs: Blobs, complete: Callable[[Form], Awaitable[Form]]
) -> list[Kept]:
    """Store every paper that can be taken. `complete` looks up what a form names, or raises Problem."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def keep(number: int, paper: Paper) -> Kept:
        if paper.form is None:
            return Kept(number, paper.name, len(paper.files), refusal=paper.refusal)
        async with gate:
            exam_id = uuid.uuid5(batch_id, str(number))
            files = [found.files[index] for index in paper.files]
            try:
                form = await complete(paper.form)
                artefact = await _store(tenant, exam_id, form, files, blobs)
            except Problem as problem:
                return Kept(number, paper.name, len(paper.files), refusal=problem)
        return Kept(number, paper.name, len(paper.files), exam_id, artefact, form)

    tasks = [asyncio.create_task(keep(number, paper)) for number, paper in enumerate(found.papers, 1)]
    try:
        return list(await asyncio.gather(*tasks))  # not a TaskGroup: what fails is answered by its own type
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _forget(blobs: Blobs, tenant: str, exam_id: uuid.UUID, files: int) -> None:
    """What was refused is not kept; that it could not be deleted is no reason to fail.

    For damaged files only: the same bytes are damaged at every try, so no exam can have been made of them.
    """
    try:
        await blobs.delete([f"{tenant}/{exam_id}/1/upload-{number}" for number in range(1, files + 1)])
    except Unavailable as error:
        log.get("gateway.batches").warning("refused files are kept", files=files, error=log.what(error))


async def _store(tenant: str, exam_id: uuid.UUID, form: Form, files: Sequence[File], blobs: Blobs) -> BlobRef:
    """The files under the exam's own path, then the artefact that refers to them."""
    uploaded = []
    try:
        for number, file in enumerate(files, 1):
            media_type = await asyncio.to_thread(_media_type, file)
            ref = await _put(blobs, f"{tenant}/{exam_id}/1/upload-{number}", file)
            uploaded.append(UploadedFile(blob=ref, media_type=media_type))
    except Problem:
        await _forget(blobs, tenant, exam_id, len(files))
        raise
    submission = form.submission(uploaded).model_dump_json().encode()
    return await blobs.put(artefact_path(tenant, exam_id, 1, SUBMISSION), submission)


async def _put(blobs: Blobs, path: str, file: File) -> BlobRef:
    damage: list[BaseException] = []

    async def content() -> AsyncIterator[bytes]:
        try:
            with closing(file.open()) as opened:
                async for chunk in chunks(cast("Any", opened)):
                    yield chunk
        except DAMAGED as error:
            damage.append(error)
            raise

    try:
        return await blobs.put_stream(path, content())
    except Exception:
        # A store may wrap what its source raises; the client is told of its file, not of the store.
        if damage:
            raise Problem(Code.FILE_DAMAGED, f"{file.name[:200]} is damaged: pack and upload it again.") from None
        raise


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
        media_type: str = _media_type(file)
    except Problem as problem:
        return problem
    if media_type == "application/zip":
        where = "An archive inside an archive is not taken" if nested else "A ZIP goes into the part named 'archive'"
        return Problem(Code.UNSUPPORTED_MEDIA, f"{where}: there, a folder holds the pages of one paper.")
    return None


def _media_type(file: File) -> MediaType:
    try:
        with closing(file.open()) as opened:
            media_type = sniff(opened.read(HEAD_BYTES))
    except DAMAGED as error:
        raise Problem(Code.FILE_DAMAGED) from error
    if media_type is None:
        raise Problem(
            Code.UNSUPPORTED_MEDIA, "It is none of JPEG, PNG, WebP, HEIC, TIFF or PDF: convert it and upload it again."
        )
    return media_type


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
