"""A row of the torture matrix: one fault, injected at its moment, what must come of it, and the proof that both happened."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults.rows.evidence import Evidence, NotInjected, Unexpected
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
    """how long `act` may take"""

    async def run(self, world: World, *, audit: bool = True) -> Evidence:
        """Raises NotInjected, Unexpected, TimeoutError. `audit` off when one follows that covers many rows."""
        evidence = Evidence()
        async with open_scene(world, evidence) as scene, asyncio.timeout(self.seconds):
            await self.act(scene, evidence)
        if not evidence.injected:
            raise NotInjected(self.injects)
        if not evidence.checked:
            raise Unexpected("the row looked at nothing")
        await world.quiet(60)
        if audit:
            await clean(world, evidence)
        return evidence


async def clean(world: World, evidence: Evidence) -> None:
    """The operators' own tool, as a black box: exit 0, and every invariant it could look at holds."""
    done = await world.tool("audit", "--json", "--settle", "30")
    if done.returncode:
        raise Unexpected(f"the audit exited {done.returncode}: {_violated(done.stdout) or done.stderr[-2000:]}")
    equation = json.loads(done.stdout)["equation"]
    evidence.saw("audit clean: " + ", ".join(f"{equation[name]} {name}" for name in equation), equation["accepted"])


def _violated(report: str) -> list[object]:
    try:
        return [one for one in json.loads(report)["invariants"] if one["violations"]]
    except (ValueError, KeyError):
        return []
