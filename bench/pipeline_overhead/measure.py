"""What is done to a running system, and what is seen of it: alone, in a burst, and with its stages killed in the middle."""

import asyncio
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.pipeline_overhead import processor
from bench.pipeline_overhead.running import NotRunning, Running, System, Work, last_words

CLIENTS = 8
SAMPLE = Path(__file__).parents[2] / "samples" / "paper.jpg"
_POLL = 0.05
_FIRST = 240.0


@dataclass(frozen=True)
class Plan:
    """How many exams. Times in seconds: `stall` without progress ends a run as failed, `quiet` ends the wait after a kill."""

    alone: int = 20
    burst: int = 240
    killed: int = 80
    rate: float = 40.0
    stall: float = 60.0
    quiet: float = 20.0


@dataclass(frozen=True)
class Measured:
    """One system at one kind of work. Latencies in seconds from the client's first byte; CPU in seconds per exam.

    `cpu` is that of the system's own processes.

    `recovery`: seconds from the kill to the last exam that was finished. None where nothing was killed.
    """

    system: str
    title: str
    work: Work
    alone: list[float]
    burst: list[float]
    throughput: float
    cpu: float
    cpu_servers: float
    cpu_by_process: dict[str, float]
    accepted: int | None = None
    held: int | None = None
    lost: int | None = None
    recovery: float | None = None


@dataclass
class Load:
    """Uploads to one system, and when each began."""

    running: Running
    client: httpx.AsyncClient
    data: bytes
    media_type: str
    began: dict[str, float] = field(default_factory=dict)

    async def upload(self) -> str:
        """One exam; its id. Asks again, under the same key, where the answer is to come back later; else NotRunning."""
        at, headers = time.time(), {**self.running.headers, "Idempotency-Key": uuid.uuid4().hex}
        while True:
            answer = await self.client.post(
                self.running.url,
                headers=headers,
                data={"subject": "math", "grade": "7"},
                files=[("files", ("p", self.data, self.media_type))],
            )
            if answer.is_success:
                exam = str(answer.json()["exam_id"])
                self.began[exam] = at
                return exam
            if "retry-after" not in answer.headers or time.time() - at > _FIRST:
                raise NotRunning(f"an upload was answered {answer.status_code}: {answer.text[:300]}")
            await asyncio.sleep(1)

    async def all_ended(self, exams: Collection[str], patience: float) -> dict[str, float]:
        """When each exam was finished, once all are or nothing was for `patience` seconds."""
        last, count = time.monotonic(), -1
        while True:
            found = await self.running.finished(exams)
            ended = {exam: found[exam] for exam in exams if exam in found}
            if len(ended) == len(exams) or (len(ended) == count and time.monotonic() - last > patience):
                return ended
            if len(ended) != count:
                last, count = time.monotonic(), len(ended)
            await asyncio.sleep(_POLL)

    def latencies(self, ended: dict[str, float]) -> list[float]:
        """From the client's first byte, in order."""
        return sorted(at - self.began[exam] for exam, at in ended.items())


async def measure(system: System, work: Work, plan: Plan, folder: Path) -> Measured:
    """All phases. NotRunning when it comes to a halt without being killed."""
    data, media = (SAMPLE.read_bytes(), "image/jpeg") if work == "real" else (b"%PDF-1.7\n", "application/pdf")
    async with (
        system.open(folder, work) as running,
        httpx.AsyncClient(timeout=60, trust_env=False) as client,
    ):
        load = Load(running, client, data, media)
        await _finish(load, [await load.upload()], _FIRST, "the first exam")
        alone = []
        for _ in range(plan.alone):
            alone += load.latencies(await _finish(load, [await load.upload()], plan.stall, "an exam alone"))
        burst, throughput, cpu = await _burst(load, plan)
        fate = await _killed(load, plan) if plan.killed else {}
        servers = sum(cpu[server.name] for server in running.servers)
    own = sum(cpu.values()) - servers
    return Measured(system.name, system.title, work, sorted(alone), burst, throughput, own, servers, cpu, **fate)


async def _finish(load: Load, exams: Collection[str], patience: float, what: str) -> dict[str, float]:
    ended = await load.all_ended(exams, patience)
    if len(ended) < len(exams):
        logs = load.running.log
        said = "\n".join(last_words(logs, path.stem) for path in sorted(logs.glob("*.log")))
        raise NotRunning(f"{what}: {len(ended)} of {len(exams)} finished, then nothing for {patience:.0f} s\n{said}")
    return ended


async def _burst(load: Load, plan: Plan) -> tuple[list[float], float, dict[str, float]]:
    """(latencies, exams per second, CPU per exam of each process and what is below it)."""
    before = _accounts(load.running)
    exams: list[str] = []
    left = iter(range(plan.burst))

    async def one() -> None:
        for _ in left:
            exams.append(await load.upload())  # noqa: PERF401 - all of them fill one list

    began = time.time()
    await asyncio.gather(*(one() for _ in range(min(CLIENTS, plan.burst))))
    ended = await _finish(load, exams, plan.stall, "the burst")
    cpu = {name: (used - before[name]) / len(exams) for name, used in _accounts(load.running).items()}
    return load.latencies(ended), len(exams) / (max(ended.values()) - began), cpu


def _accounts(running: Running) -> dict[str, float]:
    """CPU seconds so far."""
    roots = {name: running.workers.pid(name) for name in running.workers.names}
    roots |= {server.name: server.pid for server in running.servers}
    return {name: processor.seconds([pid]) for name, pid in roots.items()}


async def _killed(load: Load, plan: Plan) -> dict[str, float | int | None]:
    """Every process that does stages' work dies when half of the exams are accepted; they are started again by and by."""
    exams: list[str] = []
    struck = None
    for number in range(plan.killed):
        if number == plan.killed // 2:
            struck = time.time()
            for name in load.running.stages:
                load.running.workers.kill(name)
        exams.append(await load.upload())
        await asyncio.sleep(1 / plan.rate)
    await load.all_ended(exams[-1:], plan.stall)  # the stages are back at work, or do not come back
    ended = await load.all_ended(exams, plan.quiet)
    missing = set(exams) - ended.keys()
    held = await load.running.held(missing) & missing
    recovery = max(ended.values(), default=0.0) - struck if struck else None
    return {"accepted": len(exams), "held": len(held), "lost": len(missing) - len(held), "recovery": recovery}
