"""Cursors of lists: opaque to clients, the position after the last item of a page."""

import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.gateway.core.problems import Code, Problem


@dataclass(frozen=True)
class Cursor:
    """A position in a list, newest first."""

    created_at: datetime
    exam_id: uuid.UUID


def encode(cursor: Cursor) -> str:
    """URL-safe text without padding."""
    return dated(cursor.created_at, cursor.exam_id.hex)


def decode(text: str) -> Cursor:
    """The inverse of `encode`; Problem(INVALID_CURSOR) for anything else."""
    with ours():
        created_at, exam_id = date_of(text)
        return Cursor(created_at, uuid.UUID(exam_id))


def named(created_at: datetime, name: str) -> str:
    """The position after a thing whose id is a prefix, "_" and the digits of a UUID; `decode` is the inverse."""
    return encode(Cursor(created_at, uuid.UUID(name.rpartition("_")[2])))


def counted(word: str, number: int) -> str:
    """The position after item `number` of a list that is known by `word`."""
    return sealed(f"{word}:{number}")


def number_in(word: str, cursor: str) -> int:
    """The inverse of `counted`; Problem(INVALID_CURSOR) for anything else."""
    name, _, number = opened(cursor).partition(":")
    if name != word or not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise Problem(Code.INVALID_CURSOR)
    return int(number)


def dated(moment: datetime, *rest: str | int) -> str:
    """A position that begins with a moment."""
    return sealed(json.dumps([moment.isoformat(), *rest], separators=(",", ":")))


def date_of(cursor: str) -> tuple[Any, ...]:
    """The inverse of `dated`, the moment in UTC; the rest is what the client says. Problem(INVALID_CURSOR)."""
    with ours():
        written, *rest = json.loads(opened(cursor))
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            raise ValueError("a time without zone")
        return (moment.astimezone(UTC), *rest)


def sealed(text: str) -> str:
    """URL-safe text without padding."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def opened(cursor: str) -> str:
    """The inverse of `sealed`; Problem(INVALID_CURSOR)."""
    with ours():
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()


@contextmanager
def ours() -> Iterator[None]:
    """Whatever a client's text makes go wrong meanwhile is Problem(INVALID_CURSOR)."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Problem(Code.INVALID_CURSOR) from error
