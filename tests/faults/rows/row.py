"""A row of the torture matrix: one fault, injected at its moment, what must come of it, and the proof that both happened."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.rows.evidence import BUSY, Evidence, NotInjected, Unexpected
from tests.faults.rows.scene import Scene, open_scene
from tests.faults.world import World

Act = Callable[[Scene, Evidence], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    """`act` injects and looks; `run` adds what every row ends with: everything ended, and the audit is clean."""

    number: int
    title: str
    injects: str
    expects: str
    act: Act
    seconds: float = 60.0
    """how long `act` may take on a machine that is not busy"""
    verdict: "Verdict | None" = None
    """what the audit must say, if not that all is well"""

    async def run(self, world: World, *, audit: bool = True) -> Evidence:
        """Raises NotInjected, Unexpected, TimeoutError. `audit` off when one follows that covers many rows."""
        evidence = Evidence()
        async with open_scene(world, evidence) as scene, asyncio.timeout(BUSY * self.seconds):
            await self.act(scene, evidence)
        if not evidence.injected:
            raise NotInjected(self.injects)
        if not evidence.checked:
            raise Unexpected("the row looked at nothing")
        await world.quiet(BUSY * 60)
        if self.verdict or audit:
            await (self.verdict or clean)(world, evidence)
        return evidence


Verdict = Callable[[World, Evidence], Awaitable[None]]

_KNOWN = "forgeries.json"
"""In the world's folder: how often each invariant is violated by what a row forged, which stays on the topics."""


async def clean(world: World, evidence: Evidence) -> None:
    """The operators' own tool, as a black box: every invariant holds, but for forgeries that it named before."""
    document = await _audit(world)
    violated = {one["id"]: one["violations"] for one in document["invariants"] if one["violations"]}
    known = _known(world)
    if violated != known:
        raise Unexpected(f"the audit found {_worst(document)}")
    equation = ", ".join(f"{count} {name}" for name, count in document["equation"].items())
    evidence.saw(f"audit clean{' but for the forgeries it named before' if known else ''}: {equation}", equation)


async def blames(world: World, evidence: Evidence) -> None:
    """The audit names what was forged, as an event that crosses tenants, and nothing else."""
    document = await _audit(world)
    violated = {one["id"]: one["violations"] for one in document["invariants"] if one["violations"]}
    evidence.saw(
        f"the audit names the forgeries: {violated}", "I7" in violated and set(violated) <= {"I2", "I7"}, violated
    )
    (world.folder / _KNOWN).write_text(json.dumps(violated), "utf-8")


async def _audit(world: World) -> dict[str, Any]:
    done = await world.tool("audit", "--json", "--settle", "30")
    if done.returncode not in {0, 1}:
        raise Unexpected(f"the audit exited {done.returncode}: {done.stderr[-2000:]}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _known(world: World) -> dict[str, int]:
    path = world.folder / _KNOWN
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _worst(document: dict[str, Any]) -> list[object]:
    return [one for one in document["invariants"] if one["violations"]]
