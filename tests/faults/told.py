"""One tenant is told of its exams by webhook: of each end, under one id, whatever was killed meanwhile."""

import asyncio
from typing import Any

import httpx

from tests.faults.receiver import Receiver
from tests.faults.world import TENANTS, World

TENANT = TENANTS[0]


async def subscribe(world: World, receiver: Receiver) -> None:
    """Register the receiver for the tenant."""
    headers = {"Authorization": f"Bearer {world.keys[TENANT]}"}
    async with httpx.AsyncClient(headers=headers) as http:
        answer = await http.post(f"{world.gateways[0]}/api/v1/webhooks", json={"url": f"{receiver.url}good"})
    answer.raise_for_status()


async def told(world: World, receiver: Receiver, within: float) -> dict[str, Any]:
    """How many ends were told with how many messages; `violations`: ends never told in so many seconds, or under two ids.

    Every exam of the tenant must have ended before.
    """
    async with world.database() as database:
        rows = await database.fetch("SELECT exam_id, revision FROM exams WHERE tenant = $1", TENANT)
    ends = {str(row["exam_id"]): row["revision"] for row in rows}
    for _ in range(round(within)):
        if not ends.keys() - receiver.ids_by_exam().keys():
            break
        await asyncio.sleep(1)
    ids = receiver.ids_by_exam()
    wrong = [
        f"{exam}: {len(ids.get(exam, ()))} webhook ids, ended {revision} times"
        for exam, revision in ends.items()
        if len(ids.get(exam, ())) != revision
    ]
    return {"ends": len(ends), "messages": receiver.counts["good"], "violations": wrong}
