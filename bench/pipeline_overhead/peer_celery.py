"""Celery on Redis (Valkey) as a system to be measured: an endpoint and one worker with two processes, its default here."""

import json
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import redis.asyncio

from bench.delivery.peer_celery import REJECT
from bench.delivery.workers import Workers
from bench.pipeline_overhead.running import Running, System, Work, until_ready
from deploy.native.process import free_port
from deploy.native.servers import Valkey

_PROCESSES = 2
_ALIVE = 120.0
"""Seconds that a worker's process may take to load models; Celery would end it after 4."""
_APP = "bench.pipeline_overhead.peer_app"


@asynccontextmanager
async def _open(folder: Path, work: Work, settings: Mapping[str, Any]) -> AsyncIterator[Running]:
    valkey = Valkey(folder / "valkey", log_dir=folder / "log")
    valkey.start()
    workers, port = None, free_port()
    try:
        client = redis.asyncio.Redis.from_url(valkey.url)
        (folder / "uploads" / "blobs").mkdir(parents=True)
        workers = Workers(_commands(port), _environment(valkey.url, folder / "uploads", work, settings), folder / "log")
        workers.start()
        await until_ready({"api": f"http://127.0.0.1:{port}/readyz"}, folder / "log")
        yield Running(
            f"http://127.0.0.1:{port}/exams",
            {},
            workers,
            ["worker"],
            [valkey],
            partial(_finished, client),
            partial(_held, client),
            folder / "log",
        )
        await client.aclose()
    finally:
        if workers:
            workers.stop()
        valkey.stop()


def _environment(url: str, folder: Path, work: Work, settings: Mapping[str, Any]) -> dict[str, str]:
    chosen = {**settings, "worker_proc_alive_timeout": _ALIVE}
    return {"PEER_REDIS": url, "PEER_FOLDER": str(folder), "PEER_WORK": work, "PEER_SETTINGS": json.dumps(chosen)}


def _commands(port: int) -> dict[str, list[str]]:
    return {
        "worker": [
            *(sys.executable, "-m", "celery", "-A", _APP, "worker"),
            *("--concurrency", str(_PROCESSES), "--loglevel", "WARNING"),
        ],
        "api": [
            *(sys.executable, "-m", "uvicorn", f"{_APP}:api", "--port", str(port)),
            *("--log-level", "warning", "--no-access-log"),
        ],
    }


async def _finished(client: "redis.asyncio.Redis", exams: Collection[str]) -> dict[str, float]:
    """When the last task of each chain ended, as its result says."""
    if not exams:
        return {}
    order = list(exams)
    found = zip(order, await client.mget([f"celery-task-meta-{exam}" for exam in order]), strict=True)
    metas = {exam: json.loads(text) for exam, text in found if text}
    return {exam: _seconds(meta["date_done"]) for exam, meta in metas.items() if meta["status"] == "SUCCESS"}


def _seconds(moment: str) -> float:
    at = datetime.fromisoformat(moment)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


async def _held(client: "redis.asyncio.Redis", exams: Collection[str]) -> set[str]:
    """Whose message waits in the queue, or was delivered and never acknowledged: that comes back after an hour."""
    messages = [json.loads(text)[0] for text in await client.hvals("unacked")]
    messages += [json.loads(text) for text in await client.lrange("celery", 0, -1)]
    roots = {message["headers"]["root_id"] for message in messages}
    return {exam for exam in exams if f"first-{exam}" in roots}


CELERY = System("celery", "Celery + Redis chain", partial(_open, settings={}))
LATE = System("celery-late", "… acks late, rejects on lost workers", partial(_open, settings=REJECT), ("noop",))
