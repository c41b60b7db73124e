"""Redink as it is: its runtime around light stages, its gateway, five processes and one.

`python -m bench.delivery.redink NAME` runs a stage or `gateway`: the composition root of the contest.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx

from bench.delivery.contestant import Arena, Submit
from bench.delivery.light import serve
from bench.delivery.work import STAGES
from deploy.native.process import Child
from deploy.native.services import create_topics
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

    def restore(self, arena: Arena) -> None:
        """As the native launcher does."""
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
            "BENCH_GATEWAY_PORT": str(arena.port),
            "REDINK_GATEWAY_DEV_KEY": KEY,
            "REDINK_GATEWAY_UPLOAD_SECONDS": "4",
            "REDINK_GATEWAY_UPLOAD_IDLE_SECONDS": "1",
            "REDINK_GATEWAY_SILENCE_SECONDS": "10",
            "REDINK_GATEWAY_SWEEP_SECONDS": "1",
        }

    @contextmanager
    def uploader(self, arena: Arena) -> Iterator[Submit]:
        """Accepted once 202 was answered; a repeated upload has the same Idempotency-Key."""
        base = f"http://127.0.0.1:{arena.port}/api/v1"
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
        return Counter(dict(asyncio.run(fetch(arena, rows))))

    def failed(self, arena: Arena) -> set[str]:
        return {exam for exam, status in self._states(arena) if status in _FAILED}

    def held(self, arena: Arena, exams: Collection[str]) -> set[str]:
        """In flight: the sweeper publishes it again, or lets it expire."""
        return {exam for exam, status in self._states(arena) if status not in _FAILED | {"COMPLETED"}}

    def _states(self, arena: Arena) -> list[tuple[str, str]]:
        return asyncio.run(fetch(arena, "SELECT exam_id::text, status FROM exams"))


def database(arena: Arena) -> str:
    """A database of the contestant's own."""
    return f"bench_{arena.prefix.strip('.').replace('-', '_')}"


def dsn(arena: Arena) -> str:
    """Where it is."""
    return urlsplit(arena.stack.postgres_dsn)._replace(path=f"/{database(arena)}").geturl()


async def _create(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


async def fetch(arena: Arena, query: str) -> list[tuple[Any, ...]]:
    """Rows of the contestant's database."""
    connection = await asyncpg.connect(dsn(arena))
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    except asyncpg.UndefinedTableError:  # the gateway has not come up yet
        return []
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1], {"gateway": open_gateway}))
