"""A server that speaks DeepSeek's protocol over HTTP and follows a script: what it is told to do next, it does.

It refuses what DeepSeek refuses: no key, an unknown model, JSON mode without the word, no `max_tokens`. Usage counts what
the prefix cache would find, in blocks of 64 tokens.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Send = Callable[[bytes], Awaitable[None]]
Step = Callable[["Seen", Send], Awaitable[None]]
KEY = "sk-canary-7d1f"


@dataclass
class Seen:
    """A request as it came. `user`: the question's text; `part(label)`: what stands between its fences.

    `pictures`: the bytes of those that go along.
    """

    headers: dict[str, str]
    body: dict[str, Any]
    usage: dict[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> str:
        return said(self.body["messages"][1]["content"])

    @property
    def pictures(self) -> list[bytes]:
        content = self.body["messages"][1]["content"]
        urls = [part["image_url"]["url"] for part in content if isinstance(part, dict) and "image_url" in part]
        assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
        return [base64.b64decode(url.partition(",")[2], validate=True) for url in urls]

    def part(self, label: str) -> str:
        fence = self.user.split("The fence of this message is ", 1)[1].split("\n", 1)[0]
        return self.user.split(f"{fence} {label}\n", 1)[1].split(f"\n{fence} end of {label}", 1)[0]


class ScriptedModel:
    """`script` is worked off first; then `otherwise` answers."""

    def __init__(self, otherwise: Step) -> None:
        self.otherwise = otherwise
        self.script: list[Step] = []
        self.seen: list[Seen] = []
        self.open = self.most_open = 0
        self._prefixes: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def send(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._serve(reader, send)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, send: Send) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        request = Seen(headers, body)
        if lines[0] != "POST /v1/chat/completions HTTP/1.1":
            await error(404)(request, send)
            return
        if (status := self._refusal(request)) is not None:
            await error(status)(request, send)
            return
        request.usage = self._usage(request)
        self.seen.append(request)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await (self.script.pop(0) if self.script else self.otherwise)(request, send)
        finally:
            self.open -= 1

    def _refusal(self, request: Seen) -> int | None:
        body = request.body
        text = " ".join(said(message["content"]) for message in body["messages"])
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return 401
        if body.get("model") != "deepseek-flash" or not isinstance(body.get("max_tokens"), int):
            return 400
        if body.get("thinking", {}).get("type") not in {"enabled", "disabled"}:
            return 422
        in_json = body.get("response_format") == {"type": "json_object"}
        return 400 if in_json and "json" not in text.lower() else None

    def _usage(self, request: Seen) -> dict[str, Any]:
        text = "\x00".join(said(message["content"]) for message in request.body["messages"])
        common = max((_common(text, old) for old in self._prefixes), default=0)
        self._prefixes = [*self._prefixes[-3:], text]
        tokens, hit = len(text) // 4 + 1, common // 4 // 64 * 64
        return {"prompt_tokens": tokens, "prompt_cache_hit_tokens": hit, "prompt_cache_miss_tokens": tokens - hit}


def said(content: str | list[dict[str, Any]]) -> str:
    """The text of a message, with pictures or without."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _common(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


@asynccontextmanager
async def scripted(otherwise: Step) -> AsyncIterator[ScriptedModel]:
    """The server on a free port of loopback; what still hangs is dropped at the end."""
    model = ScriptedModel(otherwise)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(model.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**20)
    model.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield model
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def document(request: Seen, text: str | None, finish: str = "stop") -> bytes:
    out = len(text or "") // 3 + 1
    usage = {**request.usage, "completion_tokens": out, "total_tokens": request.usage["prompt_tokens"] + out}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return json.dumps({"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


def http(status: int, body: bytes, **headers: str) -> bytes:
    named = {"Content-Length": str(len(body)), "Content-Type": "application/json", "Connection": "close", **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


def says(text: str | None, finish: str = "stop") -> Step:
    """A whole reply with that text."""

    async def step(request: Seen, send: Send) -> None:
        await send(http(200, document(request, text, finish)))

    return step


def answers(function: Callable[[Seen], Any]) -> Step:
    """A reply with the JSON that a function makes of the request."""

    async def step(request: Seen, send: Send) -> None:
        await send(http(200, document(request, json.dumps(function(request), ensure_ascii=False))))

    return step


def error(status: int, message: str = "no", **headers: str) -> Step:
    async def step(request: Seen, send: Send) -> None:
        await send(http(status, json.dumps({"error": {"message": message, "code": status}}).encode(), **headers))

    return step


def blind(otherwise: Step) -> Step:
    """What llama.cpp does with a model for texts alone: a picture is an error of its own."""
    refuse = error(
        500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"
    )

    async def step(request: Seen, send: Send) -> None:
        await (refuse if request.pictures else otherwise)(request, send)

    return step


def raw(data: bytes) -> Step:
    """Bytes as they are, and the end of the connection."""

    async def step(request: Seen, send: Send) -> None:
        await send(data)

    return step


def keep_alive(text: str, lines: int) -> Step:
    """Empty lines and comments while the request queues, then the reply."""

    async def step(request: Seen, send: Send) -> None:
        await send(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n")
        for i in range(lines):
            await send(b"\n" if i % 2 else b": keep-alive\n\n")
            await asyncio.sleep(0.01)
        await send(document(request, text))

    return step


def drip(every: float) -> Step:
    """Keeps the connection busy for ever, so that no socket ever times out."""

    async def step(request: Seen, send: Send) -> None:
        await send(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n")
        while True:
            await send(b": keep-alive\n")
            await asyncio.sleep(every)

    return step


async def hang(request: Seen, send: Send) -> None:
    """Takes the request and says nothing."""
    await asyncio.sleep(3600)


def endless(size: int) -> Step:
    async def step(request: Seen, send: Send) -> None:
        await send(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n" + b"x" * size)

    return step
