"""The shell of ocr: the upload's files in, `Reading` and the rectified pages' pictures out."""

import asyncio
import functools
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from contracts.artefacts.reading import Page, Reading
from contracts.artefacts.submission import UploadedFile
from contracts.errors import ErrorCode, Permanent, Transient
from runtime.job import Job, understood
from runtime.kit import Kit
from runtime.settings import BadSettings
from runtime.stage import Pool, Stage
from services.ocr import worker
from services.ocr.backend import chosen
from services.ocr.core.hand.alphabet import VERSION
from services.ocr.core.sessions import BACKENDS
from services.ocr.core.sources import PageSource
from services.ocr.opener.files import Confined, Files
from services.ocr.opener.process import open_opener
from services.ocr.outside import version_of
from services.ocr.settings import BUILT_IN, OcrSettings

T = TypeVar("T")

LEGIBLE = 0.3
"""Confidence below which a line is no sign of text: a photo of something round reads as "o" with 0.15."""


@asynccontextmanager
async def open_stage(kit: Kit) -> AsyncIterator[Stage]:  # noqa: ARG001 - every stage is opened alike
    """Yield the stage. Models load in the pool's processes, before they take work."""
    settings = OcrSettings()
    name, version = await engine_of(settings)
    models = (name, settings.threads, settings.detector_side, settings.precision)
    async with open_opener(settings.opener_socket) as socket:
        files = Confined(socket, settings.open_seconds + settings.page_timeout)
        yield Stage(
            "ocr",
            functools.partial(read_exam, settings=settings, files=files, name=name, version=version),
            pool=Pool(workers=settings.workers, initializer=worker.warm, initargs=(*models, files)),
            concurrency=settings.concurrency,
        )


async def engine_of(settings: OcrSettings) -> tuple[str, str]:
    """What the workers know the engine by, and what results call it. Raises BadSettings when there is no such engine."""
    if settings.engine == BUILT_IN:
        backend = await chosen(settings.backend)
        return backend, f"{BUILT_IN}+{VERSION}/{backend}"
    if settings.engine in BACKENDS:
        raise BadSettings(
            f"REDINK_OCR_ENGINE: {settings.engine} is a backend of {BUILT_IN}: set REDINK_OCR_BACKEND to it"
        )
    return settings.engine, await version_of(settings.engine, settings.threads, settings.detector_side)


async def read_exam(job: Job, settings: OcrSettings, files: Files, name: str, version: str) -> Reading:
    """Read all pages of one exam, in parallel. Permanent(NO_TEXT_FOUND) when there is nothing on any of them.

    `name`, `version`: as `engine_of` tells them.
    """
    submission = await job.submission()
    expanded = await _all(_expand(job, file, files, settings.page_timeout) for file in submission.files)
    sources = [source for file in expanded for source in file]
    if len(sources) > settings.max_pages:
        raise Permanent(ErrorCode.TOO_MANY_PAGES, f"more than {settings.max_pages} pages")
    engine = functools.partial(worker.use_engine, name, settings.threads, settings.detector_side, settings.precision)
    read: list[int] = []

    async def page(number: int, source: PageSource) -> Page:
        job.check()
        found = await _page_kept(job, number) if len(sources) > 1 else None
        if found is None:
            reading = job.cpu(worker.read, source, number, files, engine, timeout=settings.page_timeout)
            bare, picture, opening = await reading
            job.cpu_seconds += opening
            found = bare.model_copy(update={"image": await job.store(f"page-{number}.jpg", picture)})
            if len(sources) > 1:
                await job.store(f"page-{number}.json", found.model_dump_json().encode())
        read.append(number)
        await job.progress(len(read), len(sources))
        return found

    await job.progress(0, len(sources))
    pages = await _all(page(number, source) for number, source in enumerate(sources, 1))
    if not any(page.bubbles or any(line.confidence >= LEGIBLE for line in page.lines) for page in pages):
        raise Permanent(ErrorCode.NO_TEXT_FOUND)
    return Reading(pages=tuple(pages), engine=version, cpu_seconds=round(job.cpu_seconds, 3))


async def _page_kept(job: Job, number: int) -> Page | None:
    """The page as an earlier attempt at this exam read it: a crash costs no more than the pages it interrupted."""
    data = await job.stored(f"page-{number}.json")
    try:
        return None if data is None else understood(Page, data)
    except Transient:  # a torn read: the page is read anew, which costs less than another attempt
        return None


async def _expand(job: Job, file: UploadedFile, files: Files, seconds: float) -> list[PageSource]:
    data = await job.blob(file.blob)
    pages, opening = await job.cpu(worker.expand, data, file.media_type, files, timeout=seconds)
    job.cpu_seconds += opening
    return pages


async def _all(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Results of all coroutines in order; the first failure cancels the rest and is raised as it is."""
    tasks = [asyncio.ensure_future(item) for item in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
