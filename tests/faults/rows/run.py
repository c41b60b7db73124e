"""Rows one after the other in one world, each told as it goes: what it injected, what it checked, how long it took."""

# ruff: noqa: T201 - a command's output

import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deploy.native.stack import BrokerKind
from tests.faults.rows import ROWS
from tests.faults.rows.row import Row
from tests.faults.world import World, open_world


async def run_rows(numbers: Iterable[int], broker: BrokerKind, folder: Path) -> list[dict[str, Any]]:
    """Run rows by number; {"row", "title", "ok", "seconds", "injected", "checked", "error"} of each."""
    async with open_world(folder, broker) as world:
        await world.start()
        return [await _one(ROWS[number], world) for number in numbers]


async def _one(row: Row, world: World) -> dict[str, Any]:
    print(f"\n{row.number:>2}  {row.title}", flush=True)
    began = time.monotonic()
    told: dict[str, Any] = {"row": row.number, "title": row.title, "ok": True, "error": None}
    try:
        evidence = await row.run(world)
        told |= {"injected": evidence.injected, "checked": evidence.checked}
    except Exception as error:  # noqa: BLE001 - one row's failure is told, and the next is run
        traceback.print_exc(limit=-3)
        told |= {"ok": False, "error": f"{type(error).__name__}: {error}", "injected": [], "checked": []}
    told["seconds"] = round(time.monotonic() - began, 1)
    for sign, lines in (("!", told["injected"]), ("✓", told["checked"])):
        for line in lines:
            print(f"    {sign} {line}")
    print(f"    {'ok' if told['ok'] else 'FAILED: ' + str(told['error'])} ({told['seconds']} s)", flush=True)
    return told
