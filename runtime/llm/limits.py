"""What may be asked of a model: requests in any minute, requests open at a time, and budgets.

All workers together keep to them, by one script in Redis; while Redis is away, each keeps to its share.
"""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runtime.llm.failures import Failed, Reason
from runtime.llm.shared import Away, Shared

PREFIX = "redink:{llm}:"
"""The braces keep all keys of a script on one node of a Redis cluster."""
MINUTE = 60.0
_TAKE = (Path(__file__).parent / "take.lua").read_text(encoding="utf-8")
_FULL = 0.25
"""Seconds after which to look again for a free place among the open requests."""
_MOST = 10_000
"""Budgets in memory; the oldest is forgotten."""


@dataclass(frozen=True)
class Budget:
    """A sum that must not be passed: `most` of it in `seconds` from its first use. `most` 0: no limit."""

    key: str
    most: int
    seconds: int
    reason: Reason


@dataclass(frozen=True)
class Claim:
    """An amount asked of a budget before the request that may use it; what wasn't used is given back."""

    budget: Budget
    amount: int


@dataclass(frozen=True)
class Lease:
    """One request that may be sent, until `give_back`. `shared`: Redis knows of it."""

    id: str
    claims: tuple[Claim, ...]
    shared: bool


@dataclass(frozen=True)
class Later:
    """Not now: ask again in so many seconds."""

    seconds: float


class Limits(Protocol):
    """Never fails for want of Redis."""

    async def take(self, lease: str, claims: Sequence[Claim], share: float = 1.0) -> Lease | Later:
        """Ask for one request, within a `share` of the rates. Raises Failed with the reason of a budget that is used up."""
        ...

    async def give_back(self, lease: Lease, used: Sequence[int]) -> None:
        """The request ended; `used` of each claim."""
        ...


@dataclass(frozen=True)
class Rates:
    """`lease_seconds`: after which a request whose worker died counts no longer as open."""

    per_minute: int
    concurrency: int
    lease_seconds: float

    def times(self, share: float) -> "Rates":
        """A share of them, rounded down: one request at least."""
        return Rates(max(1, int(self.per_minute * share)), max(1, int(self.concurrency * share)), self.lease_seconds)


class LocalLimits:
    """Of this process alone."""

    def __init__(self, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = rates
        self._clock = clock
        self._sent: deque[float] = deque()
        self._open: dict[str, float] = {}
        self._spent: dict[str, tuple[int, float]] = {}

    async def take(self, lease: str, claims: Sequence[Claim], share: float = 1.0) -> Lease | Later:
        now, rates = self._clock(), self._rates.times(share)
        for claim in claims:
            if 0 < claim.budget.most < self._of(claim.budget, now) + claim.amount:
                raise Failed(claim.budget.reason)
        self._open = {name: until for name, until in self._open.items() if until > now}
        while self._sent and self._sent[0] <= now - MINUTE:
            self._sent.popleft()
        if len(self._open) >= rates.concurrency:
            return Later(_FULL)
        if len(self._sent) >= rates.per_minute:
            return Later(self._sent[len(self._sent) - rates.per_minute] + MINUTE - now)
        self._sent.append(now)
        self._open[lease] = now + rates.lease_seconds
        for claim in claims:
            self._add(claim.budget, claim.amount, now)
        return Lease(lease, tuple(claims), shared=False)

    async def give_back(self, lease: Lease, used: Sequence[int]) -> None:
        self._open.pop(lease.id, None)
        now = self._clock()
        for claim, amount in zip(lease.claims, used, strict=True):
            if claim.budget.key in self._spent:
                self._add(claim.budget, amount - claim.amount, now)

    def _of(self, budget: Budget, now: float) -> int:
        amount, until = self._spent.get(budget.key, (0, now))
        return amount if until > now else 0

    def _add(self, budget: Budget, amount: int, now: float) -> None:
        held, until = self._spent.pop(budget.key, (0, now))
        if until <= now:
            held, until = 0, now + budget.seconds
        self._spent[budget.key] = (held + amount, until)
        if len(self._spent) > _MOST:
            del self._spent[next(iter(self._spent))]


class SharedLimits:
    """Of all workers, by Redis' clock; `local` stands in while Redis is away."""

    def __init__(self, shared: Shared, rates: Rates, local: LocalLimits, prefix: str = PREFIX) -> None:
        self._shared = shared
        self._rates = rates
        self._local = local
        self._prefix = prefix
        self._script = shared.client.register_script(_TAKE)

    async def take(self, lease: str, claims: Sequence[Claim], share: float = 1.0) -> Lease | Later:
        keys = [f"{self._prefix}minute", f"{self._prefix}open", *(self._prefix + c.budget.key for c in claims)]
        rates = self._rates.times(share)
        words: list[str | float] = [lease, rates.per_minute, rates.concurrency, rates.lease_seconds, MINUTE]
        words += [word for c in claims for word in (c.budget.most, c.amount, c.budget.seconds)]
        try:
            verdict, number = await self._shared.call(lambda: self._script(keys, words))
        except Away:
            return await self._local.take(lease, claims, share)
        match verdict:
            case b"taken":
                return Lease(lease, tuple(claims), shared=True)
            case b"spent":
                raise Failed(claims[int(number)].budget.reason)
            case b"full":
                return Later(_FULL)
        return Later(float(number))

    async def give_back(self, lease: Lease, used: Sequence[int]) -> None:
        if not lease.shared:
            await self._local.give_back(lease, used)
            return

        async def settle() -> None:
            async with self._shared.client.pipeline(transaction=False) as pipe:
                pipe.zrem(f"{self._prefix}open", lease.id)
                for claim, amount in zip(lease.claims, used, strict=True):
                    pipe.incrby(self._prefix + claim.budget.key, amount - claim.amount)
                    pipe.expire(self._prefix + claim.budget.key, claim.budget.seconds, nx=True)
                await pipe.execute()

        with contextlib.suppress(Away):  # the lease runs out by itself; a budget stays charged: the safe side
            await self._shared.call(settle)
