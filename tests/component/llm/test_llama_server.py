"""How requests end at a real llama.cpp server when they can't end well, and that the next one is none the worse.

bash tests/llama/run.sh builds one and asks it; or REDINK_TEST_LLM_URL=http://127.0.0.1:8080/v1 for one that runs.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from llm_world import Word, question
from test_any_server import Given

from runtime.llm.account import Account
from runtime.llm.client import Llm
from runtime.llm.failures import Failed, Reason
from runtime.llm.open import open_llm
from runtime.settings import RedisSettings

pytestmark = pytest.mark.skipif(Given().url is None, reason="no REDINK_TEST_LLM_URL")
_LONG = "apple " * 60_000
"""More tokens than any context that is served here has; fewer bytes than the server's limit of a request."""


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[Llm]:
    given = Given().model_copy(
        update={"retries": 0, "call_seconds": 120.0, "exam_seconds": 600.0, "max_cost": 0.0} | settings
    )
    async with open_llm(given.model_copy(update={"tenant_tokens_per_day": 0}), RedisSettings(url=None)) as llm:
        assert llm is not None
        yield llm


def account(llm: Llm) -> Account:
    """Of a tenant of its own, so that no reply is found on the shelf."""
    return llm.account(f"school-{uuid.uuid4().hex}", "exam:1", 600, lambda: None)


async def reason(llm: Llm, text: str = "apple", **more: Any) -> Reason:
    with pytest.raises(Failed) as failed:
        await llm.ask(question(text, **more), account(llm))
    return failed.value.reason


async def test_a_request_beyond_the_context_is_refused_and_the_breaker_stays_shut() -> None:
    async with opened(breaker_after=1) as llm:
        assert await reason(llm, _LONG) is Reason.REFUSED
        assert isinstance(await llm.ask(question(), account(llm)), Word)


async def test_a_reply_without_room_is_truncated_and_no_half_of_it_is_used() -> None:
    async with opened(retries=1) as llm:
        assert await reason(llm, max_tokens=1) is Reason.TRUNCATED
        assert isinstance(await llm.ask(question(), account(llm)), Word)


async def test_a_request_given_up_frees_its_place() -> None:
    async with opened(call_seconds=0.02, breaker_after=9) as hasty:
        assert [await reason(hasty, "a pear " * 300) for _ in range(4)] == [Reason.TIMED_OUT] * 4
    async with opened() as llm:
        assert isinstance(await llm.ask(question(), account(llm)), Word)


async def test_requests_that_wait_for_each_other_all_end_over_kept_connections() -> None:
    async with opened(concurrency=6) as llm:
        replies = await asyncio.gather(*(llm.ask(question(f"apple {i}"), account(llm)) for i in range(12)))
    assert [type(reply) for reply in replies] == [Word] * 12


async def test_a_path_that_the_server_lacks_is_refused() -> None:
    url = Given().url
    assert url is not None
    async with opened(url=type(url)(f"{str(url).rstrip('/')}/nowhere")) as llm:
        assert await reason(llm) is Reason.REFUSED
