"""A process leaves in time even when one of its threads never ends."""

import subprocess
import sys
import time

HUNG = """
import asyncio, time
from runtime.process import exit_after

async def main():
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 600)  # as a disk that doesn't answer
    exit_after(0.2, 7).start()

asyncio.run(main())
"""


def test_a_hung_thread_does_not_keep_a_process_that_has_finished() -> None:
    began = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", HUNG], capture_output=True, timeout=100, check=False)
    assert ended.returncode == 7, ended.stderr.decode()
    assert time.monotonic() - began < 90
