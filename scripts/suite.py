"""The test suite as CI runs it: three files at a time, and a second try, alone, for few tests of real servers.

Two cores carry a broker, a database, a browser and dozens of processes beside the tests, so that once in some ten
thousand times a test of real servers fails for the machine's reasons. Such a test is run again by itself; it must pass
then, and is named at the end, since it may as well have met a true race. What needs no server gets no second try, nor do
more failures than `SPARED`: those are the code's.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

REAL = ("tests/component/", "tests/e2e/", "tests/faults/", "tests/native/")
"""Folders of tests that talk to real servers, processes or browsers."""
SPARED = 2
"""As many failures may be the machine's."""
_CACHE = Path(".pytest_cache/suite")
_PYTEST = [sys.executable, "-m", "pytest", "-o", f"cache_dir={_CACHE}"]
_TESTS_FAILED = 1  # pytest's exit code; others mean that it could not run what it was asked to


def main(paths: list[str]) -> int:
    """Run the tests below `paths` (all, if none): 0 when each passed, if need be at a second try."""
    shutil.rmtree(_CACHE, ignore_errors=True)
    code = _run(["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", *paths])
    failed = _failed()
    if not worth_another_try(code, failed):
        return code
    print(f"\nonce more, alone: {', '.join(failed)}", flush=True)
    code = _run(failed)
    for test in failed if code == 0 else []:
        print(f"UNSTABLE (failed, then passed alone): {test}", flush=True)
    return code


def worth_another_try(code: int, failed: list[str]) -> bool:
    """Whether failures may be the machine's: few, and each of a test that talks to real servers."""
    return code == _TESTS_FAILED and 0 < len(failed) <= SPARED and all(test.startswith(REAL) for test in failed)


def _run(arguments: list[str]) -> int:
    return subprocess.run([*_PYTEST, *arguments], check=False).returncode


def _failed() -> list[str]:
    kept = _CACHE / "v/cache/lastfailed"
    return sorted(json.loads(kept.read_text())) if kept.exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
