"""Freed memory goes back to the system though small blocks that live long lie between."""

import platform
import subprocess
import sys

import pytest

from runtime import heap

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


READER = """
import asyncio, socket, sys
from runtime import heap

if sys.argv[1] == "set":
    heap.read_in_small()

class Reader(asyncio.Protocol):
    longest = 0
    def data_received(self, data):
        self.longest = max(self.longest, len(data))

async def longest():
    loop, (here, there) = asyncio.get_running_loop(), socket.socketpair()
    for end in here, there:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        end.setblocking(False)
    there.send(b"x" * 150_000)
    transport, reader = await loop.create_connection(Reader, sock=here)
    while not reader.longest:
        await asyncio.sleep(0.01)
    transport.close()
    there.close()
    return reader.longest

print(asyncio.run(longest()))
"""


def longest_read(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", READER, how], check=True, capture_output=True, text=True)
    return int(done.stdout)


def test_a_connection_is_read_in_pieces_that_come_from_the_heap() -> None:
    assert longest_read("set") == heap.READ < heap.LARGE < longest_read("unset")
