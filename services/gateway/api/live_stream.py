"""Server-sent events, whatever they are about: heartbeats, an age limit, and clients that don't read are cut off."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from runtime import metrics
from services.gateway.settings import GatewaySettings

HEARTBEAT = ": still here\n\n"
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a proxy that waits for more to send would hold events back
    "Access-Control-Allow-Origin": "*",  # pages of any origin may read what their ticket opens; there are no cookies
}


class LiveStream(StreamingResponse, ABC):
    """Told as they come. A client that doesn't take what it is sent is cut off: it resumes with Last-Event-ID."""

    media_type = "text/event-stream"

    def __init__(self, settings: GatewaySettings) -> None:
        super().__init__((), headers=_HEADERS)
        self._settings = settings
        self._until = 0.0

    @abstractmethod
    def frames(self) -> AsyncGenerator[str, None]:
        """What to send, a heartbeat after `patience` seconds of silence, until the last event or until `patience` is 0."""

    @property
    def patience(self) -> float:
        """Seconds to wait for the next event; 0 once the stream is old enough to show its key again."""
        left = self._until - asyncio.get_running_loop().time()
        return max(0.0, min(left, self._settings.sse_heartbeat_seconds))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def in_time(message: Message) -> None:
            async with asyncio.timeout(self._settings.live_send_seconds):
                await send(message)

        try:
            await super().__call__(scope, receive, in_time)
        except TimeoutError:
            metrics.LIVE_CUT.inc()

    async def stream_response(self, send: Send) -> None:
        """All frames."""
        self._until = asyncio.get_running_loop().time() + self._settings.live_seconds
        async with aclosing(self.frames()) as frames:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await send(_body("retry: 2000\n\n"))
            async for frame in frames:
                await send(_body(frame))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _body(text: str) -> Message:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}
