"""Rows 27-30: Redis, the blob store, the disk and the model fail in the ways they have."""

import asyncio
import contextlib
import logging
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from redis.asyncio import Redis

from contracts.topics import dead_topic
from tests.faults.rows.evidence import Evidence, NotInjected, until
from tests.faults.rows.model import Model, open_model
from tests.faults.rows.row import Row, clean
from tests.faults.rows.scene import Scene, open_scene
from tests.faults.rows.stages import NAMES
from tests.faults.world import open_world

_ERRORS = 'redink_cache_requests_total{result="error"}'


async def redis_fails(s: Scene, e: Evidence) -> None:
    """27: away, emptied, and refusing every write."""
    stages = [
        name for role in ("ocr", "parser", "analyzer", "diagnostic", "report") for name in s.world.processes.of(role)
    ]
    before = await s.sample(_ERRORS, *stages)
    down = asyncio.create_task(s.world.servers.restart("redis", hard=True, down=6))
    exams = await s.uploads(6)
    await s.completes(*exams)
    await down
    e.did("valkey killed, away for 6 s")
    client = Redis(host="127.0.0.1", port=s.world.servers.children["redis"].port)
    try:
        more = await s.uploads(6)
        await client.flushall()
        e.did("valkey flushed under load")
        await client.execute_command("REPLICAOF", "127.0.0.1", "1")
        role = (await client.execute_command("ROLE"))[0]
        e.did(f"valkey read-only: it is a {role.decode()} without a master", role == b"slave")
        more += await s.uploads(6)
        await s.completes(*more)
        await client.execute_command("REPLICAOF", "NO", "ONE")
    finally:
        await client.aclose()
    failed = await s.sample(_ERRORS, *stages) - before
    e.saw(f"{failed:.0f} commands failed, and cost nothing but their time", failed)


async def blobs_fail(s: Scene, e: Evidence) -> None:
    """28: at the port: 503, slow, half of the bytes, not there after all; then a real S3 protocol over a bad wire."""
    kinds = ("error", "slow", "truncated", "missing")
    before = Counter({kind: s.injected(f"blobs.{kind}") for kind in kinds})
    s.order("*", **{f"blobs__{kind}": 0.04 for kind in kinds})
    exams = await s.uploads(30)
    await asyncio.gather(*(s.ended(exam, 120) for exam in exams))
    s.order("*", **{f"blobs__{kind}": None for kind in kinds})
    done = {kind: s.injected(f"blobs.{kind}") - before[kind] for kind in kinds}
    e.did(f"reads and writes that failed at the port: {done}", min(done.values()) > 0)
    await s.completes(*exams)
    for exam in exams:
        await _own_marker(s, exam)
    e.saw(f"each of {len(exams)} reports tells of its own upload", True)
    await _over_s3(s, e)


async def _own_marker(s: Scene, exam: str) -> None:
    """The report's marker is the upload's."""
    upload, report = await asyncio.gather(_blob(s, exam, "upload-1"), _blob(s, exam, "report.html"))
    marker = report.partition(b"<p>")[2].partition(b"</p>")[0]
    if b"marker=" + marker + b" " not in upload:
        raise AssertionError(f"the report of {exam} tells of another upload")


async def _blob(s: Scene, exam: str, name: str) -> bytes:
    return (s.world.folder / "blobs" / "school-a" / exam / "1" / name).read_bytes()


async def _over_s3(s: Scene, e: Evidence) -> None:
    """The same on an S3 server of its own, in a world of its own, behind a proxy."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - only this row serves S3

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell of every request
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    try:
        proxy = s.world.servers.network.proxy(moto.get_host_and_port()[1])
        endpoint = f"http://127.0.0.1:{proxy.port}"
        env = {
            "REDINK_BLOBS_URL": "s3://papers",
            "REDINK_BLOBS_S3_ENDPOINT": endpoint,
            "REDINK_BLOBS_S3_ACCESS_KEY": "torture",
            "REDINK_BLOBS_S3_SECRET_KEY": "torture",
        }
        await s.http.put(f"{endpoint}/papers")
        async with open_world(s.world.folder / "s3", s.world.servers.kind, **env) as other:
            await other.start({"gateway": 1})
            async with open_scene(other, e) as there:
                exams = await there.uploads(4)
                proxy.set("down", rate=20_000, latency=0.2)
                exams += await there.uploads(4)
                e.did("S3 over 20 kB/s with 0.2 s latency")
                proxy.set("both", rate=0.0, latency=0.0)
                sending = asyncio.create_task(there.uploads(6))
                for _ in range(5):
                    proxy.cut_replies(3)
                    await asyncio.sleep(0.4)
                    proxy.reset()
                e.did("S3: 15 replies cut, connections reset 5 times")
                exams += await sending
                await there.completes(*exams, within=120)
            await clean(other, e)
    finally:
        await asyncio.to_thread(moto.stop)


async def disk_full(s: Scene, e: Evidence) -> None:
    """29: no space where artefacts go: refused by the port, and for real where a file system of our own may be had."""
    before = s.injected("blobs.full")
    for stage in NAMES:
        s.order(stage, blobs__full=1.0)
    exams = await s.uploads(2)
    await until("artefacts find no space", lambda: s.injected("blobs.full") >= before + 3)
    s.order("gateway", blobs__full=1.0)
    answer = await s.offer(s.request())
    e.saw(
        "an upload is answered 503, and nothing is accepted", answer is not None and answer.status_code == 503, answer
    )
    for name in (*NAMES, "gateway"):
        s.order(name, blobs__full=None)
    refused = s.injected("blobs.full") - before
    e.did(f"{refused} writes of stages and gateway refused for want of space", refused)
    exams.append(await s.upload())
    await s.completes(*exams)
    folder = s.world.folder / "small" / "blobs"
    with _small_disk(folder) as there:
        if not there:
            e.saw("(no file system of our own may be mounted here: the port only)", True)
            return
        await _on_a_full_disk(s, e, folder)


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """A file system of 16 MiB at `folder`; False where we may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = shutil.which("mount")
    argv = [str(mount), "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if mount is None or os.geteuid() or subprocess.run(argv, check=False, capture_output=True).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def _on_a_full_disk(s: Scene, e: Evidence, folder: Path) -> None:
    async with open_world(folder.parent, s.world.servers.kind) as other:
        await other.start({"gateway": 1})
        async with open_scene(other, e) as there:
            exams = [await there.upload("hang@report")]
            size = _fill(folder / "filler")
            answer = await there.offer(there.request(size=1024 * 1024))
            e.did(f"a real disk filled with {size} bytes: no space left", size)
            e.saw("an upload is answered 503", answer is not None and answer.status_code == 503, answer)
            e.saw("no half of it is left under a name", _uploads(folder) == 1, _uploads(folder))
            (folder / "filler").unlink()
            exams.append(await there.upload())
            await there.completes(exams[1])
            e.saw("once there is space again, all goes on", await there.ended(exams[0]) == "FAILED")
        await clean(other, e)


def _fill(filler: Path) -> int:
    """Write until there is no space left; how much that was."""
    size = 0
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            size += file.write(b"\0" * 65536)
    return size


def _uploads(folder: Path) -> int:
    """Files that bear the name of an upload."""
    return len(list(folder.rglob("upload-*")))


async def model_fails(s: Scene, e: Evidence) -> None:
    """30: the model is a scripted one that the light stage asks: Redink itself asks no language model yet."""
    async with open_model() as model:
        url = {"REDINK_TORTURE_MODEL": model.url}
        async with s.special("diagnostic-9", replaces=["diagnostic-1"], **url):
            for kind in ("429", "500", "hang", "garbage", "huge", "schema"):
                await _recovers(s, e, model, kind)
            began = time.monotonic()
            model.be("garbage", 10**6)
            exam = await s.upload()
            e.saw("asked in vain, it FAILED", await s.ended(exam, 60) == "FAILED")
            e.did(f"garbage for good: {model.asked} requests in {time.monotonic() - began:.0f} s", model.asked)
            tries = int(s.world.processes.env["REDINK_FLOW_RETRIES"]) + 1
            e.saw(f"its cost is capped: {model.asked} requests of at most {tries}", model.asked <= tries, model.asked)
            letters = await s.wire.of(exam, dead_topic("diagnostic"))
            reasons = {letter.header("x-dead-reason") for letter in letters}
            e.saw(f"the dead letter says {reasons}", reasons == {"transient_exhausted"}, reasons)
            await s.ends_once(exam)


async def _recovers(s: Scene, e: Evidence, model: Model, kind: str) -> None:
    """Ill for two requests, well afterwards."""
    model.be(kind, 2)
    exam = await s.upload()
    await s.ended(exam)
    if model.asked < 3:
        raise NotInjected(f"the model was asked {model.asked} times only")
    e.did(f"model: {kind}, twice")
    e.saw(f"{kind}: COMPLETED after {model.asked} requests", await s.books.status(exam) == "COMPLETED")
    await until("no request hangs on", lambda: model.open == 0, 20)


ROWS = (
    Row(
        27,
        "Redis away, flushed, read-only",
        "kill -9; FLUSHALL; REPLICAOF nowhere",
        "nothing but the count of crashes is lost",
        redis_fails,
        seconds=150,
    ),
    Row(
        28,
        "blob store: 503, slow, truncated, missing after put; S3 over a bad wire",
        "ports ill; proxy: slow, cut, reset before an S3 server",
        "hash mismatch detected, retried; each report tells of its own upload",
        blobs_fail,
        seconds=400,
    ),
    Row(
        29,
        "no space left",
        "ENOSPC at the port; a full file system",
        "503 with nothing half stored; goes on when there is space",
        disk_full,
        seconds=240,
    ),
    Row(
        30,
        "language model: storm of 429, 500, hang, garbage, 10 MB, wrong schema (a scripted model: none is called yet)",
        "a scripted HTTP model behind the light diagnostic stage",
        "retried in time, typed failure, capped cost",
        model_fails,
        seconds=240,
    ),
)
