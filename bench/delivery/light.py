"""Redink's own runtime around stages whose work is the contest's."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from bench.delivery import work as bench_work
from bench.delivery.topics import SESSION
from contracts.artefacts import Analysis, Diagnosis, Paper, Reading, Report
from contracts.artefacts.paper import Header
from contracts.base import Contract
from runtime import log
from runtime.kit import Kit
from runtime.process import OpenGateway, run
from runtime.settings import KafkaSettings, Settings, load
from runtime.stage import Job, Pool, Stage


class ImpatientKafka(KafkaSettings):
    """A dead member is missed as soon as with the other contestants."""

    @property
    def consumer(self) -> dict[str, Any]:
        """As ever, but for the session."""
        return super().consumer | SESSION


async def _report(job: Job) -> Report:
    document = await job.store("document", str(uuid.uuid4()).encode())
    return Report(result=document, html=document, pdf=document)


async def _made(artefact: Contract) -> Contract:
    return artefact


_ARTEFACTS: Mapping[str, Callable[[Job], Awaitable[Contract]]] = {
    "ocr": lambda _: _made(Reading(pages=(), engine="light")),
    "parser": lambda _: _made(Paper(header=Header())),
    "analyzer": lambda _: _made(Analysis()),
    "diagnostic": lambda _: _made(Diagnosis()),
    "report": _report,
}


def light_stage(name: str) -> Callable[[Kit], AbstractAsyncContextManager[Stage]]:
    """A real stage with the contest's work, one exam at a time in a pool process, like a Celery worker's child."""

    async def work(job: Job) -> Contract:
        await job.cpu(bench_work.do, str(job.event.exam_id), name)
        return await _ARTEFACTS[name](job)

    @asynccontextmanager
    async def opener(_: Kit) -> AsyncIterator[Stage]:
        yield Stage(name, work, pool=Pool(1), concurrency=1)

    return opener


def _settings() -> Settings:
    """From the environment."""
    settings = Settings()
    settings.kafka = load(ImpatientKafka)
    log.configure(settings.log.level)
    return settings


def serve(name: str, gateways: Mapping[str, OpenGateway]) -> int:
    """Run a stage or one of the gateways."""
    settings = _settings()
    stages = {} if name in gateways else {name: light_stage(name)}
    if name in gateways:
        settings.http.port = int(os.environ["BENCH_GATEWAY_PORT"])
    return asyncio.run(run(settings, stages, gateways.get(name), "bench"))
