"""A gateway with a scripted model."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests.component.gateway.harness import Running, gateway
from tests.component.llm.scripted_model import KEY, ScriptedModel


class WithModel(Protocol):
    """`settings`: further ones of `REDINK_LLM_*`."""

    def __call__(self, model: ScriptedModel, **settings: str) -> AbstractAsyncContextManager[Running]: ...


def opener(database: str, folder: Path, environment: pytest.MonkeyPatch) -> WithModel:
    """Opens gateways that ask the model."""

    @asynccontextmanager
    async def opened(model: ScriptedModel, **settings: str) -> AsyncIterator[Running]:
        asked = {"URL": model.url, "API_KEY": KEY, "RETRIES": "0", "EXAM_SECONDS": "120", "CALL_SECONDS": "100"}
        for name, value in (asked | settings).items():
            environment.setenv(f"REDINK_LLM_{name}", value)
        environment.delenv("REDINK_REDIS_URL", raising=False)
        async with gateway(database, folder) as one:
            yield one

    return opened
