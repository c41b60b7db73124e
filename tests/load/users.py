"""Students of the locustfile: at once, and at rising rates whatever the answers take. Prints what they saw as JSON.

python -m tests.load.users URL --at-once 10 50 100 --rates 0.3 0.6 --seconds 15     (REDINK_KEY in the environment)

A user of locust waits for its answer before it asks again, so more load slows the load: rates are ours (an open model),
and each arrival is a user of its own.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from typing import Any

import gevent
from locust.env import Environment

from tests.load.locustfile import POLL, Student, form
from tests.load.report import AT_REST, FIRST
from tests.load.watch import counters

_PAGES = (1, 2, 4)
_EACH = 2
_ASKED = 200


class Visits:
    """Students come, and what each phase saw is kept."""

    def __init__(self, url: str) -> None:
        self._environment = Environment(user_classes=[Student], host=url)
        self._environment.events.request.add_listener(self._heard)
        Student.host = url  # a runner would say so to its users
        self._phase: dict[str, Any] = {}
        self.phases: list[dict[str, Any]] = []

    def begin(self, name: str, rate: float | None = None, pages: int = 1) -> None:
        """What is seen from now on belongs to this phase."""
        self._phase = {"name": name, "rate": rate, "pages": pages, "visits": [], "errors": []}
        self._phase |= {"accept": [], "status": [], "result": [], "refused": 0, "began": time.time()}
        self.phases.append(self._phase)
        print(f"{name} …", file=sys.stderr, flush=True)

    def come(self, phase: dict[str, Any] | None = None, paper: bytes | None = None) -> "gevent.Greenlet":
        """One student."""
        student, phase = Student(self._environment), phase or self._phase
        if paper:
            student.paper = paper

        def visit() -> None:
            arrived = time.time()
            try:
                status = student.visit()
            except Exception as error:  # noqa: BLE001 - one visit that fails is a line in the report
                phase["errors"].append(f"{type(error).__name__}: {error}"[:300])
            else:
                phase["visits"].append(status | {"arrived": arrived})

        return gevent.spawn(visit)

    def ask(self, times: int) -> None:
        """Nothing but the status of one exam, again and again."""
        visited = [visit["exam_id"] for phase in self.phases for visit in phase["visits"]]
        student = Student(self._environment)
        for _ in range(times if visited else 0):
            student.status_of(visited[-1])

    @property
    def phase(self) -> dict[str, Any]:
        """The one that runs."""
        return self._phase

    def _heard(self, name: str, response_time: float, exception: Exception | None = None, **_: Any) -> None:
        if exception:
            self._phase["refused"] += 1
        else:
            self._phase[name].append(response_time / 1000)


def main(argv: Sequence[str] | None = None) -> int:
    """Let them come; 1 when a visit failed."""
    asked = _parser().parse_args(argv)
    visits = Visits(asked.url)
    if asked.pages:  # both workers prepare their kernels: what that costs is no part of the papers after it
        visits.begin(FIRST, pages=_PAGES[-1])
        visits.come(paper=form(_PAGES[-1])).join()
    for pages in _PAGES[: asked.pages]:
        visits.begin(f"alone, pages {pages}", pages=pages)
        for _ in range(_EACH):
            visits.come(paper=form(pages)).join()
    for count in asked.at_once:
        visits.begin(f"{count} at once")
        gevent.joinall([visits.come() for _ in range(count)])
    _ramp(visits, asked.rates, asked.seconds)
    caches = {name: counters(asked.url, f"redink_cache_{name}_total") for name in ("hits", "misses")}
    visits.begin(AT_REST)
    visits.ask(_ASKED)
    json.dump({"phases": visits.phases, **caches}, sys.stdout)
    return int(any(phase["errors"] for phase in visits.phases))


def _ramp(visits: Visits, rates: Sequence[float], seconds: float) -> None:
    """Poisson arrivals at each rate in turn, without a pause between; then all are waited for."""
    chance, under_way = random.Random(1), []
    for rate in rates:
        visits.begin(f"{rate:g} a second", rate=rate)
        until = time.monotonic() + seconds
        while True:
            pause = chance.expovariate(rate)
            if time.monotonic() + pause > until:
                gevent.sleep(max(0.0, until - time.monotonic()))
                break
            gevent.sleep(pause)
            under_way.append(visits.come(visits.phase))
        visits.phase["in_flight"] = sum(not visit.ready() for visit in under_way)
    gevent.joinall(under_way)
    gevent.sleep(POLL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load.users")
    parser.add_argument("url")
    parser.add_argument("--at-once", type=int, nargs="*", default=())
    parser.add_argument("--rates", type=float, nargs="*", default=(), help="exams per second, rising")
    parser.add_argument("--seconds", type=float, default=15.0, help="at each rate (default %(default)s)")
    parser.add_argument(
        "--pages", type=int, default=len(_PAGES), help="papers of 1, 2, 4 pages first: how many of these"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
