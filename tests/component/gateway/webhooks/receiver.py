"""The receiver of webhooks, played: a real server on loopback whose manners a test decides."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Message:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    server_name: str | None

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Manner = Callable[[Message, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Receiver:
    """One server. `manners` are used up in order, then `manner` is how it answers; all it heard is in `heard`."""

    port: int = 0
    heard: list[Message] = field(default_factory=list)
    manners: list[Manner] = field(default_factory=list)
    manner: Manner | None = None
    sent: int = 0

    def url(self, path: str = "/hook", *, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def about(self, exam: dict[str, object]) -> list[Message]:
        return [message for message in self.heard if str(exam["exam_id"]).encode() in message.body]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")[:-2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        inside = writer.get_extra_info("ssl_object")
        message = Message(first.split(" ")[1], headers, body, getattr(inside, "asked_for", None))
        self.heard.append(message)
        manner = self.manners.pop(0) if self.manners else self.manner or answers(200)
        await manner(message, writer)


def answers(status: int, headers: str = "", body: bytes = b"ok") -> Manner:
    async def answer(_message: Message, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return answer


async def hangs(_message: Message, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def drips(_message: Message, writer: asyncio.StreamWriter) -> None:
    """Never silent for long, never done."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: x\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


async def speaks_smtp(_message: Message, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n\r\n")
    await writer.drain()


async def hangs_up(_message: Message, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def pours(receiver: Receiver, head: bytes, chunk: bytes) -> Manner:
    """Writes for ever, or until the other side has had enough; counts what it got rid of."""

    async def pour(_message: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(chunk)
            await writer.drain()
            receiver.sent += len(chunk)

    return pour


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(receiver.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
            await asyncio.sleep(0)  # for the transports to close


def verified(message: Message, secret: str, now: datetime | None = None) -> bool:
    """What a receiver's library does, written from the standard with another implementation of HMAC."""
    at = datetime.fromtimestamp(int(message.headers["webhook-timestamp"]), UTC)
    if abs((now or datetime.now(UTC)) - at) > timedelta(minutes=5):
        return False
    content = b".".join([message.id.encode(), message.headers["webhook-timestamp"].encode(), message.body])
    mac = hmac.HMAC(base64.b64decode(secret.removeprefix("whsec_")), hashes.SHA256())
    mac.update(content)
    wanted = "v1," + base64.b64encode(mac.finalize()).decode()
    return wanted in message.headers["webhook-signature"].split(" ")


def certificate_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(server's, client's) contexts: a certificate for the name, signed by an authority only the client's one knows."""
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    now = datetime.now(UTC)

    def builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        return made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))

    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    root = (
        builder(issuer, authority)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(authority, hashes.SHA256())
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    leaf = (
        builder(subject, server)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(authority, hashes.SHA256())
    )
    private = server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both = folder / "server.pem"
    both.write_bytes(private + leaf.public_bytes(serialization.Encoding.PEM))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(both)

    def remember(asked: ssl.SSLObject, server_name: str | None, _context: ssl.SSLContext) -> None:
        asked.asked_for = server_name  # type: ignore[attr-defined]

    serving.sni_callback = remember
    trusting = ssl.create_default_context(cadata=root.public_bytes(serialization.Encoding.PEM).decode())
    return serving, trusting
