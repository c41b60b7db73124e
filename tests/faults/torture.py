"""One torture run: uploaders and nemesis side by side, then calm, then the audit as a black box."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.topics import STAGES
from deploy.native.stack import BrokerKind
from tests.faults.kinds import Hand, all_kinds
from tests.faults.nemesis import Nemesis
from tests.faults.receiver import Receiver, open_receiver
from tests.faults.told import TENANT, subscribe, told
from tests.faults.topics import topic_kinds
from tests.faults.uploaders import Habits, Uploaders
from tests.faults.world import SESSION, World, open_world

POISONS = {
    "permanent@parser": 0.004,
    "transient-once@analyzer": 0.02,
    "transient@diagnostic": 0.003,
    "unexpected@report": 0.003,
    "hang@parser": 0.001,
    "kill-child@ocr": 0.002,
    "kill-process@analyzer": 0.0007,
}
"""Shares of uploads that are poisoned."""


@dataclass(frozen=True)
class Plan:
    """What a run is to be. `calm`: mean seconds between two faults of a lane."""

    broker: BrokerKind
    exams: int
    minutes: float
    seed: int
    calm: float = 1.5
    replicas: Mapping[str, int] = field(default_factory=lambda: {"gateway": 2, "ocr": 2})

    @property
    def patience(self) -> float:
        """Seconds in which all must have ended after the last fault.

        An exam that was silent for long, as its events went down with a broker that keeps nothing, is published again
        only after as long a wait: the sweeper's pauses double.
        """
        return 120 + 30 * self.minutes


async def torture(plan: Plan, folder: Path) -> dict[str, Any]:
    """The run's report; `ok` when nothing was lost, doubled or violated."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(open_world(folder, plan.broker))
        await world.start(dict(plan.replicas))
        receiver = await stack.enter_async_context(open_receiver())
        await subscribe(world, receiver)
        uploaders = Uploaders(
            lambda: world.gateways, world.keys, folder / "uploads.jsonl", plan.seed, Habits(poisons=POISONS)
        )
        try:
            return await _run(plan, world, uploaders, receiver)
        finally:
            await uploaders.close()


async def _run(plan: Plan, world: World, uploaders: Uploaders, receiver: Receiver) -> dict[str, Any]:
    seconds = plan.minutes * 60
    replicas = {"gateway": 1, **dict.fromkeys((row.name for row in STAGES), 1)} | dict(plan.replicas)
    hand = Hand(world, random.Random(plan.seed), SESSION, replicas)
    nemesis = Nemesis(world, hand, [*all_kinds(), *topic_kinds()], plan.seed, plan.calm)
    began = time.monotonic()
    uploading = asyncio.create_task(uploaders.run(plan.exams, plan.exams / (0.9 * seconds)))
    progress = asyncio.create_task(_tell(world, uploaders, nemesis, plan))
    try:
        await nemesis.run(seconds)
        healed, under_faults = time.monotonic(), uploaders.accepted
        await uploading
        quiet, stuck = await calmed(world, plan.patience)
        recovery = time.monotonic() - healed
        await uploaders.followed()
    finally:
        progress.cancel()
        uploading.cancel()
    outcomes = await uploaders.verify()
    webhooks = await told(world, receiver, 90)
    audit = await audited(world)
    counts = nemesis.counted()
    return {
        "ok": quiet and not uploaders.violations and not webhooks["violations"] and audit["exit"] == 0,
        "plan": {"broker": plan.broker, "exams": plan.exams, "minutes": plan.minutes, "seed": plan.seed},
        "seconds": round(time.monotonic() - began, 1),
        "faults": {"total": counts.total(), "kinds": len(counts), "by_kind": dict(sorted(counts.items()))},
        "not_carried_out": dict(nemesis.failed),
        "revived": dict(nemesis.revived),
        "uploads": dict(Counter(one.outcome for one in uploaders.invocations)),
        "accepted_under_faults": under_faults,
        "outcomes": dict(sorted(outcomes.items())),
        "streams": dict(uploaders.streams),
        "webhooks": webhooks | {"violations": webhooks["violations"][:50]},
        "executions": repeated(world.executions),
        "processes": world.processes.snapshot(),
        "recovery_seconds": round(recovery, 1),
        "stuck": stuck,
        "client_violations": uploaders.violations[:50],
        "audit": audit,
    }


async def calmed(world: World, within: float) -> tuple[bool, dict[str, Any]]:
    """Whether every exam ended in so many seconds, and what the processes say of themselves if not."""
    try:
        await world.quiet(within)
    except TimeoutError:
        return False, await world.diagnose()
    return True, {}


def repeated(executions: list[dict[str, Any]]) -> dict[str, Any]:
    """How many executions of a stage's work came to their end, and how many of them did what was done before."""
    done = Counter((one["exam"], one["revision"], one["stage"]) for one in executions if one["what"] == "done")
    begun = sum(one["what"] == "begun" for one in executions)
    again = done.total() - len(done)
    return {"begun": begun, "done": done.total(), "again": again, "rate": round(again / max(1, len(done)), 4)}


async def audited(world: World) -> dict[str, Any]:
    """`python -m services audit`, as anybody could run it."""
    journal, streams = str(world.folder / "uploads.jsonl"), ("--gateway", world.gateways[0])
    ran = await world.tool(
        "audit", "--json", "--settle", "60", "--journal", journal, *streams, "--api-key", world.keys[TENANT]
    )
    try:
        document = json.loads(ran.stdout)
    except ValueError:
        document = {"error": (ran.stdout + ran.stderr)[-2000:]}
    return {"exit": ran.returncode, **document}


async def _tell(world: World, uploaders: Uploaders, nemesis: Nemesis, plan: Plan) -> None:
    """A line every 15 s for whoever watches."""
    began = time.monotonic()
    while True:
        await asyncio.sleep(15)
        try:
            left = await asyncio.wait_for(world.in_flight(), 5)
        except Exception as error:  # noqa: BLE001 - Postgres may be what is being tortured
            left = {type(error).__name__: 1}
        said = f"{uploaders.accepted} of {plan.exams} accepted, {nemesis.counted().total()} faults, in flight {left}"
        print(f"{time.monotonic() - began:5.0f} s  {said}", flush=True)  # noqa: T201 - a command's output


def table(report: Mapping[str, Any]) -> str:
    """The report for people."""
    lines = [f"{'fault':48} injected"]
    lines += [f"{kind:48} {count:8}" for kind, count in report["faults"]["by_kind"].items()]
    lines += [f"{report['faults']['kinds']} kinds, {report['faults']['total']} faults", ""]
    audit = report["audit"]
    lines += [
        f"{one['id']:4} {one['checked']:8} checked {one['violations']:4} violations  {one['title']}"
        for one in audit.get("invariants", ())
    ]
    lines += [f"     {example}" for one in audit.get("invariants", ()) for example in one["examples"]]
    names = (
        "plan",
        "uploads",
        "accepted_under_faults",
        "outcomes",
        "streams",
        "webhooks",
        "executions",
        "recovery_seconds",
        "stuck",
        "client_violations",
    )
    lines += [f"{name}: {report[name]}" for name in names]
    lines += [f"equation: {audit.get('equation')}", f"audit: exit {audit['exit']} {audit.get('error', '')}"]
    return "\n".join([*lines, "PASSED" if report["ok"] else "FAILED"])
