"""Uploads at a real gateway process: memory that a large one costs, and how long after its last byte one is accepted.

    python -m bench.upload [--uploads 100] [--at-once 100] [--megabytes 100] [--json FILE]

Two gateways on one stack, one with an opener that looks at the files and one without, take the same uploads in turn.
"Beyond the bytes": from the client's last byte written to the answer's first. Photos are of 12 megapixels.
"""

import argparse
import asyncio
import io
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
import numpy as np
from PIL import Image

from deploy.native.services import ROOT, Service, create_topics
from deploy.native.stack import embedded_stack

BOUNDARY = "bench-bench-bench"
MIB = 1024 * 1024


def photo(seed: int, size: tuple[int, int] = (3024, 4032)) -> bytes:
    """A page with something like type on it, as a phone takes it."""
    chance = np.random.default_rng(seed)
    page = np.full((size[1], size[0]), 232, np.uint8)
    for y in range(200, size[1] - 200, 90):
        for x in np.cumsum(chance.integers(22, 80, size[0] // 40)):
            if 200 < x < size[0] - 240:
                page[y : y + 44, x : x + 6] = page[y : y + 6, x : x + 30] = 30
    noisy = np.clip(page + chance.normal(0, 4, page.shape), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noisy).convert("RGB").save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def form(*files: bytes) -> bytes:
    """A multipart body with these files."""
    parts = [(f'name="{name}"', value.encode()) for name, value in (("subject", "math"), ("grade", "7"))]
    parts += [(f'name="files"; filename="{n}.jpg"', file) for n, file in enumerate(files)]
    lines = b"".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + b + b"\r\n" for head, b in parts
    )
    return lines + f"--{BOUNDARY}--\r\n".encode()


class Measured:
    """One gateway under measurement."""

    def __init__(self, name: str, service: Service, key: str) -> None:
        self.name = name
        self.service = service
        self.key = key

    @property
    def pid(self) -> int:
        """Of its process."""
        process = self.service._process  # noqa: SLF001 - the launcher has no need to tell
        assert process is not None
        return process.pid

    def memory(self, what: str) -> int:
        """VmRSS or VmHWM, bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(what):
                return int(line.split()[1]) * 1024
        raise KeyError(what)

    def forget_peak(self) -> None:
        """Let VmHWM begin again from what is resident now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    async def upload(self, client: httpx.AsyncClient, body: bytes) -> tuple[int, float]:
        """(status, seconds beyond the bytes)."""
        last = time.perf_counter()

        async def chunks() -> AsyncIterator[bytes]:
            nonlocal last
            for at in range(0, len(body), 65536):
                yield body[at : at + 65536]
            last = time.perf_counter()

        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(len(body)),
        }
        async with client.stream(
            "POST", f"{self.service.url}/api/v1/exams", content=chunks(), headers=headers
        ) as answer:
            seconds = time.perf_counter() - last
            await answer.aread()
        return answer.status_code, seconds


@contextmanager
def gateways(folder: Path) -> Iterator[tuple[Measured, Measured]]:
    """A gateway that looks, and one that doesn't."""
    key = f"rk_dev_{secrets.token_hex(24)}"
    with ExitStack() as stack:
        servers = stack.enter_context(embedded_stack(folder, given=os.environ))
        settings = {**servers.environment(), "REDINK_GATEWAY_DEV_KEY": key}
        create_topics(settings)
        socket = folder / "opener.sock"
        command = [sys.executable, "-m", "services.ocr.opener", str(socket)]
        opener = stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE))
        stack.callback(opener.terminate)
        plain = Service("gateway", folder / "plain", settings=settings)
        looking = Service("gateway", folder / "looking", settings={**settings, "REDINK_GATEWAY_OPENER": str(socket)})
        servers.supervisor.start(plain, looking)
        while not socket.exists():
            time.sleep(0.05)
        yield Measured("without looks", plain, key), Measured("with looks", looking, key)


async def growth(gateway: Measured, megabytes: int) -> dict[str, Any]:
    """Peak memory beyond what was resident, over one upload."""
    file = b"\xff\xd8\xff" + os.urandom(megabytes * MIB // 2 - 3)
    async with httpx.AsyncClient(timeout=300, trust_env=False) as client:
        await gateway.upload(client, form(photo(1)))  # what is loaded by a first upload is no growth
        before = gateway.memory("VmRSS")
        gateway.forget_peak()
        status, _ = await gateway.upload(client, form(file, file))
    return {
        "status": status,
        "resident_mb": round(before / MIB),
        "grown_mb": round((gateway.memory("VmHWM") - before) / MIB, 1),
    }


async def latency(gateway: Measured, bodies: list[bytes], uploads: int, at_once: int) -> dict[str, Any]:
    """Milliseconds beyond the bytes, and of a look at a status meanwhile."""
    door, seconds, statuses, polls = asyncio.Semaphore(at_once), [], [], []
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=300, trust_env=False, limits=limits) as client:

        async def one(number: int) -> None:
            async with door:
                status, took = await gateway.upload(client, bodies[number % len(bodies)])
                statuses.append(status)
                seconds.append(took)

        polling = asyncio.create_task(_poll(gateway, polls))
        began = time.perf_counter()
        await asyncio.gather(*(one(n) for n in range(uploads)))
        took = time.perf_counter() - began
        polling.cancel()
        await asyncio.wait([polling])
    return {
        "answers": {str(status): statuses.count(status) for status in sorted(set(statuses))},
        "uploads_per_second": round(uploads / took, 1),
        **{f"accept_p{p}_ms": _percentile(seconds, p) for p in (50, 99)},
        **{f"status_p{p}_ms": _percentile(polls, p) for p in (50, 99)},
    }


async def _poll(gateway: Measured, seconds: list[float]) -> None:
    headers = {"Authorization": f"Bearer {gateway.key}"}
    async with httpx.AsyncClient(timeout=300, trust_env=False, headers=headers) as client:
        newest = (await client.get(f"{gateway.service.url}/api/v1/exams")).json()["items"][0]["exam_id"]
        while True:
            began = time.perf_counter()
            (await client.get(f"{gateway.service.url}/api/v1/exams/{newest}/status")).raise_for_status()
            seconds.append(time.perf_counter() - began)
            await asyncio.sleep(0.02)


def _percentile(seconds: list[float], percent: int) -> float:
    return round(1000 * quantiles(seconds, n=100)[percent - 1], 1) if len(seconds) > 1 else 0.0


_SHOWN = ("uploads_per_second", "accept_p50_ms", "accept_p99_ms", "status_p50_ms", "status_p99_ms")


def _show(rows: dict[str, dict[str, Any]]) -> None:
    """Two tables: memory, and times."""
    print("\n| gateway | resident MB | grown MB by the large upload |\n|---|---|---|")
    for name, row in rows.items():
        print(f"| {name} | {row['resident_mb']} | {row['grown_mb']} |")
    print("\n| gateway | clients | answers | " + " | ".join(name.replace("_", " ") for name in _SHOWN) + " |")
    print("|---" * (3 + len(_SHOWN)) + "|")
    for name, row in rows.items():
        for clients in ("alone", "crowd"):
            found = row[clients]
            figures = " | ".join(str(found[figure]) for figure in _SHOWN)
            print(f"| {name} | {clients} | {found['answers']} | {figures} |")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=300)
    parser.add_argument("--at-once", type=int, default=100)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    bodies = [form(photo(seed)) for seed in range(4)]
    rows: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="redink-bench-") as folder, gateways(Path(folder)) as both:
        for gateway in both:
            found = asyncio.run(growth(gateway, args.megabytes))
            found |= {"alone": asyncio.run(latency(gateway, bodies, 20, 1))}
            found |= {"crowd": asyncio.run(latency(gateway, bodies, args.uploads, args.at_once))}
            rows[gateway.name] = found
    print(
        f"photos of {len(bodies[0]) / MIB:.1f} MB; {args.uploads} uploads, {args.at_once} at once; load {os.getloadavg()[0]:.1f}"
    )
    _show(rows)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
