"""Celery on Redis: a chain of five tasks, a worker with a queue of its own per stage.

`celery -A bench.delivery.peer_celery worker` finds the application here; BENCH_CELERY holds its settings as JSON.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import redis
from celery import Celery, chain  # type: ignore[import-untyped]

from bench.delivery.contestant import Arena, Submit
from bench.delivery.work import STAGES, Work
from deploy.native.process import Child

LATE: dict[str, Any] = {"task_acks_late": True, "worker_prefetch_multiplier": 1}
"""As its user guide advises for idempotent tasks (Tasks; Optimizing: Reserve one task at a time)."""
REJECT: dict[str, Any] = LATE | {"task_reject_on_worker_lost": True}
_TIMEOUT = 10
SHORT: dict[str, Any] = REJECT | {
    "visibility_timeout": _TIMEOUT,
    "result_backend_transport_options": {"visibility_timeout": _TIMEOUT},
    # The other two: how often kombu looks for messages past the timeout, by default every 100 s.
    "broker_transport_options": {
        "visibility_timeout": _TIMEOUT,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    },
}


@dataclass(frozen=True)
class CeleryPeer:
    """`settings`: of the application, beyond broker and result backend."""

    name: str
    title: str
    settings: dict[str, Any] = field(default_factory=dict)
    once: bool = False
    gateways: tuple[str, ...] = ()

    def prepare(self, arena: Arena) -> None:
        with redis.Redis.from_url(arena.stack.redis_url) as client:
            client.flushdb()

    def restore(self, arena: Arena) -> None:
        """Nothing: Valkey writes down what it has."""

    def commands(self, arena: Arena) -> Mapping[str, Sequence[str]]:
        celery = [sys.executable, "-m", "celery", "-A", __name__, "worker", "--concurrency", "1"]
        return {stage: [*celery, "-Q", stage, "-n", f"{stage}@%h"] for stage in STAGES}

    def environment(self, arena: Arena) -> Mapping[str, str]:
        return {"BENCH_REDIS": arena.stack.redis_url, "BENCH_CELERY": json.dumps(self.settings)}

    @contextmanager
    def uploader(self, arena: Arena) -> Iterator[Submit]:
        """Accepted once Redis has the first task."""
        client = make_app(arena.stack.redis_url, self.settings)
        tasks = [client.signature(f"bench.{stage}") for stage in STAGES]

        def submit(key: str) -> str:
            steps = [task.clone([key]).set(immutable=True) for task in tasks]
            steps[-1].set(task_id=_last(arena, key))
            chain(*steps).apply_async()
            return key

        yield submit
        client.close()

    def broker(self, arena: Arena) -> Child:
        if arena.stack.valkey is None:
            raise RuntimeError("Valkey is not ours to restart")
        return arena.stack.valkey

    def reports(self, arena: Arena) -> Counter[str]:
        return arena.work.reports()

    def failed(self, arena: Arena) -> set[str]:
        """Exams whose last task is stored as failed: a chain that breaks tells its whole rest."""
        found = set()
        with redis.Redis.from_url(arena.stack.redis_url) as client:
            for key in client.scan_iter(f"celery-task-meta-{_last(arena, '*')}"):
                meta = json.loads(client.get(key) or b"{}")
                if meta.get("status") == "FAILURE":
                    found.add(key.decode().removeprefix(f"celery-task-meta-{_last(arena, '')}"))
        return found

    def held(self, arena: Arena, exams: Collection[str]) -> set[str]:
        """In a queue, or delivered and never acknowledged: those wait for the visibility timeout."""
        with redis.Redis.from_url(arena.stack.redis_url) as client:
            messages = [json.loads(raw)[0] for raw in client.hvals("unacked")]
            for stage in STAGES:
                messages += [json.loads(raw) for raw in client.lrange(stage, 0, -1)]
        texts = [json.dumps(message["headers"]) for message in messages]
        return {exam for exam in exams if any(f"'{exam}'" in text for text in texts)}


def _last(arena: Arena, key: str) -> str:
    return f"{arena.prefix}{key}"


def make_app(url: str, settings: Mapping[str, Any]) -> Celery:
    """The application: the same for workers and clients."""
    app = Celery("bench", broker=url, backend=url)
    app.conf.update(
        settings,
        task_routes={f"bench.{stage}": {"queue": stage} for stage in STAGES},
        broker_connection_retry_on_startup=True,
    )
    return app


def _add_tasks(app: Celery, work: Work) -> None:
    for stage in STAGES:

        def task(exam: str, stage: str = stage) -> str:
            work.do(exam, stage)
            if stage == STAGES[-1]:
                work.report(exam)
            return exam

        app.task(task, name=f"bench.{stage}")


if "BENCH_CELERY" in os.environ:  # `celery -A` looks for the application in the module
    app = make_app(os.environ["BENCH_REDIS"], json.loads(os.environ["BENCH_CELERY"]))
    _add_tasks(app, Work.from_environment())
