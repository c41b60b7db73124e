"""Requests as Prometheus sees them: by the template of their route, never by their path, which names exams."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime import metrics

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNKNOWN = "none"


class Measured:
    """The innermost layer, where the route is known. A 304 counts as the 2xx it was before it was found unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = asyncio.get_running_loop().time()
        answered = False

        async def watching(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start" and not answered:
                answered = True
                _count(scope, message["status"], asyncio.get_running_loop().time() - began)
            await send(message)

        try:
            await self._app(scope, receive, watching)
        except Exception:
            if not answered:  # an outer layer answers 500
                _count(scope, 500, asyncio.get_running_loop().time() - began)
            raise


def _count(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else _UNKNOWN  # a client may invent any number of them
    route = getattr(scope.get("route"), "path_format", _UNKNOWN)
    metrics.HTTP.labels(method, route, f"{status // 100}xx").inc()
    metrics.HTTP_SECONDS.labels(method, route).observe(seconds)
    if route != _UNKNOWN and (span := scope.get("state", {}).get("span")):
        span.rename(f"{method} {route}")
        span.note({"http.route": route})
