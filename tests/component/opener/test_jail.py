"""What a process that opens a stranger's file can't do."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import json, os, socket, sys, threading
from services.ocr.opener.jail import Bounds, can_filter, confine

def tried(act):
    try:
        act()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "done"

def thread():
    one = threading.Thread(target=int)
    one.start()
    one.join()

parent, path = os.getppid(), sys.argv[1]
confine(Bounds(memory=300_000_000, cpu_seconds=60, seconds=60))
found = {
    "filtered": can_filter(),
    "a socket": tried(socket.socket),
    "a process": tried(os.fork),
    "a program": tried(lambda: os.execv("/bin/true", ["true"])),
    "a signal to another": tried(lambda: os.kill(parent, 0)),
    "writing a file": tried(lambda: open(path + ".new", "w")),
    "changing a file": tried(lambda: open(path, "r+")),
    "removing a file": tried(lambda: os.unlink(path)),
    "much memory": tried(lambda: bytearray(400_000_000)),
    "reading a file": tried(lambda: open(path).read()),
    "some memory": tried(lambda: bytearray(100_000_000)),
    "a thread": tried(thread),
}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("jail") / "a"
    file.write_text("a")
    done = subprocess.run([sys.executable, "-c", PROGRAM, file], cwd=ROOT, capture_output=True, text=True, check=True)
    assert file.read_text() == "a"
    return dict(json.loads(done.stdout))


def test_system_calls_are_filtered_on_the_machines_we_run_on(found: dict[str, Any]) -> None:
    if not found["filtered"]:
        pytest.skip("no filter for this kind of machine: only the limits hold")


@pytest.mark.parametrize(
    "what",
    [
        "a socket",
        "a process",
        "a program",
        "a signal to another",
        "writing a file",
        "changing a file",
        "removing a file",
    ],
)
def test_it_reaches_nothing_outside(found: dict[str, Any], what: str) -> None:
    assert found[what] == "PermissionError" or not found["filtered"]


def test_it_gets_no_more_memory_than_it_may(found: dict[str, Any]) -> None:
    assert found["much memory"] == "MemoryError"


@pytest.mark.parametrize("what", ["reading a file", "some memory", "a thread"])
def test_it_can_do_its_work(found: dict[str, Any], what: str) -> None:
    assert found[what] == "done"
