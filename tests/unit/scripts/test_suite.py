"""Which failures of the suite are tried again, and that a test that fails twice fails the suite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.suite import SPARED, worth_another_try

LIVE = "tests/component/gateway/test_live.py::test_one"
PURE = "tests/unit/analyzer/test_checker.py::test_one"
FAILS_ONCE = """
from pathlib import Path

def test_once():
    met = Path(__file__).with_name("met")
    if not met.exists():
        met.touch()
        raise AssertionError("the first time")
"""


def test_a_few_failures_of_real_servers_are_worth_another_try() -> None:
    assert worth_another_try(1, [LIVE] * SPARED)


@pytest.mark.parametrize(
    ("code", "failed"),
    [(0, []), (1, []), (1, [PURE]), (1, [LIVE, PURE]), (1, [LIVE] * (SPARED + 1)), (2, [LIVE]), (3, [LIVE])],
    ids=["none failed", "none named", "no server", "one without a server", "too many", "not collected", "pytest broke"],
)
def test_nothing_else_is(code: int, failed: list[str]) -> None:
    assert not worth_another_try(code, failed)


@pytest.mark.parametrize(
    ("folder", "text", "code", "said"),
    [
        ("component", FAILS_ONCE, 0, "UNSTABLE (failed, then passed alone): tests/component/test_it.py::test_once"),
        ("component", "def test_always():\n    assert False\n", 1, "once more, alone"),
        ("unit", FAILS_ONCE, 1, "1 failed"),
    ],
    ids=["passes alone", "fails twice", "needs no server"],
)
def test_the_suite_passes_only_with_tests_that_pass_alone(
    tmp_path: Path, folder: str, text: str, code: int, said: str
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (tmp_path / "tests" / folder).mkdir(parents=True)
    (tmp_path / "tests" / folder / "test_it.py").write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    run = subprocess.run(
        [sys.executable, "-m", "scripts.suite"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == code, run.stdout + run.stderr
    assert said in run.stdout
