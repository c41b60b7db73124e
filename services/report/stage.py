"""The shell of report: artefacts in; result document, HTML and PDF stored; `Report` out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pylopdf_fonts_zh_cn import sans_path

from contracts.artefacts import Analysis, Diagnosis, Paper, Reading, Report
from contracts.errors import ErrorCode, Permanent
from contracts.result import Result
from runtime.job import Job
from runtime.kit import Kit
from runtime.stage import Pool, Stage
from services.report.core import compose, pages_needed, render
from services.report.core.pdf import warm_up
from services.report.settings import ReportSettings

_FONTS: tuple[Path, ...] = (sans_path().parent,)  # Noto Sans SC and Noto Serif SC


@asynccontextmanager
async def open_stage(kit: Kit) -> AsyncIterator[Stage]:
    """Yield the stage; fonts are loaded once per worker process."""
    settings = ReportSettings()
    pool = Pool(workers=settings.workers, initializer=warm_up, initargs=(_FONTS,))
    work = partial(_work, kit, settings)
    yield Stage("report", work, pool=pool, concurrency=settings.concurrency)


async def _work(kit: Kit, settings: ReportSettings, job: Job) -> Report:
    submission = await job.submission()
    reading, paper = await job.artefact(Reading), await job.artefact(Paper)
    analysis, diagnosis = await job.artefact(Analysis), await job.artefact(Diagnosis)
    artefacts = (submission, reading, paper, analysis, diagnosis)
    result = compose(job.event.exam_id, *artefacts, _versions(), revision=job.event.revision)
    pages = await _pages(kit, job, reading, pages_needed(result))
    html, pdf = await job.cpu(
        _render, result, paper, diagnosis, pages, settings.max_crops, submission.locale, timeout=settings.render_timeout
    )
    spent = round(result.cost.cpu_seconds + job.cpu_seconds, 3)
    result = result.model_copy(update={"cost": result.cost.model_copy(update={"cpu_seconds": spent})})
    job.check()
    return Report(
        result=await job.store("result.json", result.model_dump_json(by_alias=True).encode()),
        html=await job.store("report.html", html),
        pdf=await job.store("report.pdf", pdf),
        pages=tuple(page.image for page in reading.pages if page.image),
        cpu_seconds=round(job.cpu_seconds, 3),
    )


def _render(  # noqa: PLR0917 - what crosses to a worker process
    result: Result, paper: Paper, diagnosis: Diagnosis, pages: dict[int, bytes], most_crops: int, locale: str
) -> tuple[bytes, bytes]:
    return render(result, paper, diagnosis, pages, _FONTS, most_crops=most_crops, locale=locale)


async def _pages(kit: Kit, job: Job, reading: Reading, needed: tuple[int, ...]) -> dict[int, bytes]:
    """The rectified pages by number. A picture that is gone costs the report its crops, not its existence."""
    pages = {}
    for page in reading.pages:
        if page.image is None or page.page not in needed:
            continue
        try:
            pages[page.page] = await job.blob(page.image)
        except Permanent as error:
            if error.code is not ErrorCode.ARTEFACT_MISSING:
                raise
            kit.log.warning("page_image_missing", exam_id=str(job.event.exam_id), page=page.page)
    return pages


def _versions() -> dict[str, str]:
    try:
        return {"redink": version("redink")}
    except PackageNotFoundError:  # run from a checkout that isn't installed
        return {"redink": "unreleased"}
