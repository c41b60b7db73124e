"""Requests that wait for the same key share its row; nobody is told what was read before it asked."""

import asyncio
from typing import Any

import pytest

from services.gateway.keyring import Keyring


class Pool:
    """A pool of one connection; the n-th answer is n. `busy` while somebody else has the connection."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.answer = asyncio.Event()
        self.asked: list[str] = []
        self.noted: list[str] = []
        self.broken = False

    async def acquire(self) -> "Pool":
        await self.free.wait()
        if self.broken:
            raise TimeoutError
        return self

    async def release(self, _connection: "Pool") -> None:
        """Nothing to keep."""

    async def fetchrow(self, _query: str, key_id: str) -> Any:
        self.asked.append(key_id)
        number = len(self.asked)
        await self.answer.wait()
        return number

    async def execute(self, _query: str, key_id: str) -> None:
        self.noted.append(key_id)
        await self.answer.wait()


async def begun(*calls: Any) -> list[asyncio.Task[Any]]:
    tasks = [asyncio.create_task(call) for call in calls]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_a_crowd_under_one_key_asks_the_database_once() -> None:
    pool = Pool()
    keyring = Keyring(pool)  # type: ignore[arg-type]
    crowd = await begun(*(keyring.row("a") for _ in range(100)), keyring.row("b"))
    pool.free.set()
    pool.answer.set()
    assert await asyncio.gather(*crowd) == [1] * 100 + [2]
    assert pool.asked == ["a", "b"]


async def test_who_asks_after_the_query_was_sent_gets_a_later_answer() -> None:
    pool = Pool()
    keyring = Keyring(pool)  # type: ignore[arg-type]
    pool.free.set()
    early = await begun(keyring.row("a"))
    late = await begun(keyring.row("a"))
    pool.answer.set()
    assert (await early[0], await late[0]) == (1, 2), "a key revoked in between would have been let in"


async def test_a_client_that_goes_away_takes_the_answer_from_nobody() -> None:
    pool = Pool()
    keyring = Keyring(pool)  # type: ignore[arg-type]
    first, second = await begun(keyring.row("a"), keyring.row("a"))
    first.cancel()
    pool.free.set()
    pool.answer.set()
    assert await second == 1


async def test_a_database_that_is_away_is_asked_again_by_the_next_request() -> None:
    pool = Pool()
    keyring = Keyring(pool)  # type: ignore[arg-type]
    pool.broken = True
    pool.free.set()
    for task in await begun(keyring.row("a"), keyring.row("a")):
        with pytest.raises(TimeoutError):
            await task
    pool.broken = False
    pool.answer.set()
    assert await keyring.row("a") == 1


async def test_one_of_many_that_come_together_notes_that_the_key_was_used() -> None:
    pool = Pool()
    keyring = Keyring(pool)  # type: ignore[arg-type]
    together = await begun(*(keyring.used("a") for _ in range(10)))
    pool.answer.set()
    await asyncio.gather(*together)
    await keyring.used("a")
    assert pool.noted == ["a", "a"]
