"""Single byte ranges (RFC 9110 section 14)."""

import re

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range lies outside the content."""


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(start, stop) of the range asked for; None when the whole is to be sent: no, several or malformed ranges."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= stop:
        raise Unsatisfiable
    return start, stop
