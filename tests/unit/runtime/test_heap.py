"""Freed memory goes back to the system though small blocks that live long lie between."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path
from runtime import heap

if sys.argv[1] == "set" and not heap.keep_little():
    raise SystemExit("not set")

def resident():
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmRSS"].split()[0])

bytes(bytearray(8 << 20))  # once freed, the default serves blocks of this size from the heap
before, kept = resident(), []
for size in range(600):
    body = [b"x" * (200_000 + 1_000 * number) for number in range(20)]
    kept.append(b"y" * (600 + size))
    body.clear()
print(resident() - before)
"""


def growth(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator only")
def test_freed_buffers_are_given_back_though_small_values_stay() -> None:
    assert growth("set") < 3_000  # KiB; 600 kept values are about 600
