"""What comes while a transaction is under way shares the next one, and nobody suffers by it."""

import asyncio
from collections.abc import Sequence

import pytest

from services.gateway.sharing import Shared


class Books:
    """Work that is done when the gate opens; a number is doubled, a negative one can't be."""

    def __init__(self) -> None:
        self.done: list[list[int]] = []
        self.gate = asyncio.Event()
        self.shared = Shared[int, int](self._work, key=lambda number: abs(number) % 10)

    async def _work(self, items: Sequence[int]) -> list[int]:
        self.done.append(list(items))
        await self.gate.wait()
        if any(item < 0 for item in items):
            raise ValueError("negative")
        return [2 * item for item in items]

    def ask(self, *items: int) -> "list[asyncio.Task[int]]":
        return [asyncio.create_task(self.shared.do(item)) for item in items]


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_is_alone_is_served_at_once() -> None:
    books = Books()
    books.gate.set()
    assert [await books.shared.do(1), await books.shared.do(2)] == [2, 4]
    assert books.done == [[1], [2]]


async def test_what_comes_meanwhile_shares_the_next_turn_and_each_gets_its_own_outcome() -> None:
    books = Books()
    asked = books.ask(1, 2, 3, 4)
    await settled()
    books.gate.set()
    assert await asyncio.gather(*asked) == [2, 4, 6, 8]
    assert books.done == [[1], [2, 3, 4]]


async def test_two_of_one_key_never_share_a_turn_and_keep_their_order() -> None:
    books = Books()
    asked = books.ask(1, 2, 12, 22, 3)
    await settled()
    books.gate.set()
    assert await asyncio.gather(*asked) == [2, 4, 24, 44, 6]
    assert books.done == [[1], [2, 3], [12], [22]]


async def test_one_that_fails_fails_alone() -> None:
    books = Books()
    asked = books.ask(1, 2, -3, 4)
    await settled()
    books.gate.set()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert outcomes[:2] == [2, 4]
    assert isinstance(outcomes[2], ValueError)
    assert outcomes[3] == 8
    assert books.done[1] == [2, -3, 4]
    assert sorted(books.done[2:]) == [[-3], [2], [4]]


async def test_who_leaves_in_its_turn_leaves_the_others_to_the_next() -> None:
    books = Books()
    asked = books.ask(1, 2, 3, 4)
    await settled()
    asked[2].cancel()  # it waits
    await settled()
    asked[0].cancel()  # it is at work
    await settled()
    asked[1].cancel()  # it is at work for 4 as well
    await settled()
    books.gate.set()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in outcomes] == [True, True, True, False]
    assert outcomes[3] == 8
    assert books.done == [[1], [2, 4], [4]]


async def test_a_failure_alone_is_told_to_the_one_who_asked() -> None:
    books = Books()
    books.gate.set()
    with pytest.raises(ValueError, match="negative"):
        await books.shared.do(-1)
    assert books.done == [[-1]]
    assert await books.shared.do(1) == 2
