"""Crops of the questions that a model is asked about, without what says who wrote them."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

from PIL import Image

from contracts.artefacts.paper import Paper, Region
from contracts.artefacts.reading import Page, Reading
from contracts.artefacts.submission import Submission
from contracts.base import Box
from contracts.errors import Permanent, Transient
from runtime import log
from runtime.job import Job
from runtime.llm.wire import MOST_PIXELS, Picture
from services.analyzer.rubric.questions import Case
from services.analyzer.rubric.strips import private_words, strips

_MOST_REGIONS = 2
_SMALLEST = 24  # pixels of a crop's side
_MOST_HIDDEN = 0.5  # share of a crop: with more of it painted over it says nothing
_QUALITY = 80
_BAR = (128, 128, 128)


async def with_pictures(
    job: Job, cases: Sequence[Case], *, submission: Submission, reading: Reading, paper: Paper
) -> list[Case]:
    """The cases, with crops of their questions where there are any; a picture that can't be had is left out.

    Where a text speaks to graders, the picture would, too: none is sent. Raises what `job.check` raises.
    """
    regions = {question.path: question.regions[:_MOST_REGIONS] for question in paper.questions}
    wanted = {region.page for case in cases if not case.suspicious for region in regions[case.answer.path]}
    pages = {page.page: page for page in reading.pages if page.page in wanted}
    files = {number: data for number, page in pages.items() if (data := await _file(job, page)) is not None}
    private = private_words(submission, paper)
    found: list[Case] = []
    for case in cases:
        shown: tuple[Picture, ...] = ()
        if not case.suspicious:
            shown = await asyncio.to_thread(crops, regions[case.answer.path], pages, files, private)
        found.append(replace(case, ask=replace(case.ask, pictures=shown)))
    return found


async def _file(job: Job, page: Page) -> bytes | None:
    """The page's picture. Without its lines nobody knows where a name stands: then it is of no use."""
    if page.image is None or not page.lines:
        return None
    try:
        return await job.blob(page.image)
    except (Transient, Permanent) as error:
        log.get("analyzer").warning("a page's picture is not sent", error=log.what(error))
        return None


def crops(
    regions: Sequence[Region], pages: Mapping[int, Page], files: Mapping[int, bytes], private: Sequence[str]
) -> tuple[Picture, ...]:
    """Of regions on pages whose picture is there: JPEG of at most MOST_PIXELS, strips painted over before it is cut."""
    found = (_crop(files[r.page], pages[r.page], r.box, private) for r in regions if r.page in files)
    return tuple(picture for picture in found if picture is not None)


def _crop(data: bytes, page: Page, region: Box, private: Sequence[str]) -> Picture | None:
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG")).convert("RGB")
    except OSError:
        log.get("analyzer").warning("a page's picture can't be opened")
        return None
    box = _scaled(region, image, page)
    if min(box[2] - box[0], box[3] - box[1]) < _SMALLEST:
        return None
    hidden = [_scaled(strip, image, page) for strip in strips(page, private)]
    if _covered(box, hidden) > _MOST_HIDDEN:
        return None
    for strip in hidden:
        image.paste(_BAR, strip)
    picture = image.crop(box)
    shrink = (MOST_PIXELS / (picture.width * picture.height)) ** 0.5
    if shrink < 1:
        size = max(1, int(picture.width * shrink)), max(1, int(picture.height * shrink))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return Picture(buffer.getvalue())


def _scaled(box: Box, image: Image.Image, page: Page) -> tuple[int, int, int, int]:
    """In pixels of the picture, and within it; rounded outwards."""
    across, down = image.width / page.width, image.height / page.height
    x0, y0, x1, y1 = box
    left, top = max(0, int(x0 * across)), max(0, int(y0 * down))
    return left, top, max(left, min(image.width, int(x1 * across) + 1)), max(top, min(image.height, int(y1 * down) + 1))


def _covered(box: tuple[int, int, int, int], hidden: Sequence[tuple[int, int, int, int]]) -> float:
    """The share of a box that strips cover, counted by its rows and columns."""
    mask = Image.new("1", (box[2] - box[0], box[3] - box[1]))
    for x0, y0, x1, y1 in hidden:
        mask.paste(1, (max(0, x0 - box[0]), max(0, y0 - box[1]), max(0, x1 - box[0]), max(0, y1 - box[1])))
    return mask.convert("L").histogram()[255] / (mask.width * mask.height)
