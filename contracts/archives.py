"""ZIP archives from strangers: what the gateway, of many papers, and ocr, of one paper's pages, hold of them alike."""

import re
from collections.abc import Iterable
from zipfile import ZipInfo

JUNK = re.compile(r"(^|/)(__MACOSX/|\.(?!\.?/)|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
"""Names of entries that archivers and file managers add by themselves."""

_LOCAL_HEADER = 30
"""Bytes before an entry's data, at least."""


def overlap(entries: Iterable[ZipInfo], size: int) -> bool:
    """Whether entries share bytes of an archive of `size`, or leave it: a bomb, or damage."""
    spans = sorted((e.header_offset, e.header_offset + _LOCAL_HEADER + e.compress_size) for e in entries)
    starts = [start for start, _ in spans[1:]] + [size]
    return any(end > start for (_, end), start in zip(spans, starts, strict=True)) if spans else False
