"""Stages that take a known time, one exam at a time, and keep the processor free: what is left is queueing and Kafka.

python -m bench.capacity starts it. Times are lognormal, with the means and variations of SERVICE.
"""

import asyncio
import math
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from contracts.artefacts import Analysis, Diagnosis, Paper, Reading, Report
from contracts.artefacts.paper import Header
from contracts.base import Contract
from runtime import log, metrics
from runtime.kit import Kit
from runtime.process import run
from runtime.settings import Settings
from runtime.stage import Job, Stage

SERVICE = {
    "ocr": (0.6, 0.5),
    "parser": (0.08, 0.3),
    "analyzer": (0.05, 0.3),
    "diagnostic": (0.03, 0.3),
    "report": (0.25, 0.3),
}
"""Mean in seconds and coefficient of variation of each stage."""


async def _report(job: Job, seconds: float) -> Report:
    document = await job.store("document", str(job.event.exam_id).encode())
    return Report(result=document, html=document, pdf=document, cpu_seconds=seconds)


async def _made(artefact: Contract) -> Contract:
    return artefact


_ARTEFACTS: Mapping[str, Callable[[Job, float], Awaitable[Contract]]] = {
    "ocr": lambda _, seconds: _made(Reading(pages=(), engine="played", cpu_seconds=seconds)),
    "parser": lambda _, seconds: _made(Paper(header=Header(), cpu_seconds=seconds)),
    "analyzer": lambda _, seconds: _made(Analysis(cpu_seconds=seconds)),
    "diagnostic": lambda _, seconds: _made(Diagnosis(cpu_seconds=seconds)),
    "report": _report,
}


def played(name: str) -> Callable[[Kit], AbstractAsyncContextManager[Stage]]:
    """The opener of a stage whose worker sleeps, and says that it worked."""
    mean, variation = SERVICE[name]
    spread = math.sqrt(math.log(1 + variation**2))
    chance = random.Random(name)

    @asynccontextmanager
    async def opener(_: Kit) -> AsyncIterator[Stage]:
        worker = asyncio.Semaphore(1)

        async def work(job: Job) -> Contract:
            async with worker:
                seconds = chance.lognormvariate(math.log(mean) - spread**2 / 2, spread)
                await asyncio.sleep(seconds)
            return await _ARTEFACTS[name](job, seconds)

        metrics.WORKERS.labels(name).set(1)
        yield Stage(name, work, concurrency=8)

    return opener


if __name__ == "__main__":
    log.configure("WARNING")
    sys.exit(asyncio.run(run(Settings(), {name: played(name) for name in SERVICE}, None, "bench")))
