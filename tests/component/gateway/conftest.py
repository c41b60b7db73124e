"""One gateway per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.component.gateway.harness import Running, gateway


@pytest.fixture
async def running(database: str, tmp_path: Path) -> AsyncIterator[Running]:
    """A gateway of the tenant `dev`."""
    async with gateway(database, tmp_path) as one:
        yield one
