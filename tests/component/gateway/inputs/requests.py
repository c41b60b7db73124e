"""Uploads as bytes on a connection, so that they can be as wrong as they like."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.component.gateway.harness import DEV_KEY, FORM

BOUNDARY = "XboundaryX"
PATIENCE = 100.0
"""Seconds; a test machine may be busy."""


@dataclass(frozen=True)
class Sent:
    """What goes over the connection. stops: the client ends its side when it has sent that; drip: seconds a byte."""

    data: bytes
    stops: bool = False
    drip: float = 0.0


@dataclass(frozen=True)
class Got:
    """The answer. status 0: none."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    head: bytes = b""
    seconds: float = 0.0


def part(name: str, content: bytes, filename: bytes | None = None, headers: bytes = b"") -> bytes:
    named = b'; filename="' + filename + b'"' if filename is not None else b""
    head = b'--%s\r\nContent-Disposition: form-data; name="%s"' % (BOUNDARY.encode(), name.encode())
    return head + named + b"\r\n" + headers + b"\r\n" + content + b"\r\n"


def body(*files: bytes, names: Sequence[bytes] = (), form: dict[str, str] | None = None, last: bool = False) -> bytes:
    """A form with these files; `last`: the fields come after them."""
    fields = b"".join(part(name, value.encode()) for name, value in {**FORM, **(form or {})}.items())
    named = [*names, *(b"p%d.jpg" % n for n in range(len(names), len(files)))]
    parts = b"".join(part("files", file, name) for file, name in zip(files, named, strict=False))
    both = parts + fields if last else fields + parts
    return both + b"--%s--\r\n" % BOUNDARY.encode()


def request(
    content: bytes,
    *,
    kind: str = f"multipart/form-data; boundary={BOUNDARY}",
    length: int | str | None = None,
    headers: Sequence[str] = (),
    path: str = "/api/v1/exams",
) -> bytes:
    """A POST of the content; `length`: what Content-Length says, "" for none."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {DEV_KEY}", "Connection: close"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [] if length == "" else [f"Content-Length: {len(content) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + content


def upload(*files: bytes, **more: Any) -> Sent:
    """An ordinary upload of these files."""
    return Sent(request(body(*files, **more)))


async def send(port: int, sent: Sent) -> Got:
    """Send it and read the answer."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        feeding = asyncio.create_task(_feed(writer, sent))
        try:
            data = await reader.read()
        except ConnectionError:  # it closed before it had read all
            data = b""
        finally:
            feeding.cancel()
            await asyncio.wait([feeding])
            writer.transport.abort()
    return _understood(data, time.monotonic() - began)


async def _feed(writer: asyncio.StreamWriter, sent: Sent) -> None:
    try:
        if sent.drip:
            for at in range(len(sent.data)):
                writer.write(sent.data[at : at + 1])
                await writer.drain()
                await asyncio.sleep(sent.drip if at > 1500 else 0)
        writer.write(b"" if sent.drip else sent.data)
        await writer.drain()
        if sent.stops:
            writer.write_eof()
    except ConnectionError:
        return


def _understood(data: bytes, seconds: float) -> Got:
    head, _, content = data.partition(b"\r\n\r\n")
    if not head:
        return Got(0, seconds=seconds)
    status = int(head.split(b" ", 2)[1])
    is_json = b"json" in head.lower()
    return Got(status, json.loads(content) if is_json else {}, head, seconds)
