"""The cache never raises, whatever Redis does."""

import socket
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr

from deploy.native.stack import Stack
from runtime.cache import open_cache
from runtime.settings import RedisSettings
from tests.faults.proxy import Network


async def test_a_value_is_kept_as_json_until_its_time_is_over(stack: Stack, topic_prefix: str) -> None:
    async with open_cache(RedisSettings(url=SecretStr(stack.redis_url), timeout=30)) as cache:
        key = f"{topic_prefix}k"
        assert await cache.get(key) is None
        await cache.set(key, {"知识点": ["有理数"]}, ttl=60)
        assert await cache.get(key) == {"知识点": ["有理数"]}
        await cache.set(key, 1, ttl=0.001)
        assert await cache.get(key) in {None, 1}


async def test_starts_are_counted_until_an_end(stack: Stack, topic_prefix: str) -> None:
    async with open_cache(RedisSettings(url=SecretStr(stack.redis_url), timeout=30)) as cache:
        key = f"{topic_prefix}exam"
        assert [await cache.begin(key) for _ in range(3)] == [1, 2, 3]
        await cache.end(key)
        assert await cache.begin(key) == 1


async def test_a_first_start_is_counted_and_one_after_a_start_without_an_end_is_not(
    stack: Stack, topic_prefix: str
) -> None:
    async with open_cache(RedisSettings(url=SecretStr(stack.redis_url), timeout=30)) as cache:
        key = f"{topic_prefix}first"
        assert await cache.first(key)
        assert not await cache.first(key)
        assert await cache.begin(key) == 2, "the first was counted once"
        await cache.end(key)
        assert await cache.first(key)


async def test_without_an_answer_every_look_up_is_a_miss_and_every_start_the_first() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        async with open_cache(RedisSettings(url=SecretStr(url), timeout=0.2)) as cache:
            assert await cache.get("k") is None
            await cache.set("k", 1, ttl=1)
            assert await cache.begin("k") == 1
            assert await cache.first("k")
            await cache.end("k")
            await cache.ready()


async def test_without_a_url_nothing_is_cached() -> None:
    async with open_cache(RedisSettings(url=None)) as cache:
        await cache.set("k", 1, ttl=1)
        assert await cache.get("k") is None
        assert await cache.begin("k") == 1


async def test_a_redis_that_goes_away_is_told_once_and_once_that_it_is_back(stack: Stack, topic_prefix: str) -> None:
    network = Network()
    proxy = network.proxy(urlsplit(stack.redis_url).port or 6379)
    url = SecretStr(f"redis://127.0.0.1:{proxy.port}/0")
    try:
        with structlog.testing.capture_logs() as told:
            async with open_cache(RedisSettings(url=url, timeout=5)) as cache:
                await cache.begin(f"{topic_prefix}one")
                assert told == []
                proxy.shut()
                for _ in range(5):
                    assert await cache.begin(f"{topic_prefix}one") == 1
                    await cache.ready()
                proxy.heal()
                for _ in range(3):
                    await cache.ready()
    finally:
        network.close()
    assert [line["event"] for line in told] == ["cache unavailable", "cache is back"]
