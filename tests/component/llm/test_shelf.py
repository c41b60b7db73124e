"""Replies that workers share through Redis."""

import asyncio
import uuid
from typing import Any

from redis.asyncio import Redis

from deploy.native.stack import Stack
from runtime.llm.shared import Shared
from runtime.llm.shelf import Shelf


class Interrupted:
    """A client whose first look for a reply is followed by something else before its next command."""

    def __init__(self, client: Redis, between: Any) -> None:
        self._client = client
        self._between = between

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def get(self, name: str) -> Any:
        found = await self._client.get(name)
        between, self._between = self._between, None
        if between is not None:
            await between()
        return found


async def test_a_reply_that_lands_between_looking_and_leading_is_not_asked_for_again(stack: Stack) -> None:
    asked: list[str] = []

    async def ask(who: str) -> str:
        asked.append(who)
        return f"as {who} heard it"

    async with Redis.from_url(stack.redis_url) as client:
        prefix, until = f"test:{uuid.uuid4().hex}:", asyncio.get_running_loop().time() + 60
        other = Shelf(Shared(client, 30), 60, prefix=prefix)
        late: Any = Interrupted(client, lambda: other.once("key", until, lambda: ask("the other")))
        shelf = Shelf(Shared(late, 30), 60, prefix=prefix)
        assert await shelf.once("key", until, lambda: ask("us")) == "as the other heard it"
        assert asked == ["the other"]
        assert await client.keys(f"{prefix}flight:*") == []
