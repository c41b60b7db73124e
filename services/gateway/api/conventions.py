"""What every call keeps to, said once: HEAD, entity tags of JSON answers, 406, 415 and the methods of a 405."""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from fastapi import Request
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.api.context import InCaller
from services.gateway.core.accept import acceptable, essence
from services.gateway.core.conditions import unchanged
from services.gateway.core.problems import Code, Problem

_JSON = "application/json"
_FORM = "multipart/form-data"
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Conventions:
    """HEAD answers as GET without the body; a JSON answer to GET has a strong ETag. 304 for who has what is tagged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET", "state": {**scope.get("state", {}), "head": True}}
        answer = _Answer(Headers(scope=scope).get("if-none-match"), send, head=head)
        try:
            await self._app(scope, receive, answer.send)
        except _Enough:
            return


class _Enough(Exception):
    """The headers were all that was asked for, and the body would go on."""


class _Answer:
    """One answer on its way out."""

    def __init__(self, if_none_match: str | None, send: Send, *, head: bool) -> None:
        self._if_none_match = if_none_match
        self._send = send
        self._bare = head
        self._held: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if _untagged(message):
                self._held = message
                return
            self._compare(message)
        elif message["type"] == "http.response.body":
            await self._send_start(message)
            if self._bare and message.get("more_body", False):
                await self._send({"type": "http.response.body", "body": b""})
                raise _Enough
            message = {**message, "body": b""} if self._bare else message
        await self._send(message)

    async def _send_start(self, body: Message) -> None:
        """Send the start that was held back, tagged if the body is whole."""
        start, self._held = self._held, None
        if start is None:
            return
        if not body.get("more_body", False):
            tag = f'"{hashlib.sha256(body.get("body", b"")).hexdigest()[:32]}"'
            MutableHeaders(raw=start["headers"])["ETag"] = tag
            self._compare(start)
        await self._send(start)

    def _compare(self, start: Message) -> None:
        """What is tagged is asked for again each time; who has it already gets 304, and nothing of the body."""
        headers = MutableHeaders(raw=start["headers"])
        if start["status"] != 200 or "etag" not in headers:
            return
        headers.setdefault("Cache-Control", "private, no-cache")
        if unchanged(self._if_none_match, headers["ETag"]):
            start["status"], self._bare = 304, True
            del headers["Content-Length"], headers["Content-Type"]


def _untagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and "etag" not in headers and headers.get("content-type", "") == _JSON


async def authenticated(request: Request, _caller: InCaller) -> None:
    """Refuse who has no key, and only then what `negotiated` refuses."""
    await negotiated(request)


async def negotiated(connection: HTTPConnection) -> None:
    """Refuse, before anything is done, what can't be answered in an acceptable form, or was sent in an unknown one."""
    route = connection.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    produced = _produced(route)
    if produced and not any(acceptable(connection.headers.get("accept"), kind) for kind in produced):
        raise Problem(Code.NOT_ACCEPTABLE, available=sorted(produced))
    consumed = _consumed(route)
    if _has_body(connection.headers) and consumed and _FORM not in consumed:  # a form is looked at by who reads it
        given = essence(connection.headers.get("content-type"))
        if given not in consumed:
            raise Problem(Code.UNSUPPORTED_CONTENT_TYPE, f"Send the body as {' or '.join(sorted(consumed))}.")


def _produced(route: APIRoute) -> set[str]:
    """The media types of an operation's good answers."""
    kinds = {
        kind
        for status, answer in route.responses.items()
        if str(status).startswith("2")
        for kind in answer.get("content", {})
    }
    kind = route.response_class
    default = (kind.value if isinstance(kind, DefaultPlaceholder) else kind).media_type
    return kinds | ({default} if default else set())


def _consumed(route: APIRoute) -> set[str]:
    """The media types an operation takes."""
    declared: dict[str, Any] = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
    return set(declared) or ({_JSON} if route.body_field else set())


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def allowed_methods(request: Request) -> Iterable[str]:
    """The methods of the path of a request that was refused with 405: of all its routes, not of the first alone."""
    path = request.scope["path"]
    own = request.app.openapi()["paths"].get(
        path
    )  # without parameters it is nobody else's: no template is named import
    found = [method for method in _METHODS if (method.lower() in own if own else _served(request, method))]
    return [*found, "HEAD"] if "GET" in found else found


def _served(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method, "type": "http"}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)
