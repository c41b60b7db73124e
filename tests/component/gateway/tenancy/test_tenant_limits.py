"""Rates in Redis or without it, quotas by month, and what GET /usage says of them."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from deploy.native.stack import Stack
from runtime.settings import RedisSettings
from services.gateway import auth
from services.gateway.database import open_database
from services.gateway.limits.buckets import LocalBuckets, RedisBuckets, open_buckets
from services.gateway.limits.rates import Rate
from services.gateway.limits.settings import LimitSettings
from services.gateway.retention.settings import RetentionSettings
from services.gateway.settings import PostgresSettings
from services.gateway.tenancy.service import TenancySettings
from services.gateway.tenancy.settings import AdminSettings
from tests.component.gateway.harness import FORM, JPEG, PATIENCE, Running, gateway
from tests.faults.proxy import Network


def tenancy(redis: str | None = None, **limits: int) -> TenancySettings:
    url = SecretStr(redis) if redis else None
    return TenancySettings(LimitSettings(**limits), RetentionSettings(), AdminSettings(), RedisSettings(url=url))


@asynccontextmanager
async def limited(database: str, folder: Path, redis: str | None = None, **limits: int) -> AsyncIterator[Running]:
    async with gateway(database, folder, opened={"tenancy": tenancy(redis, **limits)}) as running:
        yield running


async def test_replicas_share_one_bucket_in_redis_and_tenants_do_not(stack: Stack) -> None:
    rate, tenant = Rate("write", 1), uuid.uuid4().hex  # a token in a minute: no machine is that slow
    settings = RedisSettings(url=SecretStr(stack.redis_url), timeout=PATIENCE)
    async with open_buckets(settings, 1) as one, open_buckets(settings, 1) as two:
        assert isinstance(one, RedisBuckets)
        standings = await asyncio.gather(*(each.take(tenant, rate) for each in (one, two) for _ in range(5)))
        assert sum(standing.taken for standing in standings) == 1
        assert (await two.take(uuid.uuid4().hex, rate)).taken
        await asyncio.sleep(1.5)
        refused = await one.take(tenant, rate)
        assert not refused.taken
        assert 0.02 < refused.tokens < 1, "tokens flow in by Redis' clock"


async def test_without_redis_each_replica_gives_its_share_and_asks_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.gateway.limits.buckets._AWAY_SECONDS", 600.0)
    asked = 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as silent:
        nowhere = SecretStr(f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}/0")
        async with open_buckets(RedisSettings(url=nowhere, timeout=0.3), 4) as buckets:
            taken = [(await buckets.take("dev", Rate("read", 4))).taken for _ in range(30)]
    assert sum(taken) == 1
    assert asked <= 1, "not every request waits for a Redis that is away"
    clock = iter(range(0, 1000, 30))
    local = LocalBuckets(1, lambda: float(next(clock)))
    assert [(await local.take("dev", Rate("read", 2))).taken for _ in range(4)] == [True] * 4


async def test_a_redis_that_comes_back_is_the_truth_again(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.limits.buckets._AWAY_SECONDS", 0.1)
    network, rate, tenant = Network(), Rate("upload", 10), uuid.uuid4().hex
    try:
        proxy = network.proxy(urlsplit(stack.redis_url).port or 6379)
        settings = RedisSettings(url=SecretStr(f"redis://127.0.0.1:{proxy.port}/0"), timeout=5)
        async with open_buckets(settings, 2) as buckets:
            assert [(await buckets.take(tenant, rate)).taken for _ in range(8)] == [True] * 8
            proxy.shut()
            away = [await buckets.take(tenant, rate) for _ in range(7)]
            assert [standing.taken for standing in away] == [True] * 5 + [False] * 2, "half of ten: two replicas"
            proxy.heal()
            await asyncio.sleep(0.3)
            back = await buckets.take(tenant, rate)
            assert back.rate == rate
            assert 1 <= back.tokens < 9, "what was taken before is remembered there, for the most of a minute"
    finally:
        network.close()


async def test_a_tenant_that_asks_too_often_is_told_when_to_come_again_and_others_are_served(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tokens flow in by this clock: a busy machine may take its time.
    monkeypatch.setattr(LocalBuckets.__init__, "__defaults__", (lambda: 0.0,))
    async with limited(database, tmp_path, reads_per_minute=3, uploads_per_minute=1) as running:
        async with open_database(PostgresSettings(dsn=database, pool=2)) as pool:
            other = {"Authorization": f"Bearer {await auth.create_key(pool, 'other')}"}
            await pool.execute("UPDATE tenants SET rate_factor = 2 WHERE name = 'other'")
        answers = [await running.get("/exams") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"read";q=3;w=60'
        assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
        assert answers[3].json()["code"] == "rate_limited"
        assert answers[3].json()["violated-policies"] == ["read"]
        assert 1 <= int(answers[3].headers["retry-after"]) <= 20
        assert (await running.upload()).status_code == 202, "uploads have a bucket of their own"
        refused = await running.upload()
        assert (refused.status_code, refused.headers["ratelimit"].split(";")[0]) == (429, '"upload"')
        codes = [(await running.get("/exams", headers=other)).status_code for _ in range(7)]
        assert codes == [200] * 6 + [429]


async def test_an_upload_beyond_a_quota_is_refused_until_the_month_ends_but_not_what_was_accepted(
    running: Running,
) -> None:
    first = await running.upload(headers={"Idempotency-Key": "k-1"})
    assert first.status_code == 202
    await running.sql("UPDATE tenants SET quota_exams = 2 WHERE name = 'dev'")
    codes = sorted([answer.status_code for answer in await asyncio.gather(*(running.upload() for _ in range(5)))])
    assert codes == [202, 429, 429, 429, 429], "exact, however many come at once"
    refused = await running.upload()
    assert (refused.json()["code"], refused.json()["quotas"]) == ("quota_exceeded", ["exams"])
    assert int(refused.headers["retry-after"]) > 0
    again = await running.upload(headers={"Idempotency-Key": "k-1"})
    assert (again.status_code, again.json()["exam_id"]) == (202, first.json()["exam_id"])
    usage = (await running.get("/usage")).json()
    assert (usage["billed"], usage["quota"]["exams"], usage["used"]["exams"]) == (True, 2, 2)
    assert len(await running.sql("SELECT 1 FROM exams")) == 2

    await running.sql("UPDATE usage_months SET month = month - interval '1 month'")
    assert (await running.upload()).status_code == 202, "a new month, a whole quota"
    usage = (await running.get("/usage")).json()
    assert [month["exams"] for month in usage["history"]] == [1, 2]

    await running.sql("UPDATE tenants SET quota_exams = 0, canary = true WHERE name = 'dev'")
    assert (await running.upload()).status_code == 202, "canaries are measured, not billed"
    assert (await running.get("/usage")).json()["billed"] is False


@pytest.mark.parametrize("column", ["quota_pages", "quota_tokens", "quota_cost"])
async def test_each_quota_binds(running: Running, column: str) -> None:
    await running.sql(f"UPDATE tenants SET {column} = 10 WHERE name = 'dev'")
    assert (await running.upload()).status_code == 202
    used = {"quota_pages": "pages = 10", "quota_tokens": "tokens_in = 4, tokens_cached = 3, tokens_out = 3"}
    await running.sql(f"UPDATE usage_months SET {used.get(column, 'cost = 10')}")
    assert (await running.upload()).json()["quotas"] == [column.removeprefix("quota_")]


async def test_a_refused_exam_leaves_no_usage(running: Running) -> None:
    files = [("files", ("p1.jpg", JPEG, "image/jpeg"))]
    bad = await running.client.post("/api/v1/exams", data={**FORM, "grade": "77"}, files=files)
    assert bad.status_code == 422
    assert (await running.get("/usage")).json()["used"]["exams"] == 0
