"""`make load`: students upload at once and at rising rates; what they and the processes saw, as tables and a page.

The embedded stack, a process per stage, the real stages, one paper of one page; the students share the machine.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from deploy.native.process import Child, ChildFailed
from deploy.native.services import ROOT, create_topics, services
from deploy.native.stack import Stack, embedded_stack
from tests.load import report
from tests.load.watch import Watch

_SETTINGS = {
    "REDINK_GATEWAY_MAX_IN_FLIGHT": "10000",
    "REDINK_OCR_WORKERS": "2",
    "REDINK_LOG_LEVEL": "WARNING",
}
_LIMIT = 1200.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the load; 1 when it, or an exam in it, failed."""
    asked = _parser().parse_args(argv)
    folder = (asked.folder or Path(tempfile.mkdtemp(prefix="load-"))).resolve()
    try:
        found = _run(asked, folder)
    except (ChildFailed, subprocess.SubprocessError, OSError) as error:
        print(f"the load did not run: {type(error).__name__}: {error}; logs are in {folder}", file=sys.stderr)
        return 1
    (folder / "load.json").write_text(json.dumps(found))
    print(report.tables(found))
    if wrong := report.failures(found):
        print("\n".join([*wrong, f"logs are in {folder}"]), file=sys.stderr)
        return 1
    if asked.write:
        report.write(asked.write, found)
    return 0


def _run(asked: argparse.Namespace, folder: Path) -> report.Found:
    key = f"rk_dev_{secrets.token_hex(24)}"
    with ExitStack() as open_now:
        stack = open_now.enter_context(embedded_stack(folder, given=os.environ))
        settings = stack.environment() | _SETTINGS | {"REDINK_GATEWAY_DEV_KEY": key}
        create_topics(settings)
        children = services("process", folder, 0, settings)
        stack.supervisor.start(*children)
        gateway = children[-1]
        watch = Watch([*children, *_servers(stack)])
        began = time.time()
        used = os.times()
        seen = _students(gateway.url, key, asked)
        students = os.times()
        cpu = watch.stop()
        return {
            **seen,
            "cpu": cpu | {"students": _children(students) - _children(used)},
            "memory": watch.memory,
            "restarts": {child.name: child.restarts for child in children if child.restarts},
            "seconds": time.time() - began,
        }


def _servers(stack: Stack) -> list[Child]:
    return [child for child in (stack.postgres, stack.valkey, stack.broker) if child]


def _children(times: os.times_result) -> float:
    return times.children_user + times.children_system


def _students(url: str, key: str, asked: argparse.Namespace) -> report.Found:
    """What they saw, phase by phase, and what the gateway's caches did for them; they are a process of their own, as locust changes how Python waits."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.load.users", url, "--seconds", str(asked.seconds)]
    command += ["--pages", str(asked.pages), "--at-once", *map(str, asked.at_once), "--rates", *map(str, asked.rates)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "REDINK_KEY": key}, stdout=subprocess.PIPE, timeout=_LIMIT, check=False
    )
    if not done.stdout:
        raise subprocess.SubprocessError(f"the students ended with {done.returncode} and said nothing")
    found: report.Found = json.loads(done.stdout)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--at-once", type=int, nargs="*", default=[10, 50, 100], help="students who come together")
    parser.add_argument("--rates", type=float, nargs="*", default=[0.3, 0.5, 0.7, 0.9, 1.1], help="exams a second")
    parser.add_argument("--seconds", type=float, default=16.0, help="at each rate (default %(default)s)")
    parser.add_argument("--pages", type=int, default=3, help="how many of the papers of 1, 2 and 4 pages come first")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a Markdown page with markers for the tables")
    parser.add_argument("--folder", type=Path, help="a new one, to keep logs and all figures in")
    return parser


if __name__ == "__main__":
    sys.exit(main())
