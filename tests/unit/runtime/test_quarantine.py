"""One record that kills its process takes nobody along: who was beside it works alone until it is known who it was."""

import asyncio
from collections import Counter

import pytest

from runtime.quarantine import CrashGuard, Quarantine
from runtime.verdict import CrashLooping

LIMIT = 3


class Counts:
    """The counter in Redis: it outlives the process."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()

    async def first(self, key: str) -> bool:
        if self.open[key]:
            return False
        self.open[key] = 1
        return True

    async def begin(self, key: str) -> int:
        self.open[key] += 1
        return self.open[key]

    async def end(self, key: str) -> None:
        del self.open[key]


async def one_life(counts: Counts, keys: list[str], *, killer: str) -> dict[str, str]:
    """A process that works on all keys side by side until the killer's work kills it; what became of each."""
    guard, died, fates = CrashGuard(counts, Quarantine(), LIMIT), asyncio.Event(), {}

    async def work(key: str) -> None:
        try:
            async with guard.start(key):
                await asyncio.sleep(0.01)
                if key == killer:
                    died.set()
                    await asyncio.Event().wait()
        except CrashLooping:
            fates[key] = "crash looping"
            return
        await guard.end(key)
        fates[key] = "done"

    tasks = [asyncio.create_task(work(key)) for key in keys]
    finished = asyncio.gather(*tasks)
    crash = asyncio.create_task(died.wait())
    await asyncio.wait({finished, crash}, return_when=asyncio.FIRST_COMPLETED)
    for task in (*tasks, finished, crash):
        task.cancel()
    await asyncio.gather(*tasks, finished, crash, return_exceptions=True)
    return fates


async def test_the_neighbours_of_a_killer_are_done_and_only_the_killer_is_blamed() -> None:
    counts, left = Counts(), ["n1", "n2", "killer", "n3", "n4"]
    fates: dict[str, str] = {}
    for _ in range(LIMIT + 1):
        fates |= await one_life(counts, [key for key in left if key not in fates], killer="killer")
    assert fates == {"killer": "crash looping"} | dict.fromkeys(["n1", "n2", "n3", "n4"], "done")


@pytest.mark.parametrize("first", ["alone", "among others"])
async def test_who_is_alone_has_nobody_beside_it(first: str) -> None:
    quarantine, inside, seen = Quarantine(), [], []

    async def work(name: str) -> None:
        async with quarantine.alone() if name == "suspect" else quarantine.among_others():
            inside.append(name)
            seen.append(tuple(inside))
            await asyncio.sleep(0.01)
            inside.remove(name)

    names = ["suspect", "a", "b"] if first == "alone" else ["a", "b", "suspect", "c"]
    await asyncio.gather(*map(work, names))
    assert ("suspect",) in seen
    assert not [group for group in seen if "suspect" in group and len(group) > 1]
    assert ("a", "b") in seen


async def test_who_was_stopped_while_waiting_to_be_alone_blocks_nobody() -> None:
    quarantine = Quarantine()
    async with quarantine.among_others():
        waiting = asyncio.create_task(quarantine.alone().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(60), quarantine.among_others():
            pass
