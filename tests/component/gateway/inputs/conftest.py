"""One gateway and one opener for all kinds of bad input: none of them may harm the next."""

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from deploy.native.stack import Stack
from tests.component.gateway.harness import Running, gateway
from tests.component.gateway.inputs.kinds import MAX_BODY

ROOT = Path(__file__).parents[4]


def listening(path: str) -> bool:
    """The file is there a moment before it takes connections."""
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(path) == 0


@pytest.fixture(scope="session")
def opener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The socket of a running opener."""
    path = str(tmp_path_factory.mktemp("opener") / "opener.sock")
    limits = {"REDINK_OCR_OPEN_SECONDS": "60"}  # by the clock of a busy machine
    with subprocess.Popen(
        [sys.executable, "-m", "services.ocr.opener", path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        env={**os.environ, **limits},
    ) as process:
        try:
            while not listening(path):
                assert process.poll() is None
                time.sleep(0.05)
            yield path
        finally:
            process.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def looking(stack: Stack, opener: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A gateway that looks at all files before it answers, and is impatient with slow clients."""
    name = f"inputs_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(stack.postgres_dsn)
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        dsn = urlsplit(stack.postgres_dsn)._replace(path=f"/{name}").geturl()
        changes = {"opener": opener, "advice_seconds": 90, "check_seconds": 90, "max_body_bytes": MAX_BODY}
        pace = {"upload_idle_seconds": 6.0, "upload_min_rate": 2048}
        async with gateway(dsn, tmp_path_factory.mktemp("blobs"), **changes, **pace) as one:
            yield one
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()
