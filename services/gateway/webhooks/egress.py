"""The way out: one POST over a connection of its own to an address that was checked.

Plain asyncio and h11 (which uvicorn brings) rather than an HTTP client: the address that was checked is the one that is
connected to, while SNI, certificate and Host are those of the name; and there is no pool, proxy, redirect or cookie to
turn off. Certificates are checked against the system's store (SSL_CERT_FILE and SSL_CERT_DIR are honoured).
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

import h11

from services.gateway.webhooks.schedule import Attempt
from services.gateway.webhooks.targets import Refused, Rules, Target, parse, permit

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses; OSError when there are none."""

_READ_LIMIT = 64 * 1024
_GRACE_SECONDS = 1.0
"""For the rest of an answer after its status: it is thrown away, but a receiver should not see a reset."""
_RESOLVE_SECONDS = 5.0
_RESOLVERS = 16


class Way(Protocol):
    """What sends; a proof may stand in front of it."""

    async def check(self, url: str) -> None:
        """Refused when the URL would not be called."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        """One attempt; never raises for what the receiver does."""
        ...


class Egress:
    """Calls public addresses by `rules`, each within `seconds`."""

    def __init__(
        self, rules: Rules, seconds: float, resolve: Resolve | None = None, trust: ssl.SSLContext | None = None
    ) -> None:
        self._rules = rules
        self._seconds = seconds
        self._resolve = resolve or SystemResolver()
        self._trust = trust or ssl.create_default_context()

    async def check(self, url: str) -> None:
        """Refused when the URL would not be called; a name that can't be resolved now may be later, and passes."""
        target = parse(url, self._rules)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_RESOLVE_SECONDS):
                await self._addresses(target)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        """One attempt; never raises for what the receiver does."""
        try:
            return await self._post(parse(url, self._rules), headers, body)
        except Refused as error:
            return Attempt(error=f"not called: the URL {error}", refused=True)
        except (OSError, h11.RemoteProtocolError) as error:
            return Attempt(error=_explain(error, self._seconds))

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Attempt:
        until = asyncio.get_running_loop().time() + self._seconds
        async with asyncio.timeout_at(until):
            reader, writer = await self._connect(target)
        try:
            exchange = _Exchange(reader, writer)
            async with asyncio.timeout_at(until):
                attempt = await exchange.ask(target, headers, body)
            # The status is the answer; whatever happens to the rest of it changes nothing.
            with contextlib.suppress(OSError, TimeoutError, h11.RemoteProtocolError):
                async with asyncio.timeout(_GRACE_SECONDS):
                    await exchange.discard()
            return attempt
        finally:
            writer.transport.abort()  # close() would wait for a receiver that doesn't read

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        tls = {"ssl": self._trust, "server_hostname": target.host} if target.secure else {}
        failure: OSError = socket.gaierror("no address")
        for address in await self._addresses(target):
            try:
                return await asyncio.open_connection(address, target.port, **tls)  # type: ignore[arg-type]
            except OSError as error:
                failure = error
        raise failure

    async def _addresses(self, target: Target) -> Sequence[str]:
        """All addresses of the host, every one of them permitted: a name that also points inside is not trusted."""
        addresses = await self._resolve(target.host, target.port)
        for address in addresses:
            permit(target, address, self._rules)
        return addresses


class _Exchange:
    """One request and its answer; reads at most _READ_LIMIT bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)
        self._left = _READ_LIMIT

    async def ask(self, target: Target, headers: Mapping[str, str], body: bytes) -> Attempt:
        """Send, and read the head of the answer."""
        fixed = {"host": target.authority, "content-length": str(len(body)), "connection": "close"}
        request = h11.Request(method="POST", target=target.path, headers=list({**fixed, **headers}.items()))
        parts = (request, h11.Data(body), h11.EndOfMessage())
        self._writer.write(b"".join(self._http.send(part) or b"" for part in parts))
        await self._writer.drain()
        while not isinstance(event := await self._next(), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise ConnectionResetError("closed before an answer")
        return Attempt(status=event.status_code, retry_after=_retry_after(event))

    async def discard(self) -> None:
        """Read the body to its end, or to the limit."""
        while isinstance(await self._next(), h11.Data):
            continue

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._left <= 0:
                raise ConnectionResetError("the answer is too long")
            data = await self._reader.read(min(8192, self._left))
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise ConnectionResetError("closed before an answer")
            self._left -= len(data)
            self._http.receive_data(data)
        return event


def _explain(error: OSError | h11.RemoteProtocolError, seconds: float) -> str:
    """In words for the endpoint's owner; the first kind that fits, as each is a kind of OSError."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"[:200]
    kinds: dict[type[Exception], str] = {
        TimeoutError: f"no answer within {seconds:g} s",
        ssl.SSLError: "TLS handshake failed",
        socket.gaierror: "the host name does not resolve",
        OSError: "connection refused or lost",
        h11.RemoteProtocolError: "the answer is not HTTP/1.1, or its head is too long",
    }
    return next(words for kind, words in kinds.items() if isinstance(error, kind))


class SystemResolver:
    """The system's resolver, on threads of its own: a name whose servers are silent must not block the blob store's."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVERS, "resolve")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """As Resolve."""
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _retry_after(response: h11.Response) -> float | None:
    """Seconds of Retry-After; its other form, a date, is not worth a parser."""
    text = dict(response.headers).get(b"retry-after", b"").decode("latin-1").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
