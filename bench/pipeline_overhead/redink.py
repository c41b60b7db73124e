"""Redink as a system to be measured: its gateway and a process per stage, on either broker.

`python -m bench.pipeline_overhead.redink NAME` is one of its processes when the stages have nothing to do.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg

from bench.delivery.workers import Workers
from bench.pipeline_overhead.running import STAGES, Running, System, Work, until_ready
from contracts.artefacts import Analysis, Diagnosis, Paper, Reading, Report
from contracts.artefacts.paper import Header
from contracts.base import Contract
from contracts.result import Result, ResultDiagnosis, ResultReport, ResultScore
from deploy.native.process import free_port
from deploy.native.services import create_topics
from deploy.native.stack import BrokerKind, Stack, embedded_stack
from runtime import log
from runtime.kit import Kit
from runtime.process import run
from runtime.settings import Settings
from runtime.stage import Job, Stage

KEY = "rk_bench00_" + "k" * 43
_ENDED = "SELECT exam_id::text, extract(epoch FROM completed_at) FROM exams WHERE status = 'COMPLETED'"
_HELD = "SELECT exam_id::text FROM exams WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')"


@asynccontextmanager
async def _open(folder: Path, work: Work, broker: BrokerKind) -> AsyncIterator[Running]:
    with embedded_stack(folder / "servers", broker) as stack:
        settings = _settings(stack, folder)
        create_topics(settings)
        ports = {name: free_port() for name in (*STAGES, "gateway")}
        workers = Workers(_commands(work, ports), settings, folder / "log")
        workers.start()
        database = None
        try:
            await until_ready({name: f"http://127.0.0.1:{port}/readyz" for name, port in ports.items()}, folder / "log")
            database = await asyncpg.connect(stack.postgres_dsn)
            yield _running(workers, stack, database, ports["gateway"], folder / "log")
        finally:
            if database:
                await database.close()
            workers.stop()


def _running(workers: Workers, stack: Stack, database: asyncpg.Connection, port: int, logs: Path) -> Running:
    async def finished(_: Collection[str]) -> dict[str, float]:
        return {exam: float(at) for exam, at in await database.fetch(_ENDED)}

    async def held(_: Collection[str]) -> set[str]:
        return {exam for (exam,) in await database.fetch(_HELD)}

    servers = [child for child in (stack.postgres, stack.valkey, stack.broker) if child]
    url = f"http://127.0.0.1:{port}/api/v1/exams"
    headers = {"Authorization": f"Bearer {KEY}"}
    return Running(url, headers, workers, STAGES, servers, finished, held, logs)


def _settings(stack: Stack, folder: Path) -> dict[str, str]:
    """As by default; only a killed member is missed sooner, so that the recovery is in the run."""
    return stack.environment() | {
        "REDINK_BLOBS_URL": (folder / "blobs").as_uri(),
        "REDINK_HTTP_HOST": "127.0.0.1",
        "REDINK_GATEWAY_DEV_KEY": KEY,
        "REDINK_GATEWAY_MAX_IN_FLIGHT": "100000",
        "REDINK_KAFKA_SESSION_TIMEOUT": "6",
        "REDINK_LOG_LEVEL": "WARNING",
        "REDINK_OCR_WORKERS": "2",
    }


def _commands(work: Work, ports: Mapping[str, int]) -> dict[str, Sequence[str]]:
    def command(name: str) -> Sequence[str]:
        program = "services" if work == "real" or name == "gateway" else __spec__.name
        return ["/usr/bin/env", f"REDINK_HTTP_PORT={ports[name]}", sys.executable, "-m", program, name]

    return {name: command(name) for name in ports}


async def _report(job: Job) -> Report:
    """With a result document that the gateway can read, as it does when an exam has ended."""
    score = ResultScore(earned=None, max=None, graded=0, needs_review=0)
    links = ResultReport(html="", pdf="")
    diagnosis = ResultDiagnosis(engine="none", summary="")
    exam = str(job.event.exam_id)
    result = Result(exam_id=exam, subject="math", grade=7, title="", score=score, diagnosis=diagnosis, report=links)
    document = await job.store("result.json", result.model_dump_json(by_alias=True).encode())
    return Report(result=document, html=document, pdf=document)


async def _made(artefact: Contract) -> Contract:
    return artefact


_ARTEFACTS: Mapping[str, Callable[[Job], Awaitable[Contract]]] = {
    "ocr": lambda _: _made(Reading(pages=(), engine="none")),
    "parser": lambda _: _made(Paper(header=Header())),
    "analyzer": lambda _: _made(Analysis()),
    "diagnostic": lambda _: _made(Diagnosis()),
    "report": _report,
}


def idle(name: str) -> Callable[[Kit], AbstractAsyncContextManager[Stage]]:
    """The opener of a stage that hands on an empty artefact."""

    async def work(job: Job) -> Contract:
        return await _ARTEFACTS[name](job)

    @asynccontextmanager
    async def opener(_: Kit) -> AsyncIterator[Stage]:
        yield Stage(name, work, concurrency=8)

    return opener


KAFKA = System("kafka", "Redink on Apache Kafka", partial(_open, broker="kafka"))
EMBEDDED = System("embedded", "Redink on the embedded broker", partial(_open, broker="tansu"))


def main(name: str) -> int:
    """Run one stage."""
    settings = Settings()
    log.configure(settings.log.level)
    return asyncio.run(run(settings, {name: idle(name)}, None, "bench"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
