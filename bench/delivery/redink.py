"""Redink as it is: its runtime around light stages, its gateway, five processes and one.

`python -m bench.delivery.redink NAME` runs a stage, `gateway` or `dual-write`: the composition root of the contest.
"""

import asyncio
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx

from bench.delivery import work as bench_work
from bench.delivery.contestant import Arena, Submit
from bench.delivery.topics import SESSION
from bench.delivery.work import STAGES
from contracts.artefacts import Analysis, Diagnosis, Paper, Reading, Report
from contracts.artefacts.paper import Header
from contracts.base import Contract
from deploy.native.process import Child, free_port
from deploy.native.services import create_topics
from runtime import log
from runtime.kit import Kit
from runtime.process import OpenGateway, run
from runtime.settings import KafkaSettings, Settings, load
from runtime.stage import Job, Pool, Stage
from services.gateway.app import open_gateway

KEY = "rk_bench00_" + "k" * 43
_PDF = b"%PDF-1.7\n"
_FAILED = {"FAILED", "EXPIRED", "CANCELLED"}


@dataclass(frozen=True)
class Redink:
    """`gateway`: which of the two gateways takes the uploads."""

    name: str = "redink"
    title: str = "Redink"
    gateway: str = "gateway"
    once: bool = False

    @property
    def gateways(self) -> tuple[str, ...]:
        return (self.gateway,)

    def prepare(self, arena: Arena) -> None:
        asyncio.run(_create(arena.stack.postgres_dsn, database(arena)))
        create_topics(self.environment(arena))

    def commands(self, arena: Arena) -> Mapping[str, Sequence[str]]:
        return {name: [sys.executable, "-m", __name__, name] for name in (*STAGES, self.gateway)}

    def environment(self, arena: Arena) -> Mapping[str, str]:
        """Everything as by default, except what only decides how long one waits for a lost process."""
        return arena.stack.environment() | {
            "REDINK_KAFKA_TOPIC_PREFIX": arena.prefix,
            "REDINK_POSTGRES_DSN": dsn(arena),
            "REDINK_BLOBS_URL": (arena.work.folder / "blobs").as_uri(),
            "REDINK_HTTP_HOST": "127.0.0.1",
            "REDINK_HTTP_PORT": "0",  # a stage's is looked at by nobody here
            "BENCH_GATEWAY_PORT": str(_port(arena)),
            "REDINK_GATEWAY_DEV_KEY": KEY,
            "REDINK_GATEWAY_UPLOAD_SECONDS": "4",
            "REDINK_GATEWAY_UPLOAD_IDLE_SECONDS": "1",
            "REDINK_GATEWAY_SILENCE_SECONDS": "10",
            "REDINK_GATEWAY_SWEEP_SECONDS": "1",
        }

    @contextmanager
    def uploader(self, arena: Arena) -> Iterator[Submit]:
        """Accepted once 202 was answered; a repeated upload has the same Idempotency-Key."""
        base = f"http://127.0.0.1:{_port(arena)}/api/v1"
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {KEY}"}, timeout=20) as client:

            def submit(key: str) -> str:
                answer = client.post(
                    "/exams",
                    data={"subject": "math", "grade": "7"},
                    files=[("files", (f"{key}.pdf", _PDF + key.encode(), "application/pdf"))],
                    headers={"Idempotency-Key": key},
                )
                answer.raise_for_status()
                return str(answer.json()["exam_id"])

            yield submit

    def broker(self, arena: Arena) -> Child:
        return arena.broker()

    def reports(self, arena: Arena) -> Counter[str]:
        """A customer is told by the exam's events, which are numbered rows."""
        rows = "SELECT exam_id::text, count(*) FROM exam_events WHERE status = 'COMPLETED' GROUP BY 1"
        return Counter(dict(asyncio.run(_fetch(arena, rows))))

    def failed(self, arena: Arena) -> set[str]:
        return {exam for exam, status in self._states(arena) if status in _FAILED}

    def held(self, arena: Arena, exams: Collection[str]) -> set[str]:
        """In flight: the sweeper publishes it again, or lets it expire."""
        return {exam for exam, status in self._states(arena) if status not in _FAILED | {"COMPLETED"}}

    def _states(self, arena: Arena) -> list[tuple[str, str]]:
        return asyncio.run(_fetch(arena, "SELECT exam_id::text, status FROM exams"))


def database(arena: Arena) -> str:
    """A database of the contestant's own."""
    return f"bench_{arena.prefix.strip('.').replace('-', '_')}"


def dsn(arena: Arena) -> str:
    """Where it is."""
    return urlsplit(arena.stack.postgres_dsn)._replace(path=f"/{database(arena)}").geturl()


_ports: dict[str, int] = {}


def _port(arena: Arena) -> int:
    if arena.prefix not in _ports:
        _ports[arena.prefix] = free_port()
    return _ports[arena.prefix]


async def _create(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


async def _fetch(arena: Arena, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn(arena))
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    except asyncpg.UndefinedTableError:  # the gateway has not come up yet
        return []
    finally:
        await connection.close()


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
        yield Stage(name, work, pool=Pool(1), soft_timeout=30, hard_timeout=40, concurrency=1)

    return opener


def impatient_settings() -> Settings:
    """From the environment."""
    settings = Settings()
    settings.kafka = load(ImpatientKafka)
    log.configure(settings.log.level)
    return settings


def serve(name: str, gateways: Mapping[str, OpenGateway]) -> int:
    """Run a stage or one of the gateways."""
    settings = impatient_settings()
    stages = {} if name in gateways else {name: light_stage(name)}
    if name in gateways:
        import os  # noqa: PLC0415

        settings.http.port = int(os.environ["BENCH_GATEWAY_PORT"])
    return asyncio.run(run(settings, stages, gateways.get(name), "bench"))


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1], {"gateway": open_gateway}))
