"""What an opener's child does with its file. It answers numbers and pixels: nobody unpickles what it says."""

import functools
import io
import time
from collections.abc import Callable
from typing import Any

import cv2
from PIL import Image as Pillow

from contracts.opening import Ask, Look, PageAdvice
from services.ocr.core import quality
from services.ocr.core.sources import Limits, PageSource, decode, pages_of
from services.ocr.opener.wire import Answer

LOOK_SECONDS = 2.5
"""For the pages of one file; what is left is not judged."""


def warm(limits: Limits) -> None:
    """Load what the first file would have to wait for, before there are children; one thread only, as they are forked."""
    cv2.setNumThreads(1)
    Pillow.init()
    buffer = io.BytesIO()
    Pillow.new("RGB", (64, 64), "white").save(buffer, "JPEG")
    (page,) = pages_of(buffer.getvalue(), "image/jpeg", limits)
    quality.glance(decode(page, limits).bgr, (64, 64))


def look(ask: Ask, data: bytes, limits: Limits, renew: Callable[[], None]) -> Answer:
    """`Look`; a page that can't be decoded refuses the file. Each page gets as much time as if it were alone."""
    until = time.monotonic() + LOOK_SECONDS
    pages = pages_of(data, ask.media_type, limits)
    advice: list[PageAdvice] = []
    looked = 0
    for number, page in enumerate(pages, 1):
        if looked and time.monotonic() > until:
            break
        renew()
        advice += [PageAdvice(page=number, code=code) for code in _advice(page, limits)]
        looked = number
    return Answer(Look(pages=len(pages), looked=looked, advice=tuple(advice)).model_dump(mode="json"))


def _advice(page: PageSource, limits: Limits) -> list[str]:
    raster = decode(page, limits.for_a_glance())
    if raster.glyphs:
        return []
    height, width = raster.bgr.shape[:2]
    uploaded = (round(width / raster.to_raster[0, 0]), round(height / raster.to_raster[1, 1]))
    return quality.glance(raster.bgr, uploaded)


def expand(ask: Ask, data: bytes, limits: Limits) -> Answer:
    """The pages: [kind, index, number of the file or -1 for the one that was sent], then the files of a ZIP."""
    pages = pages_of(data, ask.media_type, limits)
    files: list[bytes] = []
    rows: list[tuple[str, int, int]] = []
    for page in pages:
        if page.data is not data and not (files and files[-1] is page.data):
            files.append(page.data)
        rows.append((page.kind, page.index, -1 if page.data is data else len(files) - 1))
    return Answer({"pages": rows, "files": [len(file) for file in files]}, list(files))


def pixels(ask: Ask, data: bytes, limits: Limits) -> Answer:
    """One page: its size, how it came from what was uploaded, its text layer; then the pixels of `bgr`, and `bare`."""
    raster = decode(PageSource(data, ask.kind, ask.index), limits)
    bare = raster.bare is not raster.bgr
    head: dict[str, Any] = {
        "height": raster.bgr.shape[0],
        "width": raster.bgr.shape[1],
        "to_raster": raster.to_raster.tolist(),
        "glyphs": [[[glyph.text, *glyph.box] for glyph in line] for line in raster.glyphs],
        "bare": bare,
    }
    shown = [raster.bgr, raster.bare] if bare else [raster.bgr]
    return Answer(head, [image.tobytes() for image in shown])


def by_name(renew: Callable[[], None]) -> dict[str, Callable[[Ask, bytes, Limits], Answer]]:
    """What can be asked. `renew`: lets the limits of time begin again."""
    return {"look": functools.partial(look, renew=renew), "expand": expand, "decode": pixels}
