"""Group commit: what is asked for while a transaction is under way shares the next one.

Nobody waits for company: alone, each has its own at once; the more comes, the more shares the price of a transaction.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from runtime import log

T = TypeVar("T")
R = TypeVar("R")

ALONE_AT_ONCE = 4
"""Of those whose common transaction failed."""


class _Wish(Generic[T, R]):
    """What one caller asks for. `outcome` is None until it was granted, `apart` when it has to be tried alone."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.outcome: R | None = None
        self.apart = False


class Shared(Generic[T, R]):
    """Does `work` on items of several callers at once; never on two of the same key, and one time after the other."""

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]], key: Callable[[T], Hashable]) -> None:
        """`work` gives an outcome for each item, in their order, all or none; it may be done again for the same items."""
        self._work = work
        self._key = key
        self._waiting: dict[_Wish[T, R], None] = {}
        self._turn = asyncio.Lock()
        self._apart = asyncio.Semaphore(ALONE_AT_ONCE)
        self._log = log.get("gateway.sharing")

    async def do(self, item: T) -> R:
        """The item's outcome; raises what `work` raises for this item alone: one that is bad is no matter of the others."""
        wish = _Wish[T, R](item)
        self._waiting[wish] = None
        try:
            async with self._turn:  # those before may have served this one with theirs
                if wish in self._waiting:
                    await self._serve(self._together())
        finally:
            self._waiting.pop(wish, None)
        if wish.apart:
            async with self._apart:
                [wish.outcome] = await self._work([item])
        assert wish.outcome is not None
        return wish.outcome

    def _together(self) -> list[_Wish[T, R]]:
        """The first of each key. The one whose turn it is waits longest, so it is among them."""
        first: dict[Hashable, _Wish[T, R]] = {}
        for wish in self._waiting:
            first.setdefault(self._key(wish.item), wish)
        return list(first.values())

    async def _serve(self, wishes: list[_Wish[T, R]]) -> None:
        """Whoever is cancelled in here leaves the others waiting: the next one serves them."""
        try:
            outcomes = await self._work([wish.item for wish in wishes])
        except Exception as error:  # of whatever kind: one item may be bad, and the others must not pay for it
            if len(wishes) == 1:
                raise
            self._log.warning("failed together, each is tried alone", count=len(wishes), error=log.what(error))
            for wish in wishes:
                wish.apart = True
        else:
            for wish, outcome in zip(wishes, outcomes, strict=True):
                wish.outcome = outcome
        for wish in wishes:
            self._waiting.pop(wish, None)
