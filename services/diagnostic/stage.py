"""The shell of diagnostic: artefacts in, `Diagnosis` out. A diagnosis takes milliseconds, so it needs no pool."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.artefacts import Analysis, Diagnosis, Paper
from runtime.job import Job
from runtime.kit import Kit
from runtime.stage import Stage
from services.diagnostic.core import diagnose
from services.diagnostic.settings import DiagnosticSettings


@asynccontextmanager
async def open_stage(kit: Kit) -> AsyncIterator[Stage]:  # noqa: ARG001 - every stage is opened alike
    """Yield the stage."""
    yield Stage("diagnostic", work, concurrency=DiagnosticSettings().concurrency)


async def work(job: Job) -> Diagnosis:
    """Diagnose one exam."""
    submission = await job.submission()
    paper = await job.artefact(Paper)
    analysis = await job.artefact(Analysis)
    started = time.thread_time()
    diagnosis = diagnose(submission, paper, analysis, submission.background)
    spent = job.cpu_seconds + time.thread_time() - started
    return diagnosis.model_copy(update={"cpu_seconds": round(spent, 4)})
