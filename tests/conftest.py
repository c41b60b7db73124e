"""Fixtures shared by all tests: the stack (real servers), a fresh database and a topic prefix of one's own."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import hypothesis
import pytest

from deploy.native.stack import BrokerKind, Stack, embedded_stack

# The same examples in every run, however long a busy machine takes for one.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

LONG = (
    "simulation/test_simulation",
    "simulation/test_mutants",
    "gateway/test_openapi",
    "faults/",
    "e2e/",
    "component/",
)
"""What takes minutes begins first, so that no worker is left alone with it at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((rank for rank, part in enumerate(LONG) if part in item.nodeid), len(LONG)))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Broker, PostgreSQL and Valkey; REDINK_TEST_BROKER=kafka takes Apache Kafka, REDINK_*_DSN/URL/BOOTSTRAP one's own."""
    broker = cast("BrokerKind", os.environ.get("REDINK_TEST_BROKER", "tansu"))
    folder = Path(tmp_path_factory.mktemp("stack"))
    with embedded_stack(folder, broker, given=os.environ, durable=False) as running:
        yield running


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[str]:
    """The DSN of an empty database that only this test uses."""
    import asyncpg  # noqa: PLC0415 - only tests that use a database need the driver

    name = f"test_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(stack.postgres_dsn)
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        yield urlsplit(stack.postgres_dsn)._replace(path=f"/{name}").geturl()
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@pytest.fixture
def topic_prefix() -> str:
    """Prepended to topic and group names, so that tests sharing a broker never meet."""
    return f"t{uuid.uuid4().hex[:12]}."
