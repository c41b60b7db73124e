"""What the gateway's caches are worth: `python -m bench.cache`. Hit rates of a class's afternoon, and milliseconds.

One gateway and its client share this process and its cores, so times are upper bounds. The peer is the same gateway
without memory and Redis. Blocks of requests take turns, so that what else the machine does hits both alike.
"""

import argparse
import asyncio
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from prometheus_client import REGISTRY
from pydantic import SecretStr

from contracts.artefacts import Report
from contracts.events import ExamReported, ExamStatus, StatusKind
from contracts.result import (
    Result,
    ResultDiagnosis,
    ResultLine,
    ResultPage,
    ResultQuality,
    ResultReport,
    ResultScore,
)
from contracts.status import Status
from contracts.topics import REPORTED, STATUS, artefact_path
from deploy.native.stack import embedded_stack
from runtime.blobs import Blobs
from runtime.blobs_local import LocalBlobs
from runtime.cache import Cache, Nothing, open_cache
from runtime.envelope import Record
from runtime.health import Health
from runtime.settings import RedisSettings
from runtime.trace import UNTRACED, Tracer
from services.gateway.app import open_gateway
from services.gateway.caching.settings import CacheSettings
from services.gateway.settings import GatewaySettings, PostgresSettings

KEY = "rk_dev_" + "d" * 43
EXAMS, POLLS, ITEMS, BLOCK, BLOCKS = 10, 3, 60, 20, 8
STEPS = [status for status in Status if not status.terminal and status is not Status.UPLOADED]
STAGES = {"OCR": "ocr", "PAR": "parser", "ANA": "analyzer", "DIA": "diagnostic", "REP": "report"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8


@dataclass
class Bus:
    """Kafka that takes everything, and brings what the benchmark says."""

    handler: Callable[[Record], Any] | None = None

    async def publish(self, topic: str, event: Any, **more: Any) -> None: ...

    @asynccontextmanager
    async def consume(self, _topics: Sequence[str], _group: str, handler: Any, **_: int) -> AsyncIterator[None]:
        self.handler = handler
        yield

    async def bring(self, topic: str, event: Any) -> None:
        assert self.handler is not None
        await self.handler(Record(topic, 0, 0, None, event.model_dump_json().encode()))


@dataclass
class Outside:
    kafka: Bus
    blobs: Blobs
    cache: Cache
    health: Health = field(default_factory=Health)
    tracer: Tracer = UNTRACED


@dataclass(frozen=True)
class Served:
    client: httpx.AsyncClient
    outside: Outside

    async def get(self, path: str) -> httpx.Response:
        answer = await self.client.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer


@asynccontextmanager
async def served(dsn: str, folder: Path, cache: Cache, caches: CacheSettings) -> AsyncIterator[Served]:
    outside = Outside(Bus(), LocalBlobs(folder), cache)
    settings = GatewaySettings(dev_key=SecretStr(KEY), sweep_seconds=3600, max_in_flight=100_000)
    postgres = PostgresSettings(dsn=SecretStr(dsn), pool=8, acquire_timeout=60, statement_timeout=60)
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(open_gateway(outside, settings, postgres, caches=caches))
        listening = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP))
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        task = asyncio.create_task(server._serve([listening]))  # noqa: SLF001 - serve() takes over the signals
        stack.push_async_callback(lambda: _stopped(server, task))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        headers = {"Authorization": f"Bearer {KEY}"}
        client = httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False)
        yield Served(await stack.enter_async_context(client), outside)


async def _stopped(server: uvicorn.Server, task: "asyncio.Task[None]") -> None:
    server.should_exit = True
    await task


async def main() -> None:
    with tempfile.TemporaryDirectory() as name, embedded_stack(f"{name}/stack", durable=False) as stack:
        folder, dsn = Path(name) / "blobs", stack.postgres_dsn
        nothing = CacheSettings(local_bytes=0, status_seconds=0.000001)
        async with (
            open_cache(RedisSettings(url=SecretStr(stack.redis_url))) as redis,
            served(dsn, folder, redis, CacheSettings()) as cached,
            served(dsn, folder, Nothing(), nothing) as plain,
        ):
            exams, template = await afternoon(cached)
            show_rates()
            waiting = (await upload(cached, template))["exam_id"]
            paths = {
                "status of a waiting exam": f"/exams/{waiting}/status",
                "status of an ended exam": f"/exams/{exams[0]}/status",
                "result (≈ 120 KB)": f"/exams/{exams[0]}/result",
                f"template of {ITEMS} items": f"/templates/{template}",
            }
            head()
            for what, path in paths.items():
                show(what, await compare(cached, plain, path))


async def afternoon(one: Served) -> tuple[list[str], str]:
    """A class of papers by one template: each polled after every step, its result looked at three times."""
    items = [{"number": str(n), "answer": "B", "max_score": 1} for n in range(1, ITEMS + 1)]
    made = await one.client.post("/api/v1/templates", json={"name": "n", "subject": "math", "items": items})
    template = made.json()["id"]
    exams = [await upload(one, template) for _ in range(EXAMS)]
    for step in STEPS:
        for exam in exams:
            await say(one, exam, step)
            for _ in range(POLLS):
                await one.get(f"/exams/{exam['exam_id']}/status")
    for exam in exams:
        await report(one, exam)
        for _ in range(3):
            await one.get(f"/exams/{exam['exam_id']}/result")
    return [exam["exam_id"] for exam in exams], template


async def upload(one: Served, template: str) -> dict[str, Any]:
    form = {"subject": "math", "grade": "7", "template_id": template}
    answer = await one.client.post("/api/v1/exams", data=form, files=[("files", ("p.jpg", JPEG, "image/jpeg"))])
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def said(exam: dict[str, Any]) -> dict[str, Any]:
    return {
        "exam_id": exam["exam_id"], "tenant": "dev", "revision": 1, "uploaded_at": exam["created_at"],
        "deadline": exam["deadline"],
    }  # fmt: skip


async def say(one: Served, exam: dict[str, Any], status: Status) -> None:
    kind = StatusKind.COMPLETED if status.value.endswith("ED") else StatusKind.STARTED
    stage = STAGES[status.value[:3]]
    event = ExamStatus(**said(exam), stage=stage, kind=kind, status=status, at=exam["created_at"])
    await one.outside.kafka.bring(STATUS, event)


async def report(one: Served, exam: dict[str, Any]) -> None:
    base, put = f"dev/{exam['exam_id']}/1", one.outside.blobs.put
    box = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    line = ResultLine(text="解方程并写出过程", confidence=0.98, box=box, script="printed", ink="black")
    quality, identity = ResultQuality(blur=0.1, skew_deg=0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    page = ResultPage(page=1, width=1654, height=2339, quality=quality, transform=identity, lines=(line,) * 900)
    document = Result(
        exam_id=exam["exam_id"], subject="math", grade=7, score=ResultScore(earned=None, max=None, graded=0, needs_review=0),
        pages=(page,), diagnosis=ResultDiagnosis(engine="local"), report=ResultReport(html="", pdf=""),
    )  # fmt: skip
    result = document.model_dump_json(by_alias=True).encode()
    refs = [
        await put(f"{base}/{name}", data) for name, data in (("result.json", result), ("r.html", b"h"), ("r.pdf", b"p"))
    ]
    artefact = Report(result=refs[0], html=refs[1], pdf=refs[2]).model_dump_json().encode()
    ref = await put(artefact_path("dev", exam["exam_id"], 1, "report"), artefact)
    await one.outside.kafka.bring(REPORTED, ExamReported(**said(exam), artefact=ref))


@dataclass
class Taken:
    """Milliseconds of each request, and of the processor for all of them, client included."""

    wall: list[float] = field(default_factory=list)
    processor: float = 0.0


async def compare(cached: Served, plain: Served, path: str) -> dict[str, Taken]:
    taken = {"cached": Taken(), "plain": Taken()}
    for _ in range(BLOCKS):
        for name, one in (("cached", cached), ("plain", plain)):
            spent = time.process_time()
            for _ in range(BLOCK):
                began = time.perf_counter()
                await one.get(path)
                taken[name].wall.append((time.perf_counter() - began) * 1000)
            taken[name].processor += (time.process_time() - spent) * 1000
    return taken


def head() -> None:
    """Milliseconds; `ratio` of the processor time with the caches to that without."""
    columns = [f"{name} {what}" for name in ("cached", "plain") for what in ("p10 ms", "p50 ms", "CPU ms")]
    print("\n| request | " + " | ".join(columns) + " | ratio |\n|---|" + "---|" * (len(columns) + 1))


def show(what: str, taken: dict[str, Taken]) -> None:
    words = []
    for each in taken.values():
        tenth, *_ = statistics.quantiles(each.wall, n=10)
        words += [f"{tenth:.1f}", f"{statistics.median(each.wall):.1f}", f"{each.processor / len(each.wall):.1f}"]
    print(f"| {what} | {' | '.join(words)} | {taken['cached'].processor / taken['plain'].processor:.2f} |", flush=True)


def show_rates() -> None:
    print(f"{EXAMS} papers of one class, {POLLS} polls a step, 3 looks at each result:\n")
    print("| cache | level | found | asked | rate |\n|---|---|---|---|---|")
    for cache, level in (("template", "local"), ("result", "local"), ("status", "local")):
        labels = {"cache": cache, "level": level}
        hit, miss = (REGISTRY.get_sample_value(f"redink_cache_{k}_total", labels) or 0 for k in ("hits", "misses"))
        print(f"| {cache} | {level} | {hit:.0f} | {hit + miss:.0f} | {hit / max(1, hit + miss):.0%} |")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    asyncio.run(main())
