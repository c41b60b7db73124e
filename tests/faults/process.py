"""The composition root of a tortured process: as `python -m services ocr`, with armed ports and light stages."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import cast

from prometheus_client import Gauge

from runtime import log
from runtime.kafka import Kafka
from runtime.kit import Resources
from runtime.process import OpenGateway, OpenStage, open_resources, run
from runtime.settings import BadSettings, Settings
from runtime.watchdog import stacks
from services.__main__ import CONFIGURATION, open_stage_of
from services.gateway.app import open_gateway
from tests.faults.light import hog, open_light
from tests.faults.orders import Journal, Orders
from tests.faults.points import ArmedBlobs, ArmedKafka, ArmedLedger, ArmedSource, Points

NAME, ROLES, FOLDER, STAGES = "REDINK_TORTURE_NAME", "REDINK_TORTURE_ROLES", "REDINK_TORTURE", "REDINK_TORTURE_STAGES"
MODEL = "REDINK_TORTURE_MODEL"
_TASKS = Gauge("torture_tasks", "Tasks of the event loop.")
ORDERS, DEATHS, EXECUTIONS = "orders.json", "faults.jsonl", "executions.jsonl"


def main(env: Mapping[str, str]) -> int:
    """Run the roles that the environment names, as stages or as the gateway; the exit code."""
    name, roles, folder = env[NAME], env[ROLES].split(","), env[FOLDER]
    faults, orders = Journal(f"{folder}/{DEATHS}"), Orders(f"{folder}/{ORDERS}", name)
    points = Points(roles[0] if len(roles) == 1 else "all", orders, faults)
    executions = Journal(f"{folder}/{EXECUTIONS}")
    openers: dict[str, OpenStage] = {
        role: open_stage_of(role) if env.get(STAGES) == "real" else open_light(role, executions, env.get(MODEL))
        for role in roles
        if role != "gateway"
    }
    gateway: OpenGateway | None = None
    if "gateway" in roles:
        gateway = partial(open_gateway, keep_books=lambda ledger: ArmedLedger(ledger, points))
    try:
        settings = Settings()
    except BadSettings as error:
        print(f"configuration: {error}", file=sys.stderr)  # noqa: T201 - there may be no logging yet
        return CONFIGURATION
    log.configure(settings.log.level)
    return asyncio.run(_run(settings, openers, gateway, points, orders, faults))


async def _run(
    settings: Settings,
    stages: dict[str, OpenStage],
    gateway: OpenGateway | None,
    points: Points,
    orders: Orders,
    faults: Journal,
) -> int:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _show_tasks)
    _TASKS.set_function(lambda: float(len(asyncio.all_tasks())))
    hogging = asyncio.create_task(_hog(orders, points, faults))
    try:
        return await run(settings, stages, gateway, "torture", open_resources=_armed(points, orders))
    finally:
        hogging.cancel()


def _show_tasks() -> None:
    """Where every task waits, into the log: for a process that lives and does nothing."""
    print(f"tasks at {time.time():.3f}: {json.dumps(stacks(asyncio.all_tasks()))}", file=sys.stderr, flush=True)  # noqa: T201


def _armed(points: Points, orders: Orders) -> Callable[[Settings], AsyncIterator[Resources]]:
    def clock() -> float:
        return time.time() + float(orders.get("clock"))

    @asynccontextmanager
    async def opened(settings: Settings) -> AsyncIterator[Resources]:
        decorate = partial(_decorated, points)
        async with open_resources(settings, decorate=decorate, clock=clock) as resources:
            kafka = cast("Kafka", ArmedKafka(resources.kafka, points))
            yield replace(resources, kafka=kafka, blobs=ArmedBlobs(resources.blobs, points))

    return opened


def _decorated(points: Points, _group: str, source: object) -> ArmedSource:
    return ArmedSource(source, points)


async def _hog(orders: Orders, points: Points, faults: Journal) -> None:
    """Block the loop when ordered: `hog` is [number of the order, seconds]."""
    obeyed = orders.get("hog", [0, 0])[0]  # an order to the process before this one is not ours
    while True:
        await asyncio.sleep(0.2)
        number, seconds = orders.get("hog", [obeyed, 0])
        if number != obeyed:
            obeyed = number
            faults.write(kind="loop blocked", who=points.who)
            hog(seconds)


if __name__ == "__main__":
    sys.exit(main(os.environ))
