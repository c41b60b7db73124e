"""Asks and answers as bytes: a line of JSON, then what it speaks of."""

import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from contracts.errors import ErrorCode, Permanent
from contracts.opening import Ask

MAX_LINE = 64 * 1024
MAX_FILE = 1_000_000_000
"""Bytes; the gateway has its own, lower limit."""


class BadAsk(Exception):
    """Not an ask."""


class Gone(Exception):
    """The opener ended before it answered: no fault of the file."""


@dataclass(frozen=True)
class Answer:
    """A JSON object, then bytes."""

    head: dict[str, Any]
    parts: list[bytes] = field(default_factory=list)


def refusal(error: Permanent) -> Answer:
    """The answer that there is none."""
    return Answer({"code": error.code.value, "detail": error.detail})


def say(connection: socket.socket, answer: Answer) -> None:
    """Send an answer."""
    connection.sendall(json.dumps(answer.head, ensure_ascii=False).encode() + b"\n")
    for part in answer.parts:
        connection.sendall(part)


def heard(connection: socket.socket) -> tuple[Ask, bytes]:
    """An ask and its file; BadAsk."""
    data = everything(connection)
    line, _, body = data.partition(b"\n")
    if len(line) > MAX_LINE:
        raise BadAsk
    try:
        return Ask.model_validate_json(line), body
    except ValidationError:
        raise BadAsk from None


def ask(path: str, what: Ask, data: bytes, seconds: float) -> tuple[dict[str, Any], memoryview]:
    """The answer's head and bytes. Raises Permanent, Gone, and TimeoutError when it says nothing for `seconds`.

    An opener that isn't there yet is waited for as long.
    """
    with _connected(path, seconds) as connection:
        connection.settimeout(seconds)
        try:
            connection.sendall(what.model_dump_json().encode() + b"\n")
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = everything(connection)
        except ConnectionError as error:
            raise Gone(type(error).__name__) from None
    return understood(answer)


def _connected(path: str, seconds: float) -> socket.socket:
    until = time.monotonic() + seconds
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(path)
        except (ConnectionError, FileNotFoundError) as error:
            connection.close()
            if time.monotonic() > until:
                raise Gone(type(error).__name__) from None
            time.sleep(0.05)
        else:
            return connection


def understood(answer: bytes) -> tuple[dict[str, Any], memoryview]:
    """An answer in its parts; raises what it refuses with, or Gone when it isn't whole."""
    end = answer.find(b"\n")
    if end < 0:
        raise Gone("no answer")
    head = json.loads(answer[:end])
    if head.get("code") is not None:
        raise Permanent(ErrorCode(head["code"]), str(head.get("detail", ""))[:200])
    return head, memoryview(answer)[end + 1 :]


def everything(connection: socket.socket) -> bytes:
    """What comes until the other side ends."""
    parts, size = [], 0
    while part := connection.recv(1 << 20):
        parts.append(part)
        size += len(part)
        if size > MAX_FILE + MAX_LINE:
            raise BadAsk
    return b"".join(parts)
