"""The network, and the tape that stands in for it."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from runtime.llm.failures import Failed, Reason
from runtime.llm.wire import MAX_REPLY


@dataclass(frozen=True)
class Raw:
    """An answer of the server as it came, its headers but one forgotten."""

    status: int
    body: bytes
    retry_after: str | None = None


class Transport(Protocol):
    """Sends one request. Raises Failed; `key` is the request's content key."""

    async def send(self, key: str, body: Mapping[str, Any]) -> Raw: ...


class HttpTransport:
    """Over HTTP; the caller limits the time, as a server may trickle for ever."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url.rstrip("/") + "/chat/completions"

    async def send(self, key: str, body: Mapping[str, Any]) -> Raw:  # noqa: ARG002 - the tape needs it
        try:
            # ASCII: whatever a text holds, even half a character, it can be sent.
            data_sent, kind = json.dumps(body).encode("ascii"), {"Content-Type": "application/json"}
            async with self._client.stream("POST", self._url, content=data_sent, headers=kind) as response:
                data = bytearray()
                async for chunk in response.aiter_bytes():
                    data += chunk
                    if len(data) > MAX_REPLY:
                        raise Failed(Reason.MALFORMED)
        except (httpx.HTTPError, httpx.StreamError):
            raise Failed(Reason.UNAVAILABLE) from None
        return Raw(response.status_code, bytes(data), response.headers.get("retry-after"))


class Recorder:
    """Writes down what another transport answers, one JSON line each."""

    def __init__(self, inner: Transport, path: Path) -> None:
        self._inner = inner
        self._path = path
        self._one = asyncio.Lock()

    async def send(self, key: str, body: Mapping[str, Any]) -> Raw:
        raw = await self._inner.send(key, body)
        entry = {"key": key, "status": raw.status, "body": base64.b64encode(raw.body).decode()}
        async with self._one:
            await asyncio.to_thread(self._append, json.dumps(entry))
        return raw

    def _append(self, line: str) -> None:
        with self._path.open("a", encoding="utf-8") as tape:
            tape.write(line + "\n")


class Replayer:
    """Answers from a tape alone: equal requests get what was recorded last, others Failed(NOT_RECORDED)."""

    def __init__(self, path: Path) -> None:
        """Raises OSError or ValueError when the tape can't be read."""
        self._answers: dict[str, Raw] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            self._answers[entry["key"]] = Raw(int(entry["status"]), base64.b64decode(entry["body"]))

    async def send(self, key: str, body: Mapping[str, Any]) -> Raw:  # noqa: ARG002 - the key says it all
        if key not in self._answers:
            raise Failed(Reason.NOT_RECORDED)
        return self._answers[key]
