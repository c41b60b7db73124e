"""Rows 10-14: the broker freezes, restarts, is away, is a black hole, and does not say that it has heard."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.proxy import Proxy
from tests.faults.rows.evidence import Evidence
from tests.faults.rows.row import Row
from tests.faults.rows.scene import Scene
from tests.faults.rows.stages import NAMES
from tests.faults.rows.wire import ids, sinks

_AWAY = 60.0
_SILENT = 58.0


@asynccontextmanager
async def _nobody_restarts(s: Scene, e: Evidence) -> AsyncIterator[None]:
    """The processes that are there in the end are those that were there in the beginning."""
    pids = {name: member.pid for name, member in s.world.processes.members.items() if member.wanted}
    yield
    after = {name: s.world.processes.members[name].pid for name in pids}
    e.saw(f"none of {len(pids)} processes was restarted for it", after == pids, after)


async def _answers(s: Scene, count: int, gateway: str = "gateway-1") -> tuple[list[str], Counter[int | None], float]:
    """Upload side by side; (exams accepted, status codes, seconds of the slowest)."""

    async def one() -> tuple[str | None, int | None, float]:
        began = time.monotonic()
        answer = await s.offer(s.request(), gateway)
        took = time.monotonic() - began
        if answer is None:
            return None, None, took
        return answer.json().get("exam_id"), answer.status_code, took

    found = await asyncio.gather(*(one() for _ in range(count)))
    return [exam for exam, _, _ in found if exam], Counter(code for _, code, _ in found), max(t for _, _, t in found)


async def freezes(s: Scene, e: Evidence) -> None:
    """10: SIGSTOP for 20 s."""
    async with _nobody_restarts(s, e):
        freezing = asyncio.create_task(s.world.servers.freeze("kafka", 20))
        await asyncio.sleep(0.5)
        exams, codes, slowest = await _answers(s, 10)
        e.saw(f"10 uploads answered 202 meanwhile, the slowest in {slowest:.1f} s", codes == {202: 10}, codes)
        e.saw("none of them could leave the outbox", await s.books.count("outbox") >= 10)
        await freezing
        e.did("broker stopped by SIGSTOP for 20 s")
        began = time.monotonic()
        await s.completes(*exams, within=90)
        e.saw(f"all done {time.monotonic() - began:.1f} s after it went on", True)


async def restarts(s: Scene, e: Evidence) -> None:
    """11: stopped and started, then killed and started, each under load."""
    async with _nobody_restarts(s, e):
        for hard in (False, True):
            exams = await s.uploads(6)
            await s.world.servers.restart("kafka", hard=hard)
            e.did(f"broker {'killed by SIGKILL' if hard else 'stopped by SIGTERM'} and started again, {_memory(s)}")
            began = time.monotonic()
            exams += await s.uploads(4)
            await s.completes(*exams, within=150)
            e.saw(f"all done {time.monotonic() - began:.1f} s after it was back", True)


def _memory(s: Scene) -> str:
    return "its records kept" if s.world.servers.kind == "kafka" else "all its records forgotten"


async def away(s: Scene, e: Evidence) -> None:
    """12: down for a minute (the long run's nemesis has the five); an outbox that fills; a stage told to stop."""
    held = int(await s.books.count("outbox"))
    cap = {"REDINK_GATEWAY_MAX_OUTBOX": str(held + 12)}
    async with s.special("gateway-9", replaces=["gateway-1", "gateway-2"], **cap) as gateway:
        down = asyncio.create_task(s.world.servers.restart("kafka", hard=True, down=_AWAY))
        began = time.monotonic()
        await asyncio.sleep(1)
        exams, codes, slowest = [], Counter[int | None](), 0.0
        for _ in range(20):
            accepted, told, took = await _answers(s, 1, gateway)
            exams, codes, slowest = exams + accepted, codes + told, max(slowest, took)
        e.saw(f"accepted up to the outbox's cap, then refused: {dict(codes)}", set(codes) == {202, 503}, dict(codes))
        e.saw(f"the slowest answer took {slowest:.1f} s", slowest < 10)
        e.saw("what was refused left nothing behind", sorted(await s.books.of_class(s.tag)) == sorted(exams))
        stopping = time.monotonic()
        code = await s.world.processes.stop("diagnostic-1", 90)
        e.saw(f"a stage told to stop exited {code} in {time.monotonic() - stopping:.1f} s", code == 0, code)
        await s.world.processes.start("diagnostic-1")
        await down
        e.did(f"broker down for {time.monotonic() - began:.0f} s")
        exams.append(await s.upload(gateway=gateway))
        await s.completes(*exams, within=120)


async def black_hole(s: Scene, e: Evidence) -> None:
    """13: requests leave and no answer ever comes: half open, to every process at once."""
    async with _nobody_restarts(s, e):
        proxy = s.world.proxy["kafka"]
        exams = await s.uploads(6)
        known = _connections(proxy)
        proxy.set("down", silent=True)
        began = time.monotonic()
        accepted, codes, slowest = await _answers(s, 4)
        e.saw(f"uploads are answered all the same, in {slowest:.1f} s at most", codes == {202: 4}, codes)
        await asyncio.sleep(_SILENT - (time.monotonic() - began))
        e.did(f"no answer from the broker for {_SILENT:.0f} s on {len(known)} connections", known)
        anew, members = len(_connections(proxy) - known), len(s.world.processes.of("gateway")) + len(NAMES)
        e.saw(f"{anew} connections were opened anew by {members} processes meanwhile", anew >= members)
        proxy.heal()
        began = time.monotonic()
        await s.completes(*exams, *accepted, within=90)
        e.saw(f"all done {time.monotonic() - began:.1f} s after it healed", True)


def _connections(proxy: Proxy) -> set[object]:
    """The clients' ends."""
    return {end for end in proxy.ends if end._direction == "up"}


async def unheard(s: Scene, e: Evidence) -> None:
    """14: the broker has the record, its answer is cut off on the wire, or lost at the port."""
    names = s.world.processes.of("gateway") + [f"{stage}-1" for stage in NAMES]
    before = s.injected("kafka.lost")
    errors = await _publish_errors(s, names)
    for stage in NAMES:
        s.order(stage, kafka__lost=0.3)
    s.order("gateway", kafka__lost=0.3)
    sending = asyncio.create_task(s.uploads(20))
    for _ in range(6):
        s.world.proxy["kafka"].cut_replies(4)
        await asyncio.sleep(0.5)
    exams = await sending
    lost = s.injected("kafka.lost") - before
    s.world.heal()
    e.did("24 requests answered by a reset, on the wire before the broker")
    e.did(f"{lost} publications arrived and were reported as timed out", lost)
    await s.completes(*exams, within=120)
    more = await _publish_errors(s, names) - errors
    keys = {exam.encode() for exam in exams[:5]}
    records = [record for record in await s.wire.records(*sinks()) if record.key in keys]
    e.saw(f"{more:.0f} publications failed on the wire; {len(records)} sink records of 5 exams bear 25 ids",
          len(ids(records)) == 25, len(ids(records)))  # fmt: skip
    await s.one_story(*exams[:3])


async def _publish_errors(s: Scene, names: list[str]) -> float:
    total = 0.0
    for name in names:
        samples = await s.world.processes.metrics(name)
        total += sum(
            value for sample, value in samples.items() if sample.startswith("redink_kafka_publish_errors_total")
        )
    return total


ROWS = (
    Row(
        10,
        "broker frozen for 20 s",
        "SIGSTOP, SIGCONT",
        "uploads are accepted (outbox), then everything drains",
        freezes,
        seconds=150,
    ),
    Row(
        11,
        "broker restarted, and killed",
        "SIGTERM, then SIGKILL",
        "all reconnect without a restart of their own",
        restarts,
        seconds=330,
    ),
    Row(
        12,
        "broker away for a minute",
        "kill -9, started again 60 s later",
        "accepted up to the outbox's cap, then 503; a stage still stops when told",
        away,
        seconds=300,
    ),
    Row(
        13,
        "half-open connections to the broker",
        f"proxy: answers held back for {_SILENT:.0f} s",
        "noticed in under a minute, nothing hangs",
        black_hole,
        seconds=200,
    ),
    Row(
        14,
        "acknowledgements lost",
        "replies cut on the wire; publications reported as timed out",
        "published again under the same id",
        unheard,
        seconds=200,
    ),
)
