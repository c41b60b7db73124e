"""multipart/form-data as a stream: parts are handed on as they arrive, nothing is spooled to disk or memory."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.gateway.core.problems import Code, Problem

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MAX_HEADERS = 16
_MAX_HEADER_BYTES = 4096


@dataclass(frozen=True)
class PartStart:
    """A part begins. `filename` is the client's word, bytes as sent: for matching a manifest, never for paths or logs."""

    name: str
    is_file: bool
    filename: bytes = b""


@dataclass(frozen=True)
class PartData:
    """Some bytes of the current part."""

    data: bytes


@dataclass(frozen=True)
class PartEnd:
    """The current part is complete."""


Piece = PartStart | PartData | PartEnd


def boundary_of(content_type: str | None) -> bytes:
    """The boundary; Problem(UNSUPPORTED_CONTENT_TYPE) for another type, MALFORMED_MULTIPART without a boundary."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise Problem(Code.UNSUPPORTED_CONTENT_TYPE)
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:  # RFC 2046 section 5.1.1
        raise Problem(Code.MALFORMED_MULTIPART, "The Content-Type header has no usable boundary parameter.")
    return boundary


def refuse_encoding(content_encoding: str | None) -> None:
    """Problem(UNSUPPORTED_CONTENT_TYPE) for a compressed body: photos and PDFs are compressed already, and bombs are."""
    if (content_encoding or "identity").strip().lower() != "identity":
        raise Problem(
            Code.UNSUPPORTED_CONTENT_TYPE,
            "Send the body as it is, without Content-Encoding: files are compressed already.",
        )


async def pieces(chunks: AsyncIterator[bytes], boundary: bytes) -> AsyncGenerator[Piece, None]:
    """The parts of a body, piece by piece; Problem(MALFORMED_MULTIPART | TRUNCATED_BODY)."""
    collector = _Collector()
    try:
        parser = MultipartParser(
            boundary, collector.callbacks(), max_header_count=_MAX_HEADERS, max_header_size=_MAX_HEADER_BYTES
        )
        async for chunk in chunks:
            parser.write(chunk)
            while collector.out:
                yield collector.out.popleft()
    except FormParserError as error:
        raise Problem(Code.MALFORMED_MULTIPART) from error
    if not collector.ended:
        raise Problem(Code.TRUNCATED_BODY)


class _Collector:
    def __init__(self) -> None:
        self.out: deque[Piece] = deque()
        self.ended = False
        self._name = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._field,
            "on_header_value": self._content,
            "on_header_end": self._header,
            "on_headers_finished": self._start,
            "on_part_data": lambda data, start, end: self.out.append(PartData(data[start:end])),
            "on_part_end": lambda: self.out.append(PartEnd()),
            "on_end": self._end,
        }

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _content(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _start(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition"))
        name = options.get(b"name")
        if kind != b"form-data" or name is None:
            raise Problem(Code.MALFORMED_MULTIPART, "Every part needs 'Content-Disposition: form-data' with a name.")
        try:
            filename = options.get(b"filename") or options.get(b"filename*", b"")
            self.out.append(PartStart(name.decode(), b"filename" in options or b"filename*" in options, filename))
        except UnicodeDecodeError as error:
            raise Problem(Code.MALFORMED_MULTIPART, "Part names must be UTF-8.") from error

    def _end(self) -> None:
        self.ended = True
