"""What is kept in versions: its entity tag, and If-Match, which makes a change one of the version that was looked at."""

import re
from typing import Annotated, Any

from fastapi import Header

_TAG = re.compile(r'"(\d{1,9})(?:\.[0-9a-f]{8})?"')
ETAG: dict[str, Any] = {
    "ETag": {"description": "Its version, for If-Match and If-None-Match.", "schema": {"type": "string"}}
}
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="ETag of what you changed: 412 when somebody else changed it meanwhile."),
]


def etag(version: int, beside: str = "") -> str:
    """A version never changes; `beside`, 8 hexadecimal digits, tells what else is shown and may."""
    return f'"{version}.{beside}"' if beside else f'"{version}"'


def expected(if_match: str | None) -> int | None:
    """The version that a change builds on; None: any. -1, which is nobody's, for tags that aren't ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _TAG.fullmatch(if_match.strip())
    return int(match[1]) if match else -1
