"""One run of a stage's work: how it may end."""

import asyncio

from shell_world import ROW, World

from contracts.base import Contract
from contracts.events import StatusKind
from contracts.topics import retry_topic
from runtime.job import Job


async def test_work_whose_own_call_was_cancelled_is_tried_again() -> None:
    """Whoever cancelled it didn't mean the record: that would be worked on by nobody, and hold its partition back."""

    async def waits_for_what_is_cancelled(_: Job) -> Contract:
        call = asyncio.ensure_future(asyncio.sleep(60))
        asyncio.get_running_loop().call_soon(call.cancel)
        await call
        raise AssertionError("it was cancelled")

    world = World()
    async with asyncio.timeout(20):
        await world.deliver(waits_for_what_is_cancelled)
    assert retry_topic(ROW.name) in world.topics
    assert [said.kind for _, said in world.published if hasattr(said, "kind")] == [
        StatusKind.STARTED,
        StatusKind.RETRIED,
    ]
