"""A gateway, alone or with a scripted model."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from tests.component.gateway.harness import Running, gateway
from tests.component.llm.scripted_model import KEY, ScriptedModel

API = "/api/v1"
MARKDOWN = {"Content-Type": "text/markdown"}


class WithModel(Protocol):
    def __call__(self, model: ScriptedModel) -> AbstractAsyncContextManager[Running]: ...


async def propose(running: Running, text: str, headers: dict[str, str] | None = None, **query: str) -> httpx.Response:
    return await running.client.post(
        f"{API}/subjects/math/proposals", content=text.encode(), params=query, headers=MARKDOWN | (headers or {})
    )


@pytest.fixture
def with_model(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WithModel:
    @asynccontextmanager
    async def opened(model: ScriptedModel) -> AsyncIterator[Running]:
        for name, value in {"URL": model.url, "API_KEY": KEY, "RETRIES": "0", "EXAM_SECONDS": "120"}.items():
            monkeypatch.setenv(f"REDINK_LLM_{name}", value)
        monkeypatch.setenv("REDINK_LLM_CALL_SECONDS", "100")
        monkeypatch.delenv("REDINK_REDIS_URL", raising=False)
        async with gateway(database, tmp_path) as one:
            yield one

    return opened
