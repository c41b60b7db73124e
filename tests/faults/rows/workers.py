"""Rows 9, 15-17 and 31: workers freeze, come and go, hang, and lie about time."""

import asyncio
import time
from typing import Any

from runtime.topics import committed_offsets
from tests.faults.rows.evidence import Evidence, until
from tests.faults.rows.row import Row
from tests.faults.rows.scene import Scene


async def frozen(s: Scene, e: Evidence) -> None:
    """9: a worker stops in the middle of its work, its session ends, another takes over, and then it goes on."""
    await s.world.processes.start("parser-2")
    await s.world.processes.ready("parser-1", "parser-2")
    try:
        await _thaw(s, e)
    finally:
        s.world.processes.resume("parser-1")
        await s.world.scale("parser", 1)


async def _thaw(s: Scene, e: Evidence) -> None:
    s.order("parser-1", blobs__slow=1.0)
    exams = await s.uploads(12)
    held = 'redink_stage_in_progress{stage="parser"}'
    await until("parser-1 has taken some", lambda: s.sample(held, "parser-1"), 20, pause=0.02)
    await asyncio.sleep(1.5)  # it has looked whether somebody else had done them, and reads what to work on
    s.world.processes.pause("parser-1")
    began = time.monotonic()
    s.order("parser-1", blobs__slow=None)
    await asyncio.gather(*(s.ended(exam, 90) for exam in exams))
    await asyncio.sleep(max(0.0, _session(s) + 2 - (time.monotonic() - began)))
    e.did(f"parser-1 stopped at work for {time.monotonic() - began:.0f} s, beyond its session of {_session(s):.0f} s")
    artefacts, offsets = await _hashes(s, exams), await committed_offsets(s.wire.settings, "parser")
    s.world.processes.resume("parser-1")
    await until("the zombie has ended what it had", lambda: _idle(s, held), 40)
    twice = [exam for exam in exams if s.executions(exam, "parser", "begun") > 1]
    e.saw(f"the zombie and another were both at work on {len(twice)} exam(s)", twice)
    await s.world.processes.ready("parser-1", "parser-2")
    after = await committed_offsets(s.wire.settings, "parser")
    back = {place: (offset, after.get(place)) for place, offset in offsets.items() if after.get(place, -1) < offset}
    e.saw(f"no committed offset of {len(offsets)} went back", not back, back)
    e.saw("not one artefact changed", await _hashes(s, exams) == artefacts)
    await s.completes(*exams)
    await s.one_story(twice[0])


async def _idle(s: Scene, held: str) -> bool:
    return await s.sample(held, "parser-1") == 0


def _session(s: Scene) -> float:
    """Seconds after which the broker gives a silent member up."""
    return s.wire.settings.consumer["session_timeout_ms"] / 1000


async def _hashes(s: Scene, exams: list[str]) -> dict[str, int]:
    """What every artefact of the exams holds."""
    return {
        str(path): hash(path.read_bytes())
        for exam in exams
        for path in (s.world.folder / "blobs").glob(f"*/{exam}/*/*.json")
    }


async def rebalance_storm(s: Scene, e: Evidence) -> None:
    """15: a worker comes or goes every 5 s for 2 minutes."""
    load = asyncio.create_task(_load(s, 110))
    changes = 0
    try:
        until_then = time.monotonic() + 120
        while time.monotonic() < until_then:
            changes += 1
            name = f"analyzer-{2 + changes % 3}"
            if name in s.world.processes.of("analyzer"):
                await s.world.processes.kill(name, again=False)
            else:
                await s.world.processes.start(name)
            await asyncio.sleep(5)
        exams = await load
    finally:
        load.cancel()
    e.did(f"{changes} workers added or killed in 2 min, under {len(exams)} uploads", changes > 10)
    await s.completes(*exams, within=120)
    await s.world.scale("analyzer", 1)
    runs = sum(s.executions(exam, "analyzer") for exam in exams)
    e.saw(f"{runs - len(exams)} of {len(exams)} exams were analysed again", len(exams) <= runs < 2 * len(exams), runs)


async def _load(s: Scene, seconds: float, pause: float = 1.0) -> list[str]:
    """Uploads, one after the other."""
    exams, until_then = [], time.monotonic() + seconds
    while time.monotonic() < until_then:
        exams.append(await s.upload())
        await asyncio.sleep(pause)
    return exams


async def scaled(s: Scene, e: Evidence) -> None:
    """16: one worker, four, one again; those who go are told to."""
    load = asyncio.create_task(_load(s, 45, 0.3))
    names = [f"analyzer-{number}" for number in (2, 3, 4)]
    try:
        await asyncio.gather(*(s.world.processes.start(name) for name in names))
        await s.world.processes.ready(*names, within=40)
        ends = await asyncio.gather(*(_drained(s, name) for name in names))
        e.did("analyzer scaled 1 → 4 → 1 by SIGTERM under load")
        slowest = max(seconds for _, seconds in ends)
        codes = [code for code, _ in ends]
        e.saw(f"all drained and exited 0, the slowest in {slowest:.1f} s", codes == [0, 0, 0] and slowest < 90, codes)
        exams = await load
    finally:
        load.cancel()
    await s.completes(*exams, within=60)
    runs = sum(s.executions(exam, "analyzer") for exam in exams)
    e.saw(f"{runs} analyses of {len(exams)} exams", len(exams) <= runs, runs)


async def _drained(s: Scene, name: str) -> tuple[int | None, float]:
    began = time.monotonic()
    return await s.world.processes.stop(name), time.monotonic() - began


async def hogged(s: Scene, e: Evidence) -> None:
    """17: work blocks a stage's event loop for 15 s, heartbeats and all."""
    before = s.injected("loop blocked")
    began = time.monotonic()
    s.order("parser-1", hog=[time.time_ns(), 15])
    await until("the loop is blocked", lambda: s.injected("loop blocked") > before, 5)
    e.did("parser-1's event loop blocked for 15 s")
    exams = await s.uploads(4)
    await s.completes(*exams, within=90)
    took = time.monotonic() - began
    await s.world.processes.ready("parser-1", within=30)
    e.saw(
        f"it is back in its group, never restarted; the exams were done {took:.0f} s after the block began", took > 15
    )


async def wrong_clocks(s: Scene, e: Evidence) -> None:
    """31: one worker is 10 minutes ahead, another 10 behind, of exams that have 5 minutes."""
    short = {"REDINK_GATEWAY_INTERACTIVE_DEADLINE_SECONDS": "300"}
    async with s.special("gateway-9", **short) as gateway:
        s.order("parser-1", clock=600)
        s.order("analyzer-1", clock=-600)
        exams = await s.uploads(3, gateway=gateway)
        exams.append(await s.upload("transient-once@parser", gateway=gateway))
        await asyncio.gather(*(s.ended(exam, 60) for exam in exams))
        e.did("parser-1 10 min ahead, analyzer-1 10 min behind, deadlines of 5 min")
        await s.completes(*exams)
    rows = await s.books.pool.fetch(
        "SELECT * FROM stage_timings WHERE exam_id = ANY($1::text[]::uuid[])", [str(exam) for exam in exams]
    )
    e.saw(f"no negative duration in {len(rows)} timings", rows and not any(map(_negative, rows)), list(map(dict, rows)))
    skewed = await s.sample('redink_clock_skew_total{stage="analyzer"}', "analyzer-1")
    e.saw(f"{skewed:.0f} records from the future were counted", skewed)


def _negative(row: Any) -> bool:
    return min(row["queue_seconds"] or 0, row["work_seconds"] or 0) < 0


ROWS = (
    Row(
        9,
        "worker frozen at work beyond its session, then let go on",
        "SIGSTOP, SIGCONT",
        "another does the work; the zombie's changes nothing",
        frozen,
        seconds=150,
    ),
    Row(
        15,
        "rebalance storm",
        "a worker added or killed every 5 s for 2 min",
        "progress, bounded repetition",
        rebalance_storm,
        seconds=300,
    ),
    Row(16, "scaled 1 → 4 → 1 under load", "starts, SIGTERM", "exit 0 in time, nothing lost", scaled, seconds=180),
    Row(
        17,
        "event loop blocked for 15 s",
        "a busy loop in a stage's event loop",
        "kicked out, back again, nothing lost",
        hogged,
        seconds=150,
    ),
    Row(
        31,
        "clocks 10 minutes ahead and behind",
        "the clock port of one parser and one analyzer shifted",
        "no exam expires by a worker's clock, no negative duration",
        wrong_clocks,
        seconds=120,
    ),
)
