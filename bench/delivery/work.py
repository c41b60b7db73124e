"""What every contestant does with an exam at each stage, and what is written down about it.

The work costs 20-60 ms, drawn from the seed. It is noted when it begins (`runs.jsonl`), its result is a file, and a
report is a row of the sink: each a single write that `kill -9` can't tear.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

STAGES = ("ocr", "parser", "analyzer", "diagnostic", "report")
_SHORTEST, _LONGEST = 0.02, 0.06


@dataclass(frozen=True)
class Run:
    """A piece of work that was begun: by which process, and when (seconds since 1970)."""

    exam: str
    stage: str
    pid: int
    at: float


@dataclass(frozen=True)
class Work:
    """The work, the notes on it and the sink of reports, all in one folder. `once`: the sink takes an exam but once."""

    folder: Path
    seed: int
    once: bool = False

    @classmethod
    def from_environment(cls) -> "Work":
        """As the driver told its workers."""
        env = os.environ
        return cls(Path(env["BENCH_FOLDER"]), int(env["BENCH_SEED"]), once=env["BENCH_ONCE"] == "1")

    def environment(self) -> dict[str, str]:
        """What tells a worker."""
        return {"BENCH_FOLDER": str(self.folder), "BENCH_SEED": str(self.seed), "BENCH_ONCE": str(int(self.once))}

    def prepare(self) -> None:
        """Make the folders and the sink."""
        for stage in STAGES:
            (self.folder / "results" / stage).mkdir(parents=True)
        self._runs.touch()
        with closing(self._sink()) as sink:
            sink.execute("PRAGMA journal_mode=WAL")
            sink.execute("CREATE TABLE reports (exam TEXT NOT NULL)")
            if self.once:
                sink.execute("CREATE UNIQUE INDEX once ON reports (exam)")

    def seconds(self, exam: str, stage: str) -> float:
        """How long the work takes: the same for every try."""
        draw = hashlib.sha256(f"{self.seed}/{exam}/{stage}".encode()).digest()
        return _SHORTEST + (_LONGEST - _SHORTEST) * int.from_bytes(draw[:4], "big") / 2**32

    def begin(self, exam: str, stage: str) -> float:
        """Note that the work begins; how many seconds it will take."""
        line = json.dumps({"exam": exam, "stage": stage, "pid": os.getpid(), "at": time.time()}) + "\n"
        handle = os.open(self._runs, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
        return self.seconds(exam, stage)

    def finish(self, exam: str, stage: str) -> None:
        """Write the result."""
        place = self.folder / "results" / stage / exam
        unfinished = place.with_suffix(f".{os.getpid()}")
        unfinished.write_text(exam)
        unfinished.replace(place)

    def do(self, exam: str, stage: str) -> None:
        """The work of a stage that may block."""
        time.sleep(self.begin(exam, stage))
        self.finish(exam, stage)

    def report(self, exam: str) -> None:
        """Tell the customer."""
        with closing(self._sink()) as sink:
            sink.execute("INSERT OR IGNORE INTO reports VALUES (?)", [exam])

    def runs(self) -> list[Run]:
        """All that was begun."""
        return self.notes().new()

    def notes(self) -> "Notes":
        """What is begun, as it is written down."""
        return Notes(self._runs)

    def reports(self) -> Counter[str]:
        """How often each exam was reported."""
        with closing(self._sink()) as sink:
            return Counter(dict(sink.execute("SELECT exam, count(*) FROM reports GROUP BY exam")))

    @property
    def _runs(self) -> Path:
        return self.folder / "runs.jsonl"

    def _sink(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "reports.sqlite", timeout=30, isolation_level=None)


class Notes:
    """Reads on from where it stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def new(self) -> list[Run]:
        """Runs noted since the last call."""
        with self._path.open("rb") as notes:
            notes.seek(self._read)
            whole, _, _ = notes.read().rpartition(b"\n")
        self._read += len(whole) + 1 if whole else 0
        return [Run(**json.loads(line)) for line in whole.splitlines()]


def do(exam: str, stage: str) -> None:
    """The work by its name alone, for pools of processes."""
    Work.from_environment().do(exam, stage)
