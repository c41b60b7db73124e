"""A receiver, and a gateway that may call loopback and tries again soon."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest

from services.gateway.webhooks.settings import WebhookSettings
from tests.component.gateway.harness import PATIENCE, Running, gateway
from tests.component.gateway.webhooks.receiver import Receiver, receiving


class Open(Protocol):
    """Open a gateway on the test's database; `go_out` as in `open_gateway`, the rest are webhook settings."""

    def __call__(self, *, go_out: Any = None, **hooks: Any) -> AbstractAsyncContextManager[Running]: ...


def impatient(**changes: Any) -> WebhookSettings:
    """An answer may take as long as a busy machine likes: a test about silence says `timeout_seconds`."""
    quick: dict[str, Any] = {
        "allow_loopback": True,
        "timeout_seconds": PATIENCE,
        "poll_seconds": 0.1,
        "retry_seconds": (0.05,) * 6,
    }
    return WebhookSettings(**{**quick, **changes})


@pytest.fixture
def opened(database: str, tmp_path: Path) -> Open:
    """Gateways of the tenant `dev`, sharing database and blobs."""

    def open_one(*, go_out: Any = None, gateway_settings: Any = None, **hooks: Any) -> Any:
        extra = {"hooks": impatient(**hooks)} | ({"go_out": go_out} if go_out else {})
        return gateway(database, tmp_path, opened=extra, **(gateway_settings or {}))

    return open_one


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that answers 200."""
    async with receiving() as one:
        yield one


@pytest.fixture
async def running(opened: Open) -> AsyncIterator[Running]:
    """One such gateway."""
    async with opened() as one:
        yield one


async def register(running: Running, url: str, **more: Any) -> dict[str, Any]:
    """A new webhook, with its secret."""
    response = await running.client.post("/api/v1/webhooks", json={"url": url, **more})
    assert response.status_code == 201, response.text
    return dict(response.json())


async def deliveries(running: Running, webhook: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    """Newest first."""
    response = await running.get(f"/webhooks/{webhook['id']}/deliveries", params=query)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])
