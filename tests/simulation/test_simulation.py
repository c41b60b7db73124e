"""Thousands of small worlds in which everything fails: no exam is lost, none reported twice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.status import Status
from tests.simulation.__main__ import run_seeds, side_by_side
from tests.simulation.faults import PAIRS

SEEDS = int(os.environ.get("REDINK_TEST_SEEDS", "10000"))


@pytest.mark.timeout(1800)
def test_no_seed_loses_an_exam_or_reports_one_twice() -> None:
    results = list(side_by_side(0, SEEDS, jobs=min(2, os.cpu_count() or 1)))
    failed = {
        result.seed: [str(violation) for violation in result.violations] for result in results if result.violations
    }
    assert not failed, f"replay with: python -m tests.simulation --trace --seed {min(failed)}"
    assert len(results) == SEEDS
    ends = {status for result in results for status in result.outcomes}
    assert ends == {status.value for status in Status if status.terminal}, "every way to end happens"
    drawn = {pair for result in results for pair in result.faults}
    assert drawn == PAIRS, f"{SEEDS} seeds never had {sorted(PAIRS - drawn)}"


def test_a_seed_can_be_replayed_exactly() -> None:
    once, again = list(run_seeds(range(30))), list(run_seeds(range(30)))
    assert [result.digest for result in once] == [result.digest for result in again]
    assert len({result.digest for result in once}) == len(once)


def test_a_seed_means_the_same_in_another_process_whatever_its_hash_seed() -> None:
    code = "from tests.simulation.__main__ import run_seeds; print([r.digest for r in run_seeds(range(20))])"
    root = Path(__file__).parents[2]
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in (1, 2)
    }
    assert told == {f"{[result.digest for result in run_seeds(range(20))]}\n"}
