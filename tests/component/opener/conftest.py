"""A running opener, by the way a gateway's neighbour runs it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]


class Running(NamedTuple):
    path: str
    process: subprocess.Popen[bytes]

    def children(self) -> set[int]:
        pid = self.process.pid
        return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def listening(path: str) -> bool:
    """The file is there a moment before it takes connections."""
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(path) == 0


@pytest.fixture(scope="module")
def opener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    path = str(tmp_path_factory.mktemp("o") / "opener.sock")
    settings = {
        "REDINK_OCR_OPEN_CPU_SECONDS": "2",
        "REDINK_OCR_OPEN_SECONDS": "60",
        "REDINK_OCR_OPEN_MEMORY": "400000000",
    }
    command = [sys.executable, "-m", "services.ocr.opener", path]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, env={**os.environ, **settings}) as process:
        until = time.monotonic() + 100
        while not listening(path):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield Running(path, process)
        process.terminate()
        assert process.wait(60) == 0
    assert not Path(path).exists()
