"""Receiving a batch: parts go to the spool while they are counted, hashed and sniffed. One bad file is one refusal."""

import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from services.gateway.batches.archive import plain
from services.gateway.batches.spool import Spool
from services.gateway.core.media import HEAD_BYTES
from services.gateway.core.problems import Code, Problem
from services.gateway.multipart import PartData, PartEnd, PartStart, Piece

FILES, ARCHIVE, MANIFEST = frozenset({"files", "file", "files[]"}), "archive", "manifest"
_LONGEST_NAME = 512


@dataclass(frozen=True)
class Limits:
    """Bytes and counts of one batch's parts."""

    file_bytes: int
    files: int
    fields: int
    field_bytes: int
    key_bytes: int
    manifest_bytes: int


@dataclass(frozen=True)
class Spooled:
    """A file part: where it lies in the spool."""

    name: str
    offset: int
    size: int
    sha256: str


@dataclass
class Received:
    """All parts of a batch."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[Spooled] = field(default_factory=list)
    archive: Spooled | None = None
    manifest: bytes | None = None

    def fingerprint(self) -> bytes:
        """SHA-256 of all that was asked for."""
        files = [(file.name, file.sha256) for file in self.files]
        manifest = hashlib.sha256(self.manifest or b"").hexdigest()
        asked = (sorted(self.fields.items()), files, self.archive and self.archive.sha256, manifest)
        return hashlib.sha256(repr(asked).encode()).digest()


async def receive(pieces: AsyncGenerator[Piece, None], spool: Spool, limits: Limits) -> Received:
    """Take all parts. Raises Problem when the request as a whole makes no sense."""
    received = Received()
    async for piece in pieces:
        if not isinstance(piece, PartStart):
            continue
        if piece.name in FILES or piece.name == ARCHIVE:
            await _file(piece, pieces, spool, received, limits)
        elif piece.name == MANIFEST:
            if received.manifest is not None:
                raise _invalid("manifest", "is given twice")
            received.manifest = await _bytes(pieces, MANIFEST, limits.manifest_bytes)
        else:
            await _field(piece, pieces, received, limits)
    if bool(received.files) == bool(received.archive):
        detail = "Add parts named 'files', one per file, or one ZIP in a part named 'archive', and not both."
        raise Problem(Code.NO_FILE, detail)
    await spool.flush()
    return received


async def _file(
    part: PartStart, pieces: AsyncGenerator[Piece, None], spool: Spool, received: Received, limits: Limits
) -> None:
    name = _name(part.filename) or f"file {len(received.files) + 1}"
    spooled = await _spool(name, pieces, spool, None if part.name == ARCHIVE else limits.file_bytes)
    if part.name == ARCHIVE:
        if received.archive is not None:
            raise _invalid(ARCHIVE, "is given twice: a batch is one ZIP")
        received.archive = spooled
        return
    if len(received.files) >= limits.files:
        raise Problem(Code.TOO_MANY_PARTS, f"A batch may have {limits.files} files.", limit=limits.files)
    received.files.append(spooled)


async def _spool(name: str, pieces: AsyncGenerator[Piece, None], spool: Spool, limit: int | None) -> Spooled:
    """Of a file beyond the limit only its size and first bytes are kept: it is going to be refused."""
    offset, size, digest = spool.size, 0, hashlib.sha256()
    async for piece in pieces:
        if isinstance(piece, PartEnd):
            break
        assert isinstance(piece, PartData)
        size += len(piece.data)
        digest.update(piece.data)
        if limit is None or size <= limit or size - len(piece.data) < HEAD_BYTES:
            await spool.append(piece.data)
    return Spooled(name, offset, size, digest.hexdigest())


async def _field(part: PartStart, pieces: AsyncGenerator[Piece, None], received: Received, limits: Limits) -> None:
    name = part.name
    if part.is_file and name != "answer_key":
        raise Problem(Code.NO_FILE, "A file came under another name: use 'files', 'archive' or 'manifest'.")
    if name in received.fields:
        raise _invalid(name, "is given twice")
    if len(received.fields) >= limits.fields:
        raise Problem(Code.TOO_MANY_PARTS, f"A batch may have {limits.fields} fields.", limit=limits.fields)
    value = await _bytes(pieces, name, limits.key_bytes if name == "answer_key" else limits.field_bytes)
    try:
        received.fields[name] = value.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(name, "must be UTF-8") from error


async def _bytes(pieces: AsyncGenerator[Piece, None], name: str, limit: int) -> bytes:
    value = bytearray()
    async for piece in pieces:
        if not isinstance(piece, PartData):
            break
        value += piece.data
        if len(value) > limit:
            raise Problem(Code.FIELD_TOO_LARGE, f"The part {name[:64]} may have {limit} bytes.", limit=limit)
    return bytes(value)


def _name(raw: bytes) -> str:
    """The client's name for a file, as it is compared with the manifest; a browser may send a path of a folder."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return plain(raw.decode(encoding))[:_LONGEST_NAME]
        except UnicodeDecodeError:
            continue
    return ""


def _invalid(name: str, detail: str) -> Problem:
    return Problem(Code.VALIDATION_FAILED, errors=[{"pointer": f"/{name[:64]}", "detail": detail}])
