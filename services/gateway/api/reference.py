"""GET /docs: the API's description for people."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.gateway.core.reference import page

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "public, max-age=300",
    "Referrer-Policy": "no-referrer",
}


def serve(app: FastAPI) -> None:
    """Add the page to an application that can describe itself."""
    made = HTMLResponse(page(app.openapi()), headers=_HEADERS)

    async def docs(_request: Request) -> Response:
        return made

    app.router.add_route("/docs", docs, include_in_schema=False)
