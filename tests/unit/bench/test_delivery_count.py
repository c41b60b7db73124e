"""The delivery benchmark counts what is in the notes, and nothing else."""

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.delivery.count import fates, tally
from bench.delivery.nemesis import Nemesis
from bench.delivery.work import Work
from bench.delivery.workers import Workers


@pytest.fixture
def work(tmp_path: Path) -> Work:
    prepared = Work(tmp_path / "contest", seed=7)
    prepared.prepare()
    return prepared


def test_every_accepted_exam_is_counted_in_exactly_one_column() -> None:
    found = fates(
        accepted=["once", "twice", "told", "waiting", "gone"],
        reports={"once": 1, "twice": 3, "warm-up": 1},
        failed=["told", "once"],
        held=["waiting", "told", "twice"],
    )
    assert found == {"once": "once", "twice": "twice", "told": "failed", "waiting": "stuck", "gone": "lost"}
    counts = tally(found, [])
    assert counts.accepted == counts.once + counts.twice + counts.failed + counts.stuck + counts.lost == 5


def test_only_runs_beyond_the_first_of_an_exam_and_stage_count_as_repeated() -> None:
    runs = [("a", "ocr"), ("a", "ocr"), ("a", "parser"), ("b", "ocr"), ("warm-up", "ocr"), ("warm-up", "ocr")]
    assert tally({"a": "once", "b": "lost"}, runs).repeated == 1


def test_planted_notes_are_counted_as_they_stand(work: Work) -> None:
    for exam, stage in [("a", "ocr"), ("a", "ocr"), ("b", "ocr")]:
        work.begin(exam, stage)
    for exam in ["a", "a", "b"]:
        work.report(exam)
    found = fates(["a", "b", "c"], work.reports(), [], [])
    counts = tally(found, [(run.exam, run.stage) for run in work.runs()])
    assert (counts.once, counts.twice, counts.lost, counts.repeated) == (1, 1, 1, 1)


def test_a_sink_with_a_unique_key_takes_an_exam_but_once(tmp_path: Path) -> None:
    sink = Work(tmp_path / "contest", seed=7, once=True)
    sink.prepare()
    for _ in range(3):
        sink.report("a")
    assert sink.reports() == {"a": 1}


def test_a_note_that_is_half_written_is_read_when_it_is_whole(work: Work) -> None:
    notes = work.notes()
    work.begin("a", "ocr")
    assert [run.exam for run in notes.new()] == ["a"]
    with (work.folder / "runs.jsonl").open("a") as file:
        file.write('{"exam": "b", "stage": "ocr", "pid"')
        file.flush()
        assert notes.new() == []
        file.write(': 1, "at": 2.0}\n')
    assert [run.exam for run in notes.new()] == ["b"]
    assert notes.new() == []


def test_work_takes_as_long_in_every_try_and_another_time_for_another_seed(work: Work) -> None:
    assert work.seconds("a", "ocr") == work.seconds("a", "ocr")
    assert 0.02 <= work.seconds("a", "ocr") <= 0.06
    assert work.seconds("a", "ocr") != Work(work.folder, 8).seconds("a", "ocr")


def test_the_nemesis_kills_workers_at_work_and_they_come_back(work: Work, tmp_path: Path) -> None:
    loop = "from bench.delivery.work import Work\nw = Work.from_environment()\nwhile True: w.do('a', '{}')"
    commands = {stage: [sys.executable, "-c", loop.format(stage)] for stage in ("ocr", "parser")}
    workers = Workers(commands, work.environment(), tmp_path / "log")
    workers.start()
    nemesis = Nemesis(workers, work, seed=random.Random(1).randrange(100), limit=2)
    thread = threading.Thread(target=nemesis.run)
    try:
        thread.start()
        thread.join(60)
        assert nemesis.done
        _wait_until(lambda: len({run.pid for run in work.runs()}) == 4)
    finally:
        nemesis.stop()
        workers.stop()
    assert all(workers.pid(name) is None for name in commands)


def test_workers_do_not_outlive_a_killed_driver(work: Work, tmp_path: Path) -> None:
    driver = (
        "import sys, time\nfrom pathlib import Path\nfrom bench.delivery.workers import Workers\n"
        "workers = Workers({'ocr': ['sleep', '60']}, {}, Path(sys.argv[1]))\n"
        "workers.start()\nprint(workers.pid('ocr'), flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", driver, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        process.kill()
    _wait_until(lambda: not _runs(worker))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def _wait_until(condition: object, within: float = 30) -> None:
    until = time.monotonic() + within
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.05)
