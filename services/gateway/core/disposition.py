"""Names of downloads: `Content-Disposition` (RFC 6266), with Chinese in it (RFC 8187)."""

import re
from urllib.parse import quote

_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\"*/:<>?\\|]+")
_LONGEST = 80
_ATTR = "!#$&+-.^_`|~"


def disposition(kind: str, plain: str, title: str | None, ending: str) -> str:
    """`inline` or `attachment` under the title, if there is one; `plain` is for clients that read ASCII only."""
    name = _UNWANTED.sub(" ", title or "").encode("utf-8", "ignore").decode()[:_LONGEST].strip(" .")
    plain_name = f'{kind}; filename="{plain}{ending}"'
    return f"{plain_name}; filename*=UTF-8''{quote(name + ending, safe=_ATTR)}" if name else plain_name
