"""Uploads while Postgres is gone, silent, slow or busy: an answer in bounded time, and nothing accepted twice."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from contracts.topics import UPLOADED
from services.gateway.database import open_database
from services.gateway.ledger import TRIES, Conflict, Ledger, Purpose, Transaction, transact
from services.gateway.postgres import PostgresLedger
from services.gateway.settings import PostgresSettings
from tests.component.gateway.harness import Running, gateway, until
from tests.faults.proxy import Network, Proxy

QUICK = {"acquire_timeout": 1.0, "statement_timeout": 1.0}
BOUND = 40.0
"""Seconds within which an upload is answered on a busy machine: a few statements and a rollback may each time out once,
of what else would never end."""
SOON = 5.0
"""Seconds that the gateway has for its database."""


@pytest.fixture
def proxy(database: str) -> Iterator[Proxy]:
    network = Network()
    yield network.proxy(urlsplit(database).port or 5432)
    network.close()


def through(proxy: Proxy, dsn: str) -> str:
    parts = urlsplit(dsn)
    return parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{proxy.port}").geturl()


def settings_of(dsn: str, **more: float) -> PostgresSettings:
    return PostgresSettings(dsn=SecretStr(dsn), pool=4, **{**QUICK, **more})


async def timed(running: Running, **headers: str) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    return await running.upload(headers=headers), time.monotonic() - began


async def count(dsn: str, table: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))
    finally:
        await connection.close()


@pytest.mark.parametrize("fault", ["gone", "silent", "silent answers", "slow"])
async def test_an_upload_without_postgres_is_answered_503_soon_and_works_again_afterwards(
    fault: str, database: str, proxy: Proxy, tmp_path: Path
) -> None:
    dsn = through(proxy, database)
    async with gateway(dsn, tmp_path, postgres=settings_of(dsn), store_seconds=SOON) as running:
        assert (await running.upload()).status_code == 202
        {
            "gone": proxy.shut,
            "silent": lambda: proxy.set(silent=True),
            "silent answers": lambda: proxy.set("down", silent=True),
            "slow": lambda: proxy.set("down", latency=2.0),
        }[fault]()
        answers = await asyncio.gather(*(timed(running) for _ in range(12)))  # more than the pool has connections
        assert {response.status_code for response, _ in answers} == {503}
        assert {response.json()["code"] for response, _ in answers} == {"store_unavailable"}
        assert all(int(response.headers["retry-after"]) > 0 for response, _ in answers)
        assert max(seconds for _, seconds in answers) < BOUND
        proxy.heal()

        async def works() -> bool:
            return (await running.upload()).status_code == 202

        await until(works)


async def test_many_statements_that_are_slow_together_are_given_up_like_one(
    database: str, proxy: Proxy, tmp_path: Path
) -> None:
    dsn = through(proxy, database)
    async with gateway(dsn, tmp_path, postgres=settings_of(dsn, statement_timeout=5.0), store_seconds=1.5) as running:
        assert (await running.upload()).status_code == 202
        proxy.set("down", latency=0.6)
        response, seconds = await timed(running, **{"Idempotency-Key": "k"})
        assert (response.status_code, response.json()["code"]) == (503, "store_unavailable")
        assert seconds < BOUND
        proxy.heal()

        async def works() -> bool:
            return (await running.upload(headers={"Idempotency-Key": "k"})).status_code == 202

        await until(works)
    assert await count(database, "exams") == 2


async def test_a_gateway_waits_for_a_database_that_is_not_there_yet(
    database: str, proxy: Proxy, tmp_path: Path
) -> None:
    dsn = through(proxy, database)
    proxy.shut()
    asyncio.get_running_loop().call_later(1.5, lambda: threading.Thread(target=proxy.open).start())
    async with gateway(dsn, tmp_path, postgres=settings_of(dsn)) as running:
        assert (await running.upload()).status_code == 202


async def test_a_pool_that_is_exhausted_refuses_instead_of_piling_up(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path, postgres=settings_of(database), store_seconds=SOON) as running:
        holder = await asyncpg.connect(database)
        async with holder.transaction():
            await holder.execute("LOCK TABLE idempotency, exams")
            answers = await asyncio.gather(*(timed(running, **{"Idempotency-Key": str(n)}) for n in range(12)))
        await holder.close()

        async def works() -> bool:
            return (await running.upload()).status_code == 202

        await until(works)
    assert {response.status_code for response, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < BOUND


async def test_an_accepted_upload_whose_commit_was_not_answered_is_told_to_the_retry_with_the_same_key(
    database: str, proxy: Proxy, tmp_path: Path
) -> None:
    dsn, cut = through(proxy, database), False

    class Lossy:
        """Loses the answer to the commit that accepts, and no other: the gateway's loops ask on connections of theirs."""

        def __init__(self, inner: Ledger) -> None:
            self.inner = inner

        @asynccontextmanager
        async def transaction(self, purpose: Purpose) -> AsyncIterator[Transaction]:
            nonlocal cut
            async with self.inner.transaction(purpose) as transaction:
                yield transaction
                if purpose == "accept" and not cut:
                    cut = True
                    proxy.cut_reply_to(_port(transaction))

    key = {"Idempotency-Key": "k"}
    async with gateway(dsn, tmp_path, postgres=settings_of(dsn, acquire_timeout=20.0), keep_books=Lossy) as running:
        lost = await running.upload(headers=key)
        assert (lost.status_code, lost.json()["code"]) == (503, "store_unavailable")
        assert await count(database, "exams") == 1
        again = await running.upload(headers=key)
        assert again.status_code == 202
        assert again.headers["idempotent-replayed"] == "true"
        exam_id = again.json()["exam_id"]
        await until(lambda: running.bus.topics_of(exam_id) == [UPLOADED["interactive"]])
        assert len(running.bus.published) == await count(database, "exams") == 1


def _port(transaction: Any) -> int:
    """From which its connection goes out."""
    return int(transaction._connection._con._transport.get_extra_info("sockname")[1])


async def test_transactions_that_deadlock_are_done_again_until_both_are_through(database: str) -> None:
    async with open_database(settings_of(database, statement_timeout=60.0)) as pool:
        await pool.execute("CREATE TABLE seats (n integer PRIMARY KEY, taken integer NOT NULL DEFAULT 0)")
        await pool.execute("INSERT INTO seats VALUES (1), (2)")
        ledger, begun, met = PostgresLedger(pool), 0, asyncio.Barrier(2)

        async def take(order: tuple[int, int], books: Transaction) -> None:
            nonlocal begun
            begun += 1
            for number in order:
                await books._connection.execute("UPDATE seats SET taken = taken + 1 WHERE n = $1", number)  # type: ignore[attr-defined]
                if number == order[0] and begun <= 2:
                    await met.wait()

        await asyncio.gather(
            transact(ledger, "sweep", lambda books: take((1, 2), books)),
            transact(ledger, "sweep", lambda books: take((2, 1), books)),
        )
        assert begun == 3
        assert {row["taken"] for row in await pool.fetch("SELECT taken FROM seats")} == {2}


async def test_a_conflict_that_does_not_end_is_told_after_a_few_tries(database: str) -> None:
    async with open_database(settings_of(database)) as pool:
        tries = 0

        async def losing(_books: Transaction) -> None:
            nonlocal tries
            tries += 1
            await _books._connection.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")  # type: ignore[attr-defined]

        with pytest.raises(Conflict):
            await transact(PostgresLedger(pool), "sweep", losing)
        assert tries == TRIES
        assert pool.get_idle_size() == pool.get_size()
