"""What the pool tests run in worker processes; importable there by name."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from contracts.errors import ErrorCode, Permanent
from runtime.pool import Pool, open_workers

LOADED: list[str] = []


def load(name: str) -> None:
    LOADED.append(name)


def load_once(marker: str) -> None:
    """The first process of all loads; each later one dies at it, as if there were no memory left."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        die()


def size(data: bytes) -> int:
    return len(data)


def loaded() -> list[str]:
    return LOADED


def pid() -> int:
    return os.getpid()


def first_to_go() -> int:
    return int(Path("/proc/self/oom_score_adj").read_text())


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def burn(seconds: float) -> float:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return seconds


def hang() -> None:
    time.sleep(600)


def encrypted() -> None:
    raise Permanent(ErrorCode.ENCRYPTED_PDF)


def late() -> None:
    raise TimeoutError("the function's own")


def ignores_interrupt() -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def tell(pid_file: str, child: int) -> None:
    Path(pid_file + ".part").write_text(str(child))
    Path(pid_file + ".part").rename(pid_file)


def parent(pid_file: str) -> None:
    """A process with a pool, that a test kills."""

    async def run() -> None:
        async with open_workers("ocr", Pool()) as workers:
            child, _ = await workers.call(pid, (), 10)
            tell(pid_file, child)
            await workers.call(hang, (), 600)

    asyncio.run(run())


if __name__ == "__main__":
    parent(sys.argv[1])
