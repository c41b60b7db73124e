"""How bytes are answered: conditional (ETag), ranged, never whole in memory, and all of it for HEAD without the body."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from contracts.events import BlobRef
from runtime.blobs import BlobMissing, Blobs, pieces
from services.gateway.core.conditions import same_part, unchanged
from services.gateway.core.problems import Code, Problem
from services.gateway.core.ranges import Unsatisfiable, byte_range


@dataclass(frozen=True)
class Content:
    """What is downloaded: its tag (strong, without quotes), kind and further headers."""

    tag: str
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def all_headers(self) -> dict[str, str]:
        """With those of every download: private, and asked for again each time, which costs a 304."""
        return {"ETag": f'"{self.tag}"', "Cache-Control": "private, no-cache", **self.headers}


def not_modified(request: Request, content: Content) -> Response | None:
    """304 for who has it already."""
    headers = content.all_headers()
    if unchanged(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return None


async def blob(request: Request, blobs: Blobs, ref: BlobRef, content: Content) -> Response:
    """A blob, or the single range asked for; 304 for who has it already.

    Problem(RANGE_NOT_SATISFIABLE | RESULT_GONE) before a byte is sent.
    """
    if known := not_modified(request, content):
        return known
    headers = content.all_headers() | {"Accept-Ranges": "bytes"}
    part = None
    if same_part(request.headers.get("if-range"), headers["ETag"]):
        try:
            part = byte_range(request.headers.get("range"), ref.size)
        except Unsatisfiable as error:
            raise Problem(Code.RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{ref.size}"}) from error
    start, stop = part or (0, ref.size)
    headers["Content-Length"] = str(stop - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{ref.size}"
    body = await begun(request, pieces(blobs, ref, start, stop))
    return StreamingResponse(body, 206 if part else 200, headers, content.media_type)


async def begun(request: Request, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, the first of them here already: what fails at once can still be answered with a problem."""
    if wants_head(request):
        return _chain(None, None)
    try:
        first = await anext(chunks, None)
    except BlobMissing as error:
        raise Problem(Code.RESULT_GONE) from error
    return _chain(first, chunks)


def wants_head(request: Request) -> bool:
    """Whether only the headers are asked for."""
    return bool(request.scope.get("state", {}).get("head"))


async def _chain(first: bytes | None, rest: AsyncIterator[bytes] | None) -> AsyncIterator[bytes]:
    if first is not None:
        yield first
    if rest is not None:
        async for chunk in rest:
            yield chunk
