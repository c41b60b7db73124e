"""An opener as a child process of ocr, begun again when it ends."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from runtime import log

_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""No secret of ours is in the environment of a process that strangers' files are opened in."""


@asynccontextmanager
async def open_opener(socket: str | None = None) -> AsyncIterator[str]:
    """Yield the path of an opener's socket: `socket`, or one of its own. It may yet be starting: askers wait for it."""
    with tempfile.TemporaryDirectory(prefix="redink-opener-") as folder:
        path = socket or str(Path(folder) / "opener.sock")
        keeping = asyncio.create_task(_keep(path), name="opener")
        try:
            yield path
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping


async def _keep(path: str) -> None:
    while True:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.ocr.opener", path,
            stdin=asyncio.subprocess.PIPE, env=_environment(), start_new_session=True,
        )  # fmt: skip
        try:
            code = await process.wait()
            log.get("ocr.opener").error("opener ended", code=code)
            await asyncio.sleep(1)
        finally:
            await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _environment() -> dict[str, str]:
    limits = {name: value for name, value in os.environ.items() if name.upper().startswith("REDINK_OCR_")}
    shared = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**shared, **limits, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
