"""`python -m bench.pipeline_overhead`: what the pipeline itself costs, beside a Celery chain, all in one run.

Five stages that do nothing, then the five real ones, on Redink with Apache Kafka, on Redink with the embedded broker, and on
Celery with Redis: throughput, latency, CPU per exam, and what is lost when all processes of the stages are killed. Starts
its own servers, one system after the other. --write puts table and pictures into that page.
"""

import argparse
import asyncio
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.pipeline_overhead import page, peer_celery, redink
from bench.pipeline_overhead.measure import Measured, Plan, measure
from bench.pipeline_overhead.running import NotRunning, System, Work
from deploy.native.process import ChildFailed

SYSTEMS = {one.name: one for one in (redink.KAFKA, redink.EMBEDDED, peer_celery.CELERY, peer_celery.LATE)}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments name; 1 when a system failed, and why on standard error."""
    asked = _parser().parse_args(argv)
    plans: dict[Work, Plan] = {
        "noop": Plan(alone=asked.alone, burst=asked.burst, killed=asked.killed),
        "real": Plan(alone=min(asked.alone, 2), burst=asked.papers, killed=0, stall=120),
    }
    folder = (asked.folder or Path(tempfile.mkdtemp(prefix="overhead-"))).resolve()
    found, failed = [], False
    for work in asked.work or plans:
        for system in (SYSTEMS[name] for name in asked.system or SYSTEMS):
            if work not in system.works:
                continue
            try:
                found.append(_measured(system, work, plans[work], folder / f"{work}-{system.name}"))
            except (NotRunning, ChildFailed, TimeoutError, OSError) as error:
                print(f"{system.title}, {work}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                failed = True
    print(page.tables(found))
    if asked.write and not failed:
        page.write(asked.write, found)
    elif asked.write:
        print(f"{asked.write} is as it was: a system failed; logs are in {folder}", file=sys.stderr)
    return int(failed)


def _measured(system: System, work: Work, plan: Plan, folder: Path) -> Measured:
    began = time.monotonic()
    folder.mkdir(parents=True)
    result = asyncio.run(measure(system, work, plan, folder))
    (folder / "measured.json").write_text(json.dumps(dataclasses.asdict(result)))
    print(f"{system.title}, {work}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.pipeline_overhead", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--system", action="append", choices=list(SYSTEMS), help="default: all; may be repeated")
    parser.add_argument("--work", action="append", choices=["noop", "real"], help="default: both; may be repeated")
    parser.add_argument("--alone", type=int, default=Plan.alone, help="exams one after the other (default %(default)s)")
    parser.add_argument("--burst", type=int, default=Plan.burst, help="exams at once (default %(default)s)")
    parser.add_argument("--killed", type=int, default=Plan.killed, help="exams around the kill (default %(default)s)")
    parser.add_argument("--papers", type=int, default=10, help="real papers at once (default %(default)s)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a Markdown page with markers for the tables")
    parser.add_argument("--folder", type=Path, help="a new one, to keep logs and all figures in")
    return parser


if __name__ == "__main__":
    sys.exit(main())
