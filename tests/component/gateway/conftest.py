"""One gateway per test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.component.gateway.harness import Running, gateway
from tests.component.gateway.with_model import WithModel, opener


@pytest.fixture(scope="module", autouse=True)
def unhurried() -> Iterator[None]:
    """What an answer leaves for later after some seconds is in it here, however busy the machine."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("BATCH_ACCEPT", "BATCH_LOOK", "PRACTICE_PRESS"):
            patched.setenv(f"REDINK_{name}_SECONDS", "90")
        yield


@pytest.fixture
async def running(database: str, tmp_path: Path) -> AsyncIterator[Running]:
    """A gateway of the tenant `dev`."""
    async with gateway(database, tmp_path) as one:
        yield one


@pytest.fixture
def with_model(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WithModel:
    """A gateway that asks a scripted model."""
    return opener(database, tmp_path, monkeypatch)
