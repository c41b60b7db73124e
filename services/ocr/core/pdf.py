"""PDF pages: pixels at a size that follows from the page itself, and the text layer of born-digital ones."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pypdfium2
from pypdfium2 import raw

from services.ocr.core.raster import Glyph, Image, Raster

DOTS_PER_INCH = 150
"""Size of uploaded pixels of a page that is not one big picture."""
FULL_PAGE = 0.85
"""A picture over this share of the page *is* the page: its own pixels count."""
MIN_GLYPHS = 8
MAX_UNMAPPED = 0.1
"""A text layer with more characters without a meaning than this share is not worth having."""
INVISIBLE = 3
"""Text render mode of the hidden layer that scanners' OCR adds."""
GAP_EMS = 1.6
"""A wider gap inside a text line starts a new one: option rows, table cells, blanks."""


def page_count(data: bytes) -> int:
    """Raises pypdfium2.PdfiumError when broken or encrypted."""
    with closing(pypdfium2.PdfDocument(data)) as document:
        return len(document)


def render(data: bytes, index: int, working_side: int) -> Raster:
    """One page. Uploaded pixels are those of its full-page picture when it has one, else 150 to the inch."""
    with closing(pypdfium2.PdfDocument(data)) as document, closing(document[index]) as page:
        width, height = page.get_size()
        dots = _full_page_scale(page, width, height) or DOTS_PER_INCH / 72
        uploaded = max(width, height) * dots
        scale = dots * min(1.0, working_side / uploaded) if uploaded > 0 else 1.0
        bgr = _pixels(page, scale)
        glyphs = tuple(_lines(page, scale, height))
        bare = bgr
        if glyphs:
            for item in [o for o in page.get_objects(max_depth=1) if o.type == raw.FPDF_PAGEOBJ_TEXT]:
                page.remove_obj(item)
            page.gen_content()
            bare = _pixels(page, scale)
    return Raster(bgr, np.diag([scale / dots, scale / dots, 1.0]), bare, glyphs)


def _pixels(page: Any, scale: float) -> Image:
    bitmap = page.render(scale=scale, rev_byteorder=False, prefer_bgrx=False, no_smoothtext=False)
    with closing(bitmap):
        pixels = bitmap.to_numpy()
        if pixels.ndim == 2:
            pixels = np.repeat(pixels[:, :, None], 3, axis=2)
        return np.ascontiguousarray(pixels[:, :, :3])


def _full_page_scale(page: Any, width: float, height: float) -> float | None:
    """Picture pixels per point of the largest picture that covers the page."""
    best = None
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        left, bottom, right, top = item.get_bounds()
        seen_wide, seen_high = min(right, width) - max(left, 0), min(top, height) - max(bottom, 0)
        if seen_wide > 0 and seen_high > 0 and seen_wide * seen_high > FULL_PAGE * width * height:
            # A turned picture has its sides swapped; the longer of both pairs belong together.
            best = max(best or 0.0, max(item.get_px_size()) / max(right - left, top - bottom))
    return best


def _lines(page: Any, scale: float, height: float) -> Iterator[tuple[Glyph, ...]]:
    """Visual lines of the visible text layer; nothing when there is none to trust."""
    with closing(page.get_textpage()) as text:
        count = text.count_chars()
        if count < MIN_GLYPHS or not _is_visible(page):
            return
        codes = [raw.FPDFText_GetUnicode(text, i) for i in range(count)]
        if sum(code == 0 or 0xE000 <= code <= 0xF8FF for code in codes) > MAX_UNMAPPED * count:
            return
        line: list[Glyph] = []
        for index, code in enumerate(codes):
            character = "-" if code in {0xFFFE, 0x2} else chr(code) if code else ""
            if character in "\r\n" or not character:
                if line and character:
                    yield from _cut(line)
                    line = []
                continue
            left, bottom, right, top = text.get_charbox(index, loose=True)
            box = (left * scale, (height - top) * scale, right * scale, (height - bottom) * scale)
            line.append(Glyph(character, box))
        yield from _cut(line)


def _cut(line: list[Glyph]) -> Iterator[tuple[Glyph, ...]]:
    """A line cut at wide gaps and where the writing jumps back or to another height, without spaces at its ends."""
    part: list[Glyph] = []
    for glyph in [g for g in line if g.text.strip() or g.box[2] > g.box[0]]:
        if part and glyph.text.strip():
            last = next((g for g in reversed(part) if g.text.strip()), part[-1])
            # Some fonts give flat boxes for flat characters (一): the tallest neighbour tells the size of the type.
            em = max(1.0, glyph.box[3] - glyph.box[1], *(g.box[3] - g.box[1] for g in part[-6:]))
            gap = glyph.box[0] - last.box[2]
            fall = abs(glyph.box[1] + glyph.box[3] - last.box[1] - last.box[3]) / 2
            if gap > GAP_EMS * em or gap < -2 * em or fall > 0.9 * em:
                yield from _stripped(part)
                part = []
        part.append(glyph)
    yield from _stripped(part)


def _stripped(part: list[Glyph]) -> Iterator[tuple[Glyph, ...]]:
    solid = [i for i, glyph in enumerate(part) if glyph.text.strip()]
    if solid:
        yield tuple(part[solid[0] : solid[-1] + 1])


def _is_visible(page: Any) -> bool:
    items = list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=3))
    hidden = sum(raw.FPDFTextObj_GetTextRenderMode(item.raw) == INVISIBLE for item in items)
    return bool(items) and hidden * 2 < len(items)
