"""The shell of analyzer: artefacts in, `Analysis` out. Milliseconds per exam, so it needs no pool.

With a language model configured, what the local engine leaves open is asked of it, between two pure halves.
"""

import functools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.artefacts import Analysis, Paper, Reading
from runtime.job import Job
from runtime.kit import Kit
from runtime.llm.client import Llm
from runtime.llm.open import open_llm
from runtime.llm.settings import LlmSettings
from runtime.settings import RedisSettings, load
from runtime.stage import Stage
from services.analyzer.core import analyze, corrected
from services.analyzer.essay.reviews import with_reviews
from services.analyzer.knowledge import english
from services.analyzer.model import with_model
from services.analyzer.settings import AnalyzerSettings


@asynccontextmanager
async def open_stage(kit: Kit) -> AsyncIterator[Stage]:  # noqa: ARG001 - every stage is opened alike
    """Yield the stage."""
    english()  # read once, before the first exam
    async with open_llm(load(LlmSettings), load(RedisSettings)) as llm:
        yield Stage("analyzer", functools.partial(work, llm=llm), concurrency=AnalyzerSettings().concurrency)


async def work(job: Job, llm: Llm | None = None) -> Analysis:
    """Find and grade the answers of one exam."""
    submission = await job.submission()
    reading = await job.artefact(Reading)
    paper = await job.artefact(Paper)
    job.check()
    started = time.thread_time()
    analysis = corrected(analyze(submission, reading, paper, english()), paper, submission)
    analysis = with_reviews(analysis, submission, paper, english())
    spent = job.cpu_seconds + time.thread_time() - started
    if llm is not None:
        analysis = await with_model(llm, job, analysis, submission=submission, reading=reading, paper=paper)
    return analysis.model_copy(update={"cpu_seconds": round(spent, 4)})
