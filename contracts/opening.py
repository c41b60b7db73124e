"""Asking an opener about a file: over a Unix socket, one connection per file.

The asker sends an `Ask` as one line of JSON, then the file's bytes, and ends its side. The opener answers one line of
JSON, then bytes if there are any, and ends. An answer without a whole line means that the opener itself went away.
"""

from typing import Literal

from pydantic import Field

from contracts.base import Contract
from contracts.errors import ErrorCode


class Ask(Contract):
    """`look`: may it be read, and is it good enough (`Look`)? `expand`, `decode`: ocr's own, pages and pixels.

    media_type is a claim; the bytes decide. kind and index say which page `decode` wants.
    """

    do: Literal["look", "expand", "decode"]
    media_type: str = ""
    kind: Literal["image", "heic", "pdf"] = "image"
    index: int = Field(default=0, ge=0)


class PageAdvice(Contract):
    """What to do better about one page, counted from 1 within its file. code: as in `Quality.advice`."""

    page: int = Field(ge=1)
    code: str


class Look(Contract):
    """A first look at one file. code: why it can't be read; then there is nothing else.

    looked: how many of the pages were judged, from the first on; the time for a look is limited.
    """

    pages: int = Field(default=0, ge=0)
    looked: int = Field(default=0, ge=0)
    advice: tuple[PageAdvice, ...] = ()
    code: ErrorCode | None = None
    detail: str = ""
