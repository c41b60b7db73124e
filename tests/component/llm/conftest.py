"""A model behind a scripted server, with its limits and replies in a real Valkey."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from llm_world import WORD, World
from pydantic import HttpUrl, SecretStr
from scripted_model import KEY, answers, scripted

from deploy.native.stack import Stack
from runtime.llm.open import open_llm
from runtime.llm.settings import LlmSettings
from runtime.settings import RedisSettings

Opened = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
def opened(stack: Stack) -> Opened:
    """`async with opened(requests_per_minute=5) as world`; `redis=None` goes without."""

    @asynccontextmanager
    async def open_world(
        redis: str | None = stack.redis_url, server: Any = None, **settings: Any
    ) -> AsyncIterator[World]:
        given = {"requests_per_minute": 10_000, "retries": 2, "call_seconds": 60, **settings}
        url = RedisSettings(url=None if redis is None else SecretStr(redis), timeout=30)
        async with scripted(answers(lambda _: {"word": WORD})) as fresh:
            model = server or fresh
            # A path of its own is an account of its own: tests sharing a Valkey never meet.
            address = HttpUrl(model.url)
            options = LlmSettings(api_key=SecretStr(KEY), url=address, **given)
            async with open_llm(options, url) as llm:
                assert llm is not None
                yield World(llm, model, f"school-{uuid.uuid4().hex}")

    return open_world
