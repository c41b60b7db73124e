"""What has stopped is said once, with places in code and nothing else."""

import asyncio

import structlog

from runtime.health import Health
from runtime.watchdog import stacks, watched


class Ill(Health):
    """Has a problem while told so."""

    problems: list[str] = []
    looks = 0

    def stalled(self) -> list[str]:
        self.looks += 1
        return self.problems

    async def now(self, *problems: str) -> None:
        """Have these problems while it is looked at a few times."""
        self.problems, until = list(problems), self.looks + 3
        async with asyncio.timeout(60):
            while self.looks < until:  # noqa: ASYNC110 - a watchdog looks by the clock
                await asyncio.sleep(0.01)


async def waits_for(gate: asyncio.Event, pupil: str) -> str:
    await gate.wait()
    return pupil


async def test_a_stack_goes_down_to_where_the_task_waits_and_quotes_nothing() -> None:
    gate = asyncio.Event()

    async def outer() -> str:
        return await waits_for(gate, "a pupil's name")

    task = asyncio.create_task(outer(), name="intake ocr")
    await asyncio.sleep(0)
    line = next(line for line in stacks(asyncio.all_tasks()) if line.startswith("intake ocr"))
    gate.set()
    await task
    assert [place.rsplit(" ", 1)[1] for place in line.split(" > ")] == ["outer", "waits_for", "wait"]
    assert "test_watchdog.py:" in line
    assert "pupil's" not in line


async def test_a_stall_is_told_once_with_all_stacks_and_again_only_after_it_had_passed() -> None:
    health = Ill()
    with structlog.testing.capture_logs() as logs:
        async with watched(health, stall=60, every=0.01):
            await health.now("ocr stalled")
            await health.now()
            await health.now("ocr stalled")
    assert [entry["event"] for entry in logs] == ["stalled", "stalled"]
    assert logs[0]["problems"] == ["ocr stalled"]
    assert any("_watch" in line for line in logs[0]["tasks"])
