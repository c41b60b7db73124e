"""The page for people at `/`: upload, live progress, results over the pages, corrections. Static files, no build step.

It is a client of the public API like any other. Nothing that stands on a paper becomes markup.
"""

import hashlib
from dataclasses import dataclass
from importlib import resources

from fastapi import APIRouter, Request, Response

# A report is opened as a blob, which inherits this policy, and brings its style with it.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:; connect-src 'self'; "
    "img-src 'self' blob: data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_HEADERS = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class _File:
    content: bytes
    media_type: str
    etag: str


def _files() -> dict[str, _File]:
    """Every file of this folder that a browser may ask for."""
    found = {}
    for entry in resources.files(__name__).iterdir():
        suffix = entry.name[entry.name.rfind(".") :]
        if suffix in _TYPES:
            content = entry.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            found[entry.name] = _File(content, f"{_TYPES[suffix]}; charset=utf-8", etag)
    return found


def router() -> APIRouter:
    """`/` and `/console/…`; open to all, as there is nothing in them: the API asks for a key."""
    files, routes = _files(), APIRouter(include_in_schema=False)

    @routes.get("/")
    async def page(request: Request) -> Response:
        return _answer(request, files["index.html"])

    @routes.get("/console/{name}")
    async def file(request: Request, name: str) -> Response:
        found = files.get(name)
        return Response(status_code=404) if found is None else _answer(request, found)

    return routes


def _answer(request: Request, file: _File) -> Response:
    headers = {**_HEADERS, "ETag": file.etag}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
