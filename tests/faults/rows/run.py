"""Rows one after the other, each told as it goes: what it injected, what it checked, how long it took."""

# ruff: noqa: T201 - a command's output

import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.native.stack import BrokerKind
from tests.faults.rows import ROWS, SHORT
from tests.faults.rows.row import Row
from tests.faults.world import World, open_world


def numbers(text: str) -> list[int]:
    """The rows that "1,2,9", "short" or "all" names. ValueError when it names something else."""
    asked = {"short": list(SHORT), "all": sorted(ROWS)}.get(text) or [int(part) for part in text.split(",")]
    if unknown := set(asked) - set(ROWS):
        raise ValueError(f"no such rows: {sorted(unknown)}")
    return asked


async def run_rows(asked: Sequence[int], broker: BrokerKind, folder: Path) -> dict[str, Any]:
    """Run rows by number: {"ok", "broker", "rows": [{"row", "title", "ok", "seconds", "injected", "checked", "error"}]}.

    They share a world, as each leaves it healed; one that failed may not have, so that the next begins in a new one.
    """
    left, told = list(asked), []
    while left:
        async with open_world(folder / f"from-row-{left[0]}", broker) as world:
            await world.start()
            while left:
                told.append(await _one(ROWS[left.pop(0)], world))
                if not told[-1]["ok"]:
                    break
    return {"ok": all(one["ok"] for one in told), "broker": broker, "rows": told}


def rows_table(report: dict[str, Any]) -> str:
    """How many did what they are for, and which did not."""
    rows = report["rows"]
    failed = [one["row"] for one in rows if not one["ok"]]
    return f"\n{len(rows) - len(failed)} of {len(rows)} rows as expected; failed: {failed or 'none'}"


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
