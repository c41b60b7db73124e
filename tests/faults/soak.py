"""Half an hour of steady load with a fault each minute or so: does anything grow that should not?

Sampled are the members that nobody kills (number 1 of each role): resident memory, open files, threads, asyncio tasks,
and each gateway's connections to Postgres. Over the last two thirds a line is fitted through the medians of equal
slices; flat means that what the line gains is within the slack of that measure, or below its ceiling.
"""

import asyncio
import os
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from deploy.native.stack import BrokerKind
from tests.faults import kinds
from tests.faults.kinds import Hand, Kind
from tests.faults.nemesis import Nemesis
from tests.faults.torture import audited, calmed
from tests.faults.uploaders import Habits, Uploaders
from tests.faults.world import SESSION, STAGE_NAMES, World, open_world

SLACK = {"resident_mib": 6.0, "open_files": 6.0, "threads": 2.0, "tasks": 6.0, "connections": 2.0}
"""What a measure may gain over the fitted part without counting as growth."""
POOL = 6
CEILING = {"connections": 2.0 * (POOL + 3), "threads": 8.0 + min(32, (os.cpu_count() or 1) + 4)}
"""What may be gained up to there: pools are filled as they are needed. Two gateways have two halves of a pool, two
connections to look up keys and one to listen; asyncio's executor has four threads more than there are processors."""
CACHE = {"REDINK_CACHE_LOCAL_BYTES": "100000", "REDINK_POSTGRES_POOL": str(POOL)}
"""A cache that is full after some 150 exams: filling one up is no leak."""
_EVERY = 10.0
_SLICES = 12

Series = dict[tuple[str, str], list[tuple[float, float]]]
"""(seconds, value) by member and measure."""


@dataclass(frozen=True)
class Soak:
    """What a soak is to be. `rate` in exams a second, `calm`: mean seconds between two faults."""

    broker: BrokerKind
    minutes: float
    seed: int
    rate: float = 1.0
    calm: float = 45.0


async def soak(plan: Soak, folder: Path) -> dict[str, Any]:
    """The report; `ok` when everything stayed flat and no invariant was violated."""
    async with open_world(folder, plan.broker, **CACHE) as world:
        replicas = dict.fromkeys(("gateway", *STAGE_NAMES), 2)
        await world.start(replicas)
        uploaders = Uploaders(lambda: world.gateways, world.keys, folder / "uploads.jsonl", plan.seed, Habits())
        hand = Hand(world, random.Random(plan.seed), SESSION, replicas)
        nemesis = Nemesis(world, hand, list(_gentle()), plan.seed, plan.calm)
        series: Series = defaultdict(list)
        sampling = asyncio.create_task(_sample(world, series))
        uploading = asyncio.create_task(uploaders.run(10**9, plan.rate, stop := asyncio.Event()))
        try:
            await nemesis.run(plan.minutes * 60)
            stop.set()
            await uploading
            quiet, stuck = await calmed(world, 180)
            await uploaders.followed()
        finally:
            for task in (sampling, uploading):
                task.cancel()
            await asyncio.gather(sampling, uploading, return_exceptions=True)
        outcomes = await uploaders.verify()
        await uploaders.close()
        audit = await audited(world)
    growth = [_growth(member, measure, points) for (member, measure), points in sorted(series.items())]
    flat = all(row["flat"] for row in growth)
    return {
        "ok": flat and quiet and not uploaders.violations and audit["exit"] == 0,
        "flat": flat,
        "faults": dict(sorted(nemesis.counted().items())),
        "outcomes": dict(outcomes),
        "stuck": stuck,
        "client_violations": uploaders.violations[:50],
        "growth": growth,
        "audit": audit,
    }


def _gentle() -> list[Kind]:
    """Faults that the sampled members live through; those of number 2 are killed."""
    spared = [kind for kind in kinds.all_kinds() if kind.lane in {"network", "servers"}]
    lane = "gentle"
    killed = [Kind(f"kill -9 {role}-2", lane, partial(_kill_second, role)) for role in (*STAGE_NAMES, "gateway")]
    return [Kind(kind.name, lane, kind.act) for kind in spared] + killed


async def _kill_second(role: str, hand: Hand) -> None:
    await hand.world.processes.kill(f"{role}-2")


async def _sample(world: World, series: Series) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(_EVERY)
        now = time.monotonic() - began
        for name, member in world.processes.members.items():
            if not name.endswith("-1") or member.pid is None:
                continue
            if member.starts > 1:
                raise RuntimeError(f"{name} was to live through everything, and died: {dict(member.exits)}")
            for measure, value in (await _measured(world, name, member.pid)).items():
                series[name, measure].append((now, value))


async def _measured(world: World, name: str, pid: int) -> dict[str, float]:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())  # noqa: ASYNC240
    sockets = len(list(Path(f"/proc/{pid}/fd").iterdir()))  # noqa: ASYNC240
    values = {
        "resident_mib": float(status["VmRSS"].split()[0]) / 1024,
        "open_files": float(sockets),
        "threads": float(status["Threads"]),
    }
    said = await world.processes.metrics(name)
    if "torture_tasks" in said:
        values["tasks"] = said["torture_tasks"]
    if name.startswith("gateway"):
        values |= await _connections(world)
    return values


async def _connections(world: World) -> dict[str, float]:
    """Of all gateways together; nothing while Postgres is what is being tortured."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'redink-gateway%'"
    try:
        async with asyncio.timeout(3), world.database() as database:
            return {"connections": float(await database.fetchval(query))}
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return {}


def _growth(member: str, measure: str, points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """What the fitted line gains over the last two thirds of the samples."""
    kept = [point for point in points if point[0] >= points[-1][0] / 3]
    size = max(1, len(kept) // _SLICES)
    slices = [kept[start : start + size] for start in range(0, len(kept), size)]
    xs = [statistics.fmean(time for time, _ in part) for part in slices]
    ys = [statistics.median(value for _, value in part) for part in slices]
    slope = statistics.linear_regression(xs, ys).slope if len(slices) > 2 else 0.0
    gain = slope * (kept[-1][0] - kept[0][0])
    return {
        "member": member,
        "measure": measure,
        "samples": len(kept),
        "first": round(ys[0], 1),
        "last": round(ys[-1], 1),
        "gain": round(gain, 2),
        "per_hour": round(slope * 3600, 2),
        "flat": gain <= SLACK[measure] or ys[-1] <= CEILING.get(measure, 0.0),
    }


def soak_table(report: dict[str, Any]) -> str:
    """The report for people."""
    lines = [f"{'member':14} {'measure':14} {'samples':>7} {'first':>8} {'last':>8} {'per hour':>9}"]
    lines += [
        f"{row['member']:14} {row['measure']:14} {row['samples']:7} {row['first']:8} {row['last']:8} {row['per_hour']:9}"
        + ("" if row["flat"] else "  GROWS")
        for row in report["growth"]
    ]
    lines += [f"{name}: {report[name]}" for name in ("faults", "outcomes", "stuck", "client_violations")]
    lines.append(f"audit: exit {report['audit']['exit']} {report['audit'].get('equation')}")
    return "\n".join([*lines, "FLAT" if report["flat"] else "GROWS", "PASSED" if report["ok"] else "FAILED"])
