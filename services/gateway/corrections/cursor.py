"""Cursors of the log: opaque to clients, the number of entries that are older than the page."""

import base64
import binascii

from services.gateway.core.problems import Code, Problem


def encode(older: int) -> str:
    """URL-safe text without padding."""
    return base64.urlsafe_b64encode(f"log:{older}".encode()).decode().rstrip("=")


def decode(text: str) -> int:
    """The inverse of `encode`; Problem(INVALID_CURSOR) for anything else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error) as error:
        raise Problem(Code.INVALID_CURSOR) from error
    name, _, number = raw.partition(":")
    if name != "log" or not number.isascii() or not number.isdigit() or len(number) > 9:
        raise Problem(Code.INVALID_CURSOR)
    return int(number)
