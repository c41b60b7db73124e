"""Receiving an upload: the body is counted, timed, sniffed and handed to the blob store while it arrives."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.types import Receive

from contracts.artefacts import UploadedFile
from contracts.events import BlobRef
from services.gateway.core.form import KNOWN
from services.gateway.core.media import HEAD_BYTES, sniff
from services.gateway.core.problems import Code, Problem
from services.gateway.multipart import PartData, PartEnd, PartStart, Piece
from services.gateway.settings import GatewaySettings

FILE_PARTS = frozenset({"files", "file", "files[]"})

Store = Callable[[int, AsyncIterator[bytes]], Awaitable[BlobRef]]
"""Keeps file number n (from 1), whose bytes come from the iterator."""


@dataclass(frozen=True)
class Received:
    """The parts of an upload."""

    fields: dict[str, str]
    files: tuple[UploadedFile, ...]


class Body:
    """The request's body, read once; enforces size and pace."""

    def __init__(self, receive: Receive, limits: GatewaySettings, declared: int | None) -> None:
        self._receive = receive
        self._limits = limits
        self._declared = declared
        self._read = 0
        self._ended = False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The bytes; Problem(BODY_TOO_LARGE | UPLOAD_TIMEOUT | TRUNCATED_BODY)."""
        if self._declared is not None and self._declared > self._limits.max_body_bytes:
            raise self._too_large()
        began = asyncio.get_running_loop().time()
        while not self._ended:
            chunk = await self._next(began + self._limits.upload_seconds)
            self._check_pace(asyncio.get_running_loop().time() - began)
            if self._read > self._limits.max_body_bytes:
                raise self._too_large()
            if chunk:
                yield chunk

    async def drain(self) -> None:
        """Read on for a while after a refusal, so that a client that is still sending gets to see the answer."""
        until = asyncio.get_running_loop().time() + self._limits.upload_idle_seconds
        try:
            while not self._ended and self._read <= 2 * self._limits.max_body_bytes:
                await self._next(until)
        except Problem:
            self._ended = True

    async def _next(self, until: float) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(until, loop.time() + self._limits.upload_idle_seconds)):
                message = await self._receive()
        except TimeoutError as error:
            self._ended = True
            raise Problem(Code.UPLOAD_TIMEOUT, headers={"Connection": "close"}) from error
        if message["type"] == "http.disconnect":
            self._ended = True
            raise Problem(Code.TRUNCATED_BODY)
        self._ended = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        self._read += len(chunk)
        return chunk

    def _check_pace(self, seconds: float) -> None:
        """A byte now and then holds a connection as well as silence does."""
        counted = seconds - self._limits.upload_idle_seconds
        if not self._ended and self._read < counted * self._limits.upload_min_rate:
            self._ended = True
            raise Problem(Code.UPLOAD_TIMEOUT, headers={"Connection": "close"})

    def _too_large(self) -> Problem:
        limit = self._limits.max_body_bytes
        return Problem(
            Code.BODY_TOO_LARGE, f"An upload may have {limit} bytes. Upload fewer or smaller files.", limit=limit
        )


async def receive(pieces: AsyncGenerator[Piece, None], store: Store, limits: GatewaySettings) -> Received:
    """Take all parts: files to `store`, fields to memory. Raises Problem."""
    fields: dict[str, str] = {}
    files: list[UploadedFile] = []
    async for piece in pieces:
        if not isinstance(piece, PartStart):
            continue
        if piece.name in FILE_PARTS:
            if len(files) >= limits.max_files:
                raise Problem(
                    Code.TOO_MANY_PARTS, f"An upload may have {limits.max_files} files.", limit=limits.max_files
                )
            files.append(await _File(pieces, len(files) + 1, limits.max_file_bytes).keep(store))
        else:
            _check_field(piece, fields, limits)
            fields[piece.name] = await _text(pieces, piece.name, limits)
    if not files:
        raise Problem(Code.NO_FILE)
    return Received(fields, tuple(files))


def declared_length(headers: Mapping[str, str]) -> int | None:
    """The body's length as the client says it, if it does."""
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None


async def only_hash(_number: int, chunks: AsyncIterator[bytes]) -> BlobRef:
    """A `Store` that keeps nothing: for a repeated request, whose content only has to be compared."""
    digest, size = hashlib.sha256(), 0
    async for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return BlobRef(path="", sha256=digest.hexdigest(), size=size)


class _File:
    """One file part."""

    def __init__(self, pieces: AsyncGenerator[Piece, None], number: int, limit: int) -> None:
        self._pieces = pieces
        self._number = number
        self._limit = limit
        self._complete = False
        self._refusal: Problem | None = None

    async def keep(self, store: Store) -> UploadedFile:
        head = bytearray()
        while len(head) < HEAD_BYTES and (data := await self._next()) is not None:
            head += data
        if not head:
            raise Problem(Code.EMPTY_FILE, f"File {self._number} has no bytes. Upload a file that has content.")
        media_type = sniff(bytes(head))
        if media_type is None:
            kinds = "JPEG, PNG, WebP, HEIC, TIFF or PDF, or a ZIP of them"
            raise Problem(
                Code.UNSUPPORTED_MEDIA, f"File {self._number} is none of {kinds}: convert it and upload again."
            )
        try:
            return UploadedFile(blob=await store(self._number, self._body(bytes(head))), media_type=media_type)
        except Exception:
            # A store may wrap what its source raises; the client is told what the source said.
            if self._refusal is not None:
                raise self._refusal from None
            raise

    async def _body(self, head: bytes) -> AsyncGenerator[bytes, None]:
        try:
            size = 0
            data: bytes | None = head
            while data is not None:
                size += len(data)
                if size > self._limit:
                    raise self._too_large()
                yield data
                data = await self._next()
        except Problem as problem:
            self._refusal = problem
            raise

    def _too_large(self) -> Problem:
        detail = f"File {self._number} has more than {self._limit} bytes. Lower the resolution or split it."
        return Problem(Code.FILE_TOO_LARGE, detail, limit=self._limit)

    async def _next(self) -> bytes | None:
        if self._complete:
            return None
        piece = await anext(self._pieces)
        if isinstance(piece, PartData):
            return piece.data
        assert isinstance(piece, PartEnd)
        self._complete = True
        return None


def _check_field(part: PartStart, fields: dict[str, str], limits: GatewaySettings) -> None:
    if part.is_file and part.name not in KNOWN:
        raise Problem(Code.NO_FILE, "A file came under another name: files go into parts named 'files'.")
    if part.name in fields:
        errors = [{"pointer": f"/{part.name[:64]}", "detail": "is given twice"}]
        raise Problem(Code.VALIDATION_FAILED, errors=errors)
    if len(fields) >= limits.max_fields:
        raise Problem(Code.TOO_MANY_PARTS, f"An upload may have {limits.max_fields} fields.", limit=limits.max_fields)


async def _text(pieces: AsyncGenerator[Piece, None], name: str, limits: GatewaySettings) -> str:
    limit = limits.max_key_bytes if name == "answer_key" else limits.max_field_bytes
    value = bytearray()
    async for piece in pieces:
        if not isinstance(piece, PartData):
            break
        value += piece.data
        if len(value) > limit:
            raise Problem(Code.FIELD_TOO_LARGE, f"The field {name[:64]} may have {limit} bytes.", limit=limit)
    try:
        return value.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        errors = [{"pointer": f"/{name[:64]}", "detail": "must be UTF-8"}]
        raise Problem(Code.VALIDATION_FAILED, errors=errors) from error
