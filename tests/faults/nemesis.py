"""The nemesis: lanes of faults that run side by side, each by a seeded order, counted by kind."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.faults.kinds import Hand, Kind, writable
from tests.faults.world import World

_RARE_EVERY = 4
"""Rounds of a lane's common kinds between two rounds of its rare ones."""


class Nemesis:
    """Injects faults until told to stop. `calm`: mean seconds between two faults of a lane."""

    def __init__(self, world: World, hand: Hand, kinds: Sequence[Kind], seed: int, calm: float) -> None:
        self.injected: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        """Acts that could not be carried out, as a poison record for a broker that is down."""
        self.revived: Counter[str] = Counter()
        self._world = world
        self._hand = hand
        self._kinds = kinds
        self._seed = seed
        self._calm = calm
        self._over = False

    async def run(self, seconds: float) -> None:
        """So many seconds of it; then all healed, all processes up."""
        lanes = sorted({kind.lane for kind in self._kinds})
        tasks = [asyncio.create_task(self._lane(lane), name=f"lane {lane}") for lane in lanes]
        watch = asyncio.create_task(self._watch())
        try:
            done, _ = await asyncio.wait([*tasks, watch], timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            await self._end({*tasks, watch})
            await self._heal()

    async def _end(self, tasks: "set[asyncio.Task[None]]") -> None:
        """Cancel until all have ended: a client library may swallow one cancellation."""
        self._over = True
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=5)

    def counted(self) -> Counter[str]:
        """Faults by kind, with those that processes journalled themselves."""
        counts = Counter(self.injected)
        for fault in self._world.faults:
            place = fault.get("point", "").partition(".")[2]
            counts[f"crash at {place}" if place else str(fault["kind"])] += 1
        return counts

    async def _lane(self, lane: str) -> None:
        chance = random.Random(f"{self._seed}/{lane}")
        for kind in self._order(lane, chance):
            if self._over:
                return
            await asyncio.sleep(chance.expovariate(1 / self._calm))
            if kind.lane not in {"inside", "crashes"}:  # those are counted where they take effect
                self.injected[kind.name] += 1
            try:
                await kind.act(self._hand)
            except asyncio.CancelledError:
                if (task := asyncio.current_task()) and task.cancelling():
                    raise
                self.failed[f"{kind.name}: cancelled by a client"] += 1
            except Exception as error:  # noqa: BLE001 - faults meet each other: what can't be done now is counted
                self.failed[f"{kind.name}: {type(error).__name__}"] += 1

    def _order(self, lane: str, chance: random.Random) -> Iterator[Kind]:
        """Rounds in which each common kind comes once, and each rare one in every fourth."""
        common = [kind for kind in self._kinds if kind.lane == lane and not kind.rare]
        rare = [kind for kind in self._kinds if kind.lane == lane and kind.rare]
        rounds = 0
        while True:
            kinds = common + (rare if rounds % _RARE_EVERY == 0 or not common else [])
            yield from chance.sample(kinds, len(kinds))
            rounds += 1

    async def _watch(self) -> None:
        """Servers that died by themselves are started again, as a supervisor would, and told of."""
        while True:
            await asyncio.sleep(1)
            for name in await self._world.servers.revive():
                self.revived[name] += 1

    async def _heal(self) -> None:
        world = self._world
        for name in ("kafka", "postgres", "redis"):
            await world.servers.revive()
            await world.servers.settled(name)
        world.heal()
        await writable(self._hand)  # should the act that made it read-only have been cut short
        for role, count in self._hand.replicas.items():
            await world.scale(role, count)
