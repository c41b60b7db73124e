"""One contest: start, load, kills and one restart of the broker, heal, wait for quiet, count."""

import contextlib
import dataclasses
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.delivery.contestant import Arena, Contestant, Submit
from bench.delivery.count import Tally, fates, tally
from bench.delivery.nemesis import Nemesis, in_thread
from bench.delivery.work import Work
from bench.delivery.workers import Workers
from deploy.native.process import Child, free_port
from deploy.native.stack import Stack

UPLOADERS = 4


@dataclass(frozen=True)
class Plan:
    """What every contestant goes through. `rate`: uploads per second; times in seconds."""

    exams: int = 300
    seed: int = 1
    rate: float = 10.0
    kills: int = 20
    patience: float = 120.0
    quiet: float = 45.0
    storm: float = 300.0


@dataclass(frozen=True)
class Outcome:
    """What came of a contest. `unknown`: uploads that were never answered."""

    name: str
    title: str
    tally: Tally
    unknown: int
    kills: int
    seconds: float


@dataclass
class _Load:
    """Uploads at a rate, each repeated under its key until it is answered."""

    plan: Plan
    submit: Submit
    journal: Path
    accepted: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Upload all."""
        free = threading.Semaphore(UPLOADERS)
        with ThreadPoolExecutor(UPLOADERS, thread_name_prefix="uploader") as pool:
            for number in range(self.plan.exams):
                free.acquire()  # so that what an outage delayed comes at the same rate, and not at once
                pool.submit(self._upload, f"exam-{number:05}").add_done_callback(lambda _: free.release())
                time.sleep(1 / self.plan.rate)

    def _upload(self, key: str) -> None:
        started = time.time()
        until = time.monotonic() + self.plan.patience
        exam = None
        while exam is None and time.monotonic() < until:
            try:
                exam = self.submit(key)
            except Exception as error:  # noqa: BLE001 - each client has its own; all mean: not known, ask again
                self._note({"key": key, "at": time.time(), "outcome": "fail", "error": type(error).__name__})
                time.sleep(0.3)
        with self._lock:
            if exam is None:
                self.unknown.add(key)
            else:
                self.accepted[key] = exam
        outcome = "ok" if exam else "unknown"
        self._note({"key": key, "started": started, "ended": time.time(), "outcome": outcome, "exam_id": exam})

    def _note(self, line: dict[str, object]) -> None:
        with self._lock, self.journal.open("a") as journal:
            journal.write(json.dumps(line) + "\n")


def hold(contestant: Contestant, plan: Plan, stack: Stack, folder: Path) -> Outcome:
    """Hold one contest on servers that run; `folder` is new and keeps all notes."""
    began = time.monotonic()
    work = Work(folder, plan.seed, once=contestant.once)
    work.prepare()
    arena = Arena(stack, work, f"{contestant.name}-{uuid.uuid4().hex[:6]}.", free_port())
    contestant.prepare(arena)
    stack.on_restart = lambda child: _restore(child, arena, contestant)
    environment = {**contestant.environment(arena), **work.environment()}
    workers = Workers(contestant.commands(arena), environment, folder / "log")
    workers.start()
    try:
        with contestant.uploader(arena) as submit:
            _warm_up(arena, contestant, submit)
            load = _Load(plan, submit, folder / "journal.jsonl")
            nemesis = Nemesis(workers, work, plan.seed, plan.kills, contestant.gateways)
            _storm(load, nemesis, arena, contestant)
            _quiet(load, arena, contestant)
    finally:
        workers.stop()
    outcome = _counted(contestant, arena, load, nemesis.kills, time.monotonic() - began)
    (folder / "outcome.json").write_text(json.dumps(dataclasses.asdict(outcome), indent=1))
    return outcome


def _restore(restarted: Child, arena: Arena, contestant: Contestant) -> None:
    if restarted is arena.stack.broker and arena.stack.kafka_profile == "embedded":
        contestant.restore(arena)


def _warm_up(arena: Arena, contestant: Contestant, submit: Submit) -> None:
    """One exam all the way through, so that the kills meet a system that runs; it is not counted."""
    for attempt in range(15):  # a consumer that starts at the latest offset misses what was there before it
        exam, until = None, time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(Exception):  # the gateway is not up yet
                exam = exam or submit(f"warm-up-{attempt}")
            if exam and contestant.reports(arena)[exam]:
                return
            time.sleep(0.3)
    raise RuntimeError(f"{contestant.name} did not report an exam in five minutes without any kill")


def _storm(load: _Load, nemesis: Nemesis, arena: Arena, contestant: Contestant) -> None:
    """Load and kills; the broker is killed too when half of the exams are in. Ends with the kills, or when all is still."""
    until = time.monotonic() + load.plan.storm
    uploading = in_thread(load.run, "load")
    killing = in_thread(nemesis.run, "nemesis")
    stillness = _Stillness(arena, contestant)
    restarted = False
    while uploading.is_alive() or not (
        nemesis.done
        or time.monotonic() > until
        or stillness.seconds() > load.plan.quiet / 3
        or _ended(load, arena, contestant)
    ):
        if not restarted and len(load.accepted) >= load.plan.exams / 2:
            contestant.broker(arena).kill()
            restarted = True
        time.sleep(0.5)
    nemesis.stop()
    killing.join()


def _quiet(load: _Load, arena: Arena, contestant: Contestant) -> None:
    """Healed: wait until all have ended and nothing moves, or until nothing has moved for long."""
    stillness, quiet = _Stillness(arena, contestant), load.plan.quiet
    while (still := stillness.seconds()) < quiet and not (still > quiet / 4 and _ended(load, arena, contestant)):
        time.sleep(1)


class _Stillness:
    """For how long nothing was begun and nothing reported."""

    def __init__(self, arena: Arena, contestant: Contestant) -> None:
        self._arena = arena
        self._contestant = contestant
        self._notes = arena.work.notes()
        self._reported = -1
        self._since = time.monotonic()

    def seconds(self) -> float:
        """Until now, since it moved."""
        reported = self._contestant.reports(self._arena).total()
        if self._notes.new() or reported != self._reported:
            self._reported, self._since = reported, time.monotonic()
        return time.monotonic() - self._since


def _ended(load: _Load, arena: Arena, contestant: Contestant) -> bool:
    return set(load.accepted.values()) <= set(contestant.reports(arena)) | contestant.failed(arena)


def _counted(contestant: Contestant, arena: Arena, load: _Load, kills: int, seconds: float) -> Outcome:
    exams = set(load.accepted.values())
    found = fates(exams, contestant.reports(arena), contestant.failed(arena), contestant.held(arena, exams))
    (arena.work.folder / "fates.json").write_text(json.dumps(found, indent=0, sort_keys=True))
    counts = tally(found, [(run.exam, run.stage) for run in arena.work.runs()])
    return Outcome(contestant.name, contestant.title, counts, len(load.unknown), kills, round(seconds, 1))
