"""Is what `python -m services capacity` predicts what happens? `python -m bench.capacity [--real] [--rate 1.1/s] [--exams 160]`.

The real gateway, shell and broker around stages that take a known time and no processor (bench/capacity_stages.py), so that
the figures are those of the model and not of a busy machine. With --real, the real stages and the sample paper instead, in
under four minutes: CPU times are what is planned with, so on a machine that others use it says nothing, and says so.
First exams come rarely, which is what is measured; then as a Poisson stream, which is what was predicted.

`--real --table docs/runbook.md` writes what was measured as a table of plans, and loads nothing: two minutes.
"""

import argparse
import asyncio
import os
import random
import secrets
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from bench.capacity_table import table
from bench.figures import put
from deploy.native.services import ROOT, Service, create_topics
from deploy.native.stack import embedded_stack
from services.gateway.capacity.measured import measured, of_text
from services.gateway.capacity.plan import Wanted, plan
from services.gateway.tools.capacity import rate

SAMPLE = ROOT / "samples" / "paper.jpg"
QUIET = 0.5
"""Load average up to which a machine is one's own."""
TERMINAL = {"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"}


class Played(Service):
    """All five stages with known times, in one process."""

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "bench.capacity_stages"]


class Client:
    """Uploads as a Poisson stream: an arrival waits for no other."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=120)
        self._data = SAMPLE.read_bytes()

    async def stream(self, rate: float, exams: int, seed: int) -> list[float]:
        """Seconds from upload to end of each exam, by the gateway's clock."""
        chance = random.Random(seed)
        uploads = []
        for _ in range(exams):
            uploads.append(asyncio.create_task(self._one()))
            await asyncio.sleep(chance.expovariate(rate))
        return sorted(await asyncio.gather(*uploads))

    async def _one(self) -> float:
        answer = await self._http.post(
            "/api/v1/exams",
            data={"subject": "math", "grade": "7"},
            files=[("files", ("p.jpg", self._data, "image/jpeg"))],
        )
        answer.raise_for_status()
        while True:
            await asyncio.sleep(1)
            status: dict[str, Any] = (await self._http.get(f"/api/v1/exams/{answer.json()['exam_id']}/status")).json()
            if status["status"] in TERMINAL:
                assert status["status"] == "COMPLETED", status
                began, ended = (datetime.fromisoformat(status[name]) for name in ("created_at", "completed_at"))
                return (ended - began).total_seconds()

    async def metrics(self, url: str) -> str:
        """A process's metrics."""
        return (await self._http.get(f"{url}/metrics")).text


async def compare(gateway: Service, stages: Sequence[Service], key: str, asked: argparse.Namespace) -> None:
    """Measure, predict, load; print both."""
    client = Client(gateway.url, key)
    await client.stream(asked.rate / 3, asked.calibrate, seed=1)
    quiet = of_text([await client.metrics(one.url) for one in stages])
    if asked.table:
        put(asked.table, "capacity", table(measured(quiet, pages=1.0)))
        return
    seconds = await client.stream(asked.rate, asked.exams, seed=2)
    predicted = plan(measured(quiet, pages=1.0), Wanted(asked.rate, 1.0, replicas=dict.fromkeys(asked.stages, 1)))
    for one in predicted.stages:
        waits = f"{one.waits.mean:.2f} s" if one.waits else "grows"
        print(f"{one.stage:12} {one.utilisation:4.0%} busy, {one.cpu:.2f} s an exam, mean wait {waits}")
    print(f"{asked.exams} exams at {asked.rate:.2f}/s, measured on {asked.calibrate} at a third of that")
    for share, expected in predicted.quantiles.items():
        found = seconds[min(len(seconds) - 1, int(share * len(seconds)))]
        print(f"p{share * 100:<4g} predicted {expected:6.2f} s   measured {found:6.2f} s   {expected / found - 1:+.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=rate, help="default: 1.1/s, or 0.25/s of real ones")
    parser.add_argument("--exams", type=int, help="default: 160, or 24 real ones")
    parser.add_argument("--calibrate", type=int, help="exams that are measured first (default: 30, or 8 real ones)")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--table", type=Path, help="the page whose table of replicas is written from what is measured")
    asked = parser.parse_args()
    usual = (0.25, 24, 8) if asked.real else (1.1, 160, 30)
    asked.rate, asked.exams, asked.calibrate = (
        given or default for given, default in zip((asked.rate, asked.exams, asked.calibrate), usual, strict=True)
    )
    if asked.real and (others := os.getloadavg()[0]) > QUIET:
        print(f"others use this machine (load {others:.1f}): what follows tells nothing of the prediction")
    asked.stages = ("ocr", "parser", "analyzer", "diagnostic", "report")
    key = f"rk_dev_{secrets.token_hex(24)}"
    with tempfile.TemporaryDirectory() as folder, embedded_stack(folder, given=os.environ) as stack:
        settings = {**stack.environment(), "REDINK_GATEWAY_DEV_KEY": key, "REDINK_OCR_WORKERS": "1"}
        create_topics(settings)
        gateway = Service("gateway", Path(folder), settings=settings)
        if asked.real:
            stages = [Service(name, Path(folder), settings=settings) for name in asked.stages]
        else:
            stages = [Played("played", Path(folder), settings=settings)]
        stack.supervisor.start(gateway, *stages)
        asyncio.run(compare(gateway, stages, key, asked))


if __name__ == "__main__":
    main()
