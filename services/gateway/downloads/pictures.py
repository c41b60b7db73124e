"""Pictures made of a rectified page: as PNG, or what one question takes of it.

The pages are JPEGs that ocr made; what clients uploaded is never decoded here.
"""

import asyncio
import io
from collections.abc import Callable, Sequence
from typing import TypeVar

from PIL import Image, UnidentifiedImageError

from contracts.base import Box
from contracts.errors import Transient

T = TypeVar("T")
_AT_ONCE = 2
_MOST_PIXELS = 40_000_000
_PAD = 8
_GAP = 12
_SMALLEST = 4


class Pictures:
    """Decodes few pages at a time, in threads: Pillow lets go of the interpreter for nearly all of it."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def png(self, jpeg: bytes) -> bytes:
        """The page as PNG; Transient when it isn't a picture."""
        return await self._do(lambda: _encoded(_opened(jpeg)))

    async def cut(self, parts: Sequence[tuple[bytes, Box]]) -> bytes | None:
        """The parts of pages below each other as one PNG, in colour; None when nothing of them lies on its page."""
        return await self._do(lambda: _stacked(parts))

    async def _do(self, work: Callable[[], T]) -> T:
        async with self._turn:
            return await asyncio.to_thread(work)


def _opened(jpeg: bytes) -> Image.Image:
    try:
        page = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
        if page.width * page.height > _MOST_PIXELS:
            raise Transient("a page has more pixels than a page")
        page.load()
    except (OSError, UnidentifiedImageError):
        raise Transient("a page is no picture") from None
    return page


def _stacked(parts: Sequence[tuple[bytes, Box]]) -> bytes | None:
    pieces = [piece for jpeg, box in parts if (piece := _cut(_opened(jpeg), box)) is not None]
    if not pieces:
        return None
    height = sum(piece.height for piece in pieces) + _GAP * (len(pieces) - 1)
    whole = Image.new("RGB", (max(piece.width for piece in pieces), height), "white")
    top = 0
    for piece in pieces:
        whole.paste(piece, (0, top))
        top += piece.height + _GAP
    return _encoded(whole)


def _cut(page: Image.Image, box: Box) -> Image.Image | None:
    left, top = max(0, int(box[0]) - _PAD), max(0, int(box[1]) - _PAD)
    right, bottom = min(page.width, int(box[2]) + _PAD), min(page.height, int(box[3]) + _PAD)
    if right - left < _SMALLEST or bottom - top < _SMALLEST:
        return None
    return page.crop((left, top, right, bottom)).convert("RGB")


def _encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=3)
    return out.getvalue()
