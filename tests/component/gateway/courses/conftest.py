"""Proposing over HTTP."""

import httpx

from tests.component.gateway.harness import Running

API = "/api/v1"
MARKDOWN = {"Content-Type": "text/markdown"}


async def propose(running: Running, text: str, headers: dict[str, str] | None = None, **query: str) -> httpx.Response:
    return await running.client.post(
        f"{API}/subjects/math/proposals", content=text.encode(), params=query, headers=MARKDOWN | (headers or {})
    )
