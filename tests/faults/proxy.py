"""A TCP proxy that misbehaves on order: what a network does to a connection, between two processes of one machine.

Verbs, each per direction (`up`: client to server, `down`: server to client) and changeable while connections live:
latency, rate (bytes/s), silent (nothing passes; bytes wait, as unacknowledged ones do), slices. For all connections:
`reset` (RST), `shut` and `open` (nobody listens), `cut_replies` (the request arrives, its answer never does).
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

Direction = Literal["up", "down", "both"]
_MOST_HELD = 1024 * 1024
_LINGER_0 = struct.pack("ii", 1, 0)


@dataclass
class Weather:
    """What happens to bytes of one direction. Times in seconds, `rate` in bytes per second, `slices` in bytes."""

    latency: float = 0.0
    rate: float = 0.0
    slices: int = 0
    silent: bool = False

    @property
    def fair(self) -> bool:
        """Whether bytes pass as they come."""
        return not (self.latency or self.rate or self.slices or self.silent)


class _End(asyncio.Protocol):
    """One end of a proxied connection; what it receives goes to its peer, through the weather."""

    def __init__(self, proxy: "Proxy", direction: str) -> None:
        self.peer: _End | None = None
        self.transport: asyncio.Transport | None = None
        self.doomed = False
        self._proxy = proxy
        self._direction = direction
        self._held: deque[tuple[float, bytes | None]] = deque()
        self._size = 0
        self._pump: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._proxy.ends.add(self)
        if self._direction == "up":  # a client: its bytes wait until the server is reached
            self.transport.pause_reading()
            self._pump = asyncio.get_running_loop().create_task(self._reach())

    async def _reach(self) -> None:
        loop = asyncio.get_running_loop()
        assert self.transport is not None
        try:
            _, peer = await loop.create_connection(lambda: _End(self._proxy, "down"), *self._proxy.target)
        except OSError:
            self.abort()
            return
        self.peer, peer.peer = peer, self
        self._pump = None
        if self.transport.is_closing():
            peer.abort()
        else:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._direction == "up" and self._proxy.take_cut() and self.peer:
            self.peer.doomed = True
        if self.doomed:  # an answer that is to be lost
            self.abort()
            return
        self._pass(data)

    def eof_received(self) -> bool:
        self._pass(None)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._proxy.ends.discard(self)
        self._pass(None)

    def pause_writing(self) -> None:
        if self.peer and self.peer.transport:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer and self.peer.transport and not self.peer.transport.is_closing():
            self.peer.transport.resume_reading()

    def abort(self) -> None:
        """Reset both connections."""
        for end in (self, self.peer):
            if end and end.transport:
                if end._pump:
                    end._pump.cancel()
                with contextlib.suppress(OSError):  # closed already
                    end.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
                end.transport.abort()

    def _pass(self, data: bytes | None) -> None:
        """On to the peer, now or when the weather lets it; None is the end of the stream."""
        weather = self._proxy.weather[self._direction]
        if self._pump is None and weather.fair:
            self._write(data)
            return
        self._held.append((asyncio.get_running_loop().time() + weather.latency, data))
        self._size += len(data or b"")
        if self._size > _MOST_HELD and self.transport and not self.transport.is_closing():
            self.transport.pause_reading()
        if self._pump is None:
            self._pump = asyncio.get_running_loop().create_task(self._release())

    async def _release(self) -> None:
        loop, weather = asyncio.get_running_loop(), self._proxy.weather[self._direction]
        while self._held:
            due, data = self._held[0]
            if weather.silent or loop.time() < due:
                await asyncio.sleep(0.02)
                continue
            self._held.popleft()
            for part in _parts(data, weather.slices):
                if weather.rate:
                    await asyncio.sleep(len(part or b"") / weather.rate)
                elif weather.slices:
                    await asyncio.sleep(0.001)
                self._write(part)
            self._size -= len(data or b"")
        self._pump = None
        if self.transport and not self.transport.is_closing():
            self.transport.resume_reading()

    def _write(self, data: bytes | None) -> None:
        sink = self.peer.transport if self.peer else None
        if sink is None or sink.is_closing():
            return
        if data is None:
            sink.close()
        else:
            sink.write(data)


def _parts(data: bytes | None, size: int) -> list[bytes | None]:
    if data is None or not size:
        return [data]
    return [data[start : start + size] for start in range(0, len(data), size)]


@dataclass
class Proxy:
    """One listening port in front of one server. Methods may be called from any thread."""

    loop: asyncio.AbstractEventLoop
    target: tuple[str, int]
    port: int = 0
    weather: dict[str, Weather] = field(default_factory=lambda: {"up": Weather(), "down": Weather()})
    ends: set[_End] = field(default_factory=set)
    _cuts: int = 0
    _server: asyncio.Server | None = None

    def set(self, direction: Direction = "both", **verbs: Any) -> None:
        """Change the weather, as `set("down", latency=0.5)`; what isn't named stays."""
        for name in ("up", "down") if direction == "both" else (direction,):
            for verb, value in verbs.items():
                setattr(self.weather[name], verb, value)

    def heal(self) -> None:
        """Fair weather, an open port; held bytes go on."""
        self._cuts = 0
        self.set(latency=0.0, rate=0.0, slices=0, silent=False)
        self.open()

    def reset(self) -> None:
        """RST on every connection."""
        self._on_loop(lambda: [end.abort() for end in list(self.ends)])

    def cut_replies(self, requests: int) -> None:
        """The next so many requests arrive, but their connection is reset instead of answered."""
        self._cuts = requests

    def cut_reply_to(self, client_port: int) -> None:
        """What the client connected from that port has asked arrives, but its connection is reset instead of answered."""
        for end in list(self.ends):
            if end.peer and end.transport and end.transport.get_extra_info("peername")[1] == client_port:
                end.peer.doomed = True

    def take_cut(self) -> bool:
        """Whether this request is one of those."""
        self._cuts -= (taken := self._cuts > 0)
        return taken

    def shut(self) -> None:
        """Nobody listens, and what was connected is reset."""
        asyncio.run_coroutine_threadsafe(self._shut(), self.loop).result(60)

    def open(self) -> None:
        """Listen (again) on the same port."""
        asyncio.run_coroutine_threadsafe(self._open(), self.loop).result(60)

    async def _open(self) -> None:
        if self._server is None:
            self._server = await self.loop.create_server(lambda: _End(self, "up"), "127.0.0.1", self.port)
            self.port = int(self._server.sockets[0].getsockname()[1])

    async def _shut(self) -> None:
        server, self._server = self._server, None
        if server:
            server.close()
        for end in list(self.ends):
            end.abort()

    def _on_loop(self, act: Callable[[], object]) -> None:
        self.loop.call_soon_threadsafe(act)


class Network:
    """Proxies on a thread of their own, so that a busy caller slows no connection."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos proxies", daemon=True)
        self._thread.start()
        self.proxies: list[Proxy] = []

    def proxy(self, port: int, listen: int = 0) -> Proxy:
        """An open proxy to a loopback port."""
        proxy = Proxy(self._loop, ("127.0.0.1", port), listen)
        proxy.open()
        self.proxies.append(proxy)
        return proxy

    def close(self) -> None:
        """Close all."""
        for proxy in self.proxies:
            proxy.shut()
        asyncio.run_coroutine_threadsafe(_settled(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _settled() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)  # transports call connection_lost in the loop's next turn
