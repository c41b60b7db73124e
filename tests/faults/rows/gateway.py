"""Rows 1-3 and 8: the gateway dies at each of its moments."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx

from contracts.status import STEPS, Status
from contracts.topics import UPLOADED
from tests.faults.rows.evidence import Evidence, until
from tests.faults.rows.row import Row
from tests.faults.rows.scene import Request, Scene
from tests.faults.rows.wire import ids

_HALF = 512 * 1024


async def killed_mid_body(s: Scene, e: Evidence) -> None:
    """1: half of an upload arrived when the process is killed."""
    short = {"REDINK_GATEWAY_UPLOAD_SECONDS": "1", "REDINK_GATEWAY_UPLOAD_IDLE_SECONDS": "1"}
    async with s.special("gateway-9", **short) as gateway:
        request = s.request(size=2 * _HALF)
        before = Counter({table: await s.books.count(table) for table in ("exams", "outbox", "exam_events")})
        answer, staged = await _half_an_upload(s, request, gateway)
        e.did(f"gateway killed with {staged} of {len(request.body)} bytes of an upload staged", staged)
        e.saw("no answer reached the client", answer == b"", answer[:80])
        after = Counter({table: await s.books.count(table) for table in before})
        e.saw("no row of exams, exam_events or outbox came of it", after == before, after - before)
        e.saw("no key is bound", await s.books.of_key(request.key) == [])
        await s.alive(gateway)
        exam = await s.accepted(request, gateway)
        e.saw("the same key was accepted afterwards, once", await s.books.of_class(s.tag) == [exam])
        await s.completes(exam)
        blobs = list(_blobs(s).glob(f"{request.tenant}/*/1/upload-1"))
        whole = [path for path in blobs if path.read_bytes() == request.body]
        e.saw("one whole upload is stored, and no half of one", len(whole) == 1, len(whole))


async def _half_an_upload(s: Scene, request: Request, gateway: str) -> tuple[bytes, int]:
    """(what was answered, bytes that were staged when the process was killed)."""
    whole = httpx.Request(
        "POST",
        f"{s.url(gateway)}/api/v1/exams",
        data={"subject": "math", "grade": "7", "class_id": request.tag},
        files=[("files", ("p.pdf", request.body, "application/pdf"))],
        headers=s.auth() | {"Idempotency-Key": request.key},
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in whole.headers.items())
    old = set((_blobs(s) / ".staging").glob("*"))
    reader, writer = await asyncio.open_connection("127.0.0.1", whole.url.port)
    try:
        writer.write(f"POST {whole.url.path} HTTP/1.1\r\n{head}\r\n".encode() + whole.read()[:_HALF])
        await writer.drain()
        staged = await until("half of the body is staged", lambda: _staged(s, old), 5)
        await s.world.processes.kill(gateway)
        return await _rest(reader), staged
    finally:
        writer.close()


def _blobs(s: Scene) -> Path:
    return s.world.folder / "blobs"


def _staged(s: Scene, old: set[Path]) -> int:
    """Bytes in files that are being written, once most of what was sent is there."""
    size = sum(path.stat().st_size for path in set((_blobs(s) / ".staging").glob("*")) - old)
    return size if size > _HALF // 2 else 0


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""


async def dies_before_answering(s: Scene, e: Evidence) -> None:
    """2: committed, and the client never hears of it."""
    request = s.request()
    death = s.arm("gateway-1", "gateway.ledger.accept.after")
    answer = await s.offer(request)
    e.saw("the client heard nothing", answer is None, answer and answer.status_code)
    bound = await s.books.of_key(request.key)
    e.saw("the exam was accepted all the same", len(bound) == 1, bound)
    elsewhere = await s.offer(request, "gateway-2")
    await s.struck(death)
    again = await s.offer(request)
    for answered in (elsewhere, again):
        found = None if answered is None else (answered.status_code, answered.json().get("exam_id"))
        e.saw("the same key answered the same exam", found == (202, bound[0]), found)
    e.saw("one exam came of three requests", await s.books.of_class(s.tag) == bound)
    await s.completes(*bound)


async def dies_before_forgetting(s: Scene, e: Evidence) -> None:
    """3: the broker has the event, the outbox still has the row."""
    death = s.arm("gateway", "gateway.kafka.uploaded.after")
    exam = await s.upload()
    await s.struck(death)
    await s.completes(exam)
    published = await s.wire.of(exam, UPLOADED["interactive"])
    e.saw(
        f"{len(published)} records of one upload bear one id", len(published) > 1 == len(ids(published)), len(published)
    )
    await s.one_story(exam)


async def dies_before_committing(s: Scene, e: Evidence) -> None:
    """8: the row has moved, the offset has not."""
    exam = await s.upload(pages=8)
    death = s.arm("gateway", "gateway.ledger.project.after")
    await s.struck(death)
    await s.completes(exam)
    ranks = [STEPS[Status(status)].rank for status in await s.books.told(exam)]
    e.saw(f"{len(ranks)} events never went back", ranks == sorted(ranks), ranks)
    missed = await s.sample('redink_duplicates_total{where="projection"}', *s.world.processes.of("gateway"))
    e.saw(f"{missed:.0f} repeated facts changed nothing and were counted", missed)


ROWS = (
    Row(
        1,
        "gateway killed while an upload's body arrives",
        "kill -9 with half of the body staged",
        "no row, no answer; the same key is accepted afterwards, once",
        killed_mid_body,
    ),
    Row(
        2,
        "gateway dies after the commit, before the 202",
        "exit 137 at gateway.ledger.accept.after",
        "the same key answers the same exam, here and on another gateway",
        dies_before_answering,
    ),
    Row(
        3,
        "relay dies after publishing, before deleting from the outbox",
        "exit 137 at gateway.kafka.uploaded.after",
        "two records of one id, one exam, one story",
        dies_before_forgetting,
    ),
    Row(
        8,
        "projector dies after the commit, before its offset",
        "exit 137 at gateway.ledger.project.after",
        "the repeated event changes nothing",
        dies_before_committing,
    ),
)
