"""Every error becomes a problem document; every request has a trace."""

import json
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import Transient
from runtime import log, trace
from services.gateway.api.conventions import allowed_methods
from services.gateway.api.documented import PROBLEM
from services.gateway.core.faults import words_of
from services.gateway.core.problems import Code, Problem

_NOT_JSON = "There was an error parsing the body"
"""What FastAPI says, with 400, of a body that isn't even text."""
_BY_STATUS = {
    401: Code.UNAUTHORIZED,
    404: Code.NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    415: Code.UNSUPPORTED_CONTENT_TYPE,
}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_STORE_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    Transient,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg makes of a connection killed in the middle of a message
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCachedStatementError,  # a newer release has just changed the table: prepared anew at the next try
)


def response_of(problem: Problem, trace_id: str, path: str) -> Response:
    """The problem as an HTTP answer."""
    return Response(
        json.dumps(problem.document(trace_id, path), ensure_ascii=False),
        problem.kind.status,
        media_type=PROBLEM,
        headers={"Cache-Control": "no-store", **problem.headers},
    )


def add_handlers(app: FastAPI) -> None:
    """Turn what routes and the framework raise into problems."""

    async def on_problem(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, Problem)
        return _answer(request, problem)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        errors = [
            {"pointer": "".join(f"/{part}" for part in item["loc"][1:]), "detail": words_of(item["msg"])}
            for item in error.errors()[:20]
        ]
        return _answer(request, Problem(Code.VALIDATION_FAILED, errors=errors))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.detail == _NOT_JSON:
            unreadable = {"pointer": "", "detail": "must be JSON in UTF-8"}
            return _answer(request, Problem(Code.VALIDATION_FAILED, errors=[unreadable]))
        code = _BY_STATUS.get(error.status_code, Code.REQUEST_REFUSED if error.status_code < 500 else Code.INTERNAL)
        headers = dict(error.headers or {})
        if code is Code.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(allowed_methods(request))
        return _answer(request, Problem(code, headers=headers))

    async def on_store(request: Request, error: Exception) -> Response:
        return _answer(request, _store_problem(error))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    for kind in _STORE_ERRORS:
        app.add_exception_handler(kind, on_store)


def problem_of(error: Exception) -> Problem | None:
    """What a route raised as the problem it is; None for what nobody foresaw."""
    if isinstance(error, Problem):
        return error
    return _store_problem(error) if isinstance(error, _STORE_ERRORS) else None


def _store_problem(error: Exception) -> Problem:
    log.get("gateway.http").error("store unavailable", error=log.what(error), at=log.where(error))
    return Problem(Code.STORE_UNAVAILABLE, headers={"Retry-After": "5"})


class Tracing:
    """The outermost layer: gives each request a trace, and an unforeseen error an answer that names it."""

    def __init__(self, app: ASGIApp, tracer: trace.Tracer = trace.UNTRACED) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name: value for name, value in scope["headers"] if name == b"traceparent"}
        given = trace.parse(headers.get(b"traceparent", b"").decode("latin-1"))
        if scope["type"] == "websocket":
            await self._live(scope, receive, send, given.child() if given else trace.start())
            return
        method = _method(scope)
        attributes = {"http.request.method": method, "url.scheme": scope.get("scheme", "http")}
        with self._tracer.span(method, kind="server", parent=given, attributes=attributes) as span:
            scope.setdefault("state", {})["span"] = span  # the innermost layer knows what it is called
            await self._answer(scope, receive, send, span)

    async def _live(self, scope: Scope, receive: Receive, send: Send, context: trace.Trace) -> None:
        """A WebSocket has ids but no span: it would last an hour."""
        scope.setdefault("state", {})["trace"] = context
        with structlog.contextvars.bound_contextvars(trace_id=context.trace_id):
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, span: trace.Span) -> None:
        context = scope["state"]["trace"] = span.trace
        started = False

        async def watching(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                span.note({"http.response.status_code": message["status"]})
                if message["status"] >= 500:
                    span.fail(str(message["status"]))
                message["headers"] = [*message.get("headers", []), *_fixed_headers(context), *_headers_of(scope)]
            await send(message)

        with structlog.contextvars.bound_contextvars(trace_id=context.trace_id):
            try:
                await self._app(scope, receive, watching)
            except Exception as error:
                log.get("gateway.http").error("request failed", error=log.what(error), at=log.where(error))
                if started:
                    raise
                answer = response_of(Problem(Code.INTERNAL), context.trace_id, scope["path"])
                await answer(scope, receive, watching)


def _method(scope: Scope) -> str:
    """A client may make up words."""
    return str(scope["method"]) if scope["method"] in _METHODS else "_OTHER"


def _fixed_headers(context: trace.Trace) -> list[tuple[bytes, bytes]]:
    return [(b"x-content-type-options", b"nosniff"), (b"trace-id", context.trace_id.encode())]


def _headers_of(scope: Scope) -> list[tuple[bytes, bytes]]:
    """What was found out about the request that its answer says, whatever it is: what is left of a rate."""
    said: dict[str, str] = scope["state"].get("headers", {})
    return [(name.lower().encode(), value.encode()) for name, value in said.items()]


def _answer(request: Request, problem: Problem) -> Response:
    context: Any = request.scope["state"]["trace"]
    return response_of(problem, context.trace_id, request.url.path)
