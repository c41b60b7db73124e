"""The cache never raises, whatever Redis does."""

import socket

from pydantic import SecretStr

from deploy.native.stack import Stack
from runtime.cache import open_cache
from runtime.settings import RedisSettings


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
