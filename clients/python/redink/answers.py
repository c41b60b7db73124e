"""Answers as both clients understand them."""

from typing import Any

import httpx

from redink.errors import ProblemError
from redink.retry import worth_repeating


def problem(response: httpx.Response) -> dict[str, Any]:
    """The problem document of a refusal; empty when there is none."""
    if "json" not in response.headers.get("content-type", ""):
        return {"detail": response.reason_phrase}
    document = response.json()
    return document if isinstance(document, dict) else {}


def may_repeat(response: httpx.Response) -> bool:
    """Whether a later attempt may be answered better; its body must have been read."""
    return response.is_error and worth_repeating(response.status_code, problem(response))


def checked(response: httpx.Response) -> httpx.Response:
    """The response. Raises ProblemError for a refusal."""
    if response.is_redirect:
        detail = f"The server is elsewhere: give the address that leads to {response.headers['location']}"
        raise ProblemError(response.status_code, {"code": "redirected", "detail": detail})
    if response.is_error:
        raise ProblemError(response.status_code, problem(response))
    return response


class Busy(httpx.TransportError):
    """A stream was refused for now."""


def opened(response: httpx.Response) -> httpx.Response:
    """The response of a stream whose body was read if it is an error. Raises Busy, ProblemError."""
    if may_repeat(response):
        raise Busy(f"{response.status_code}")
    return checked(response)
