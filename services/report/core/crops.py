"""Pictures of questions, cut from the rectified pages."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from PIL import Image, ImageChops, ImageFilter

from contracts.artefacts.paper import Region
from contracts.result import ResultQuestion
from services.report.core.dilation import brightest

_PAD = 12, 4  # pixels of the rectified page beside and above a region: neighbours' lines are close
_WIDEST, _TALLEST = 1240, 900  # pixels of a crop after scaling
_MOST_REGIONS = 2
_MOST_BYTES = 3_000_000  # of all crops of one report
_QUALITY = 74
_SMALLEST = 12
_SHRINK = 4  # the search for ink, and for the paper around it, works on a smaller picture
_WHITE = 250  # what paper is made
_INK = 36  # grey levels darker than the paper around
_CORNER = 18, 6  # columns and rows of the smaller picture: no larger is the tip of a neighbour's mark
_GAP = 2  # rows of empty paper between it and what is the question's own
_MARGIN = 24
_NARROWEST = 420  # a crop keeps at least this much of its region


@dataclass(frozen=True)
class Crop:
    """A JPEG of part of a question, `width` x `height` pixels; `span`: the share of the page's width that it shows."""

    jpeg: bytes
    width: int
    height: int
    span: float


def needs_crop(question: ResultQuestion) -> bool:
    """Whether a reader wants to see the paper: points were lost, or someone must look."""
    return question.needs_review or question.verdict in {"wrong", "partial", "blank"}


def crops_of(pages: Mapping[int, bytes], questions: Sequence[ResultQuestion], most: int) -> dict[int, tuple[Crop, ...]]:
    """Crops by index into `questions`, of at most `most` questions and 3 MB in all; those that lost points go first.

    `pages`: JPEG of the rectified pages by page number; a page that is not there has no crops. Raises OSError when a
    page is not a picture.
    """
    opened = {number: Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) for number, data in pages.items()}
    found: dict[int, tuple[Crop, ...]] = {}
    spent = 0
    wanted = [(index, question) for index, question in enumerate(questions) if needs_crop(question)]
    for index, question in sorted(wanted, key=lambda pair: pair[1].verdict in {"correct", "ungraded"}):
        if len(found) >= most or spent >= _MOST_BYTES:
            break
        regions = [region for region in question.regions if region.page in opened][:_MOST_REGIONS]
        cut = tuple(crop for region in regions if (crop := _crop(opened[region.page], region)))
        if cut:
            found[index] = cut
            spent += sum(len(crop.jpeg) for crop in cut)
    return found


def _crop(page: Image.Image, region: Region) -> Crop | None:
    x0, y0, x1, y1 = region.box
    box = (
        max(0, int(x0) - _PAD[0]),
        max(0, int(y0) - _PAD[1]),
        min(page.width, int(x1) + _PAD[0]),
        min(page.height, int(y1) + _PAD[1]),
    )
    if box[2] - box[0] < _SMALLEST or box[3] - box[1] < _SMALLEST:
        return None
    picture = _trimmed(page.crop(box).convert("RGB"))
    span = picture.width / page.width
    picture.thumbnail((_WIDEST, _TALLEST), Image.Resampling.LANCZOS)
    picture = _lit(picture)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return Crop(buffer.getvalue(), picture.width, picture.height, span)


def _lit(picture: Image.Image) -> Image.Image:
    """Evenly lit: every colour brightened as the bare paper around it needs, so that shadows neither distract nor print.

    In 8 bits, which costs Pillow half of a division: ink + ink * gain, and again where paper in a shadow is so dark that
    once does not make it white.
    """
    small = picture.reduce(_SHRINK)
    bare = brightest(small, 7).filter(ImageFilter.GaussianBlur(8))
    darkest = min(least for least, _ in cast("Sequence[tuple[int, int]]", bare.getextrema()))
    for white in (_WHITE, _WHITE / 2) if darkest < _WHITE / 2 else (_WHITE,):
        gain = bare.point(_gains(white)).resize(picture.size, Image.Resampling.BILINEAR)
        picture = ImageChops.add(picture, ImageChops.multiply(picture, gain))
    return picture


@cache
def _gains(white: float) -> list[int]:
    """What brings paper of each grey level to `white`, in 255ths of it, for each of three channels."""
    return [min(255, max(0, round(255 * (white / max(paper, 1) - 1)))) for paper in range(256)] * 3


def _trimmed(picture: Image.Image) -> Image.Image:
    """Without the empty paper at the right and at the bottom, so that the writing can be shown larger; and without the
    corners of neighbours' marks.
    """
    grey = picture.reduce(_SHRINK).convert("L")
    paper = brightest(grey, 4).filter(ImageFilter.GaussianBlur(3))
    inked = ImageChops.subtract(paper, grey).point([0] * _INK + [255] * (256 - _INK))
    top, end = _own_rows(inked)
    ink = inked.crop((0, top, inked.width, end)).getbbox()
    if ink is None:
        return picture
    first, last = top * _SHRINK, min(picture.height, end * _SHRINK)
    right = min(picture.width, max(ink[2] * _SHRINK + _MARGIN, _NARROWEST))
    bottom = min(last, max((top + ink[3]) * _SHRINK + _MARGIN, picture.height // 3))
    return picture.crop((0, first, right, bottom))


def _own_rows(inked: Image.Image) -> tuple[int, int]:
    """The first row and the end of what is the question's own.

    What an edge cuts off, small and with empty paper between it and all else, is the tip of a neighbour's tick.
    """
    _, rows = inked.getprojection()
    height = len(rows)
    top, end = 0, height
    above = rows.index(0) if 0 in rows else height
    if _is_corner(inked, rows[above : above + _GAP], (0, above)):
        top = above
    below = height - (rows[::-1].index(0) if 0 in rows else height)
    if below > top and _is_corner(inked, rows[max(below - _GAP, 0) : below], (below, height)):
        end = below
    return top, end


def _is_corner(inked: Image.Image, beside: Sequence[int], rows: tuple[int, int]) -> bool:
    """Whether the ink of these rows, at an edge, is no larger than a mark's tip, and those `beside` them are empty."""
    found = inked.crop((0, rows[0], inked.width, rows[1])).getbbox() if rows[0] < rows[1] else None
    small = found is not None and found[2] - found[0] <= _CORNER[0] and rows[1] - rows[0] <= _CORNER[1]
    return small and len(beside) == _GAP and not any(beside)
