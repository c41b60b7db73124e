"""A batch's bytes on disk while it arrives."""

import asyncio
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.gateway.batches.spool import open_spool

MIB = 1024 * 1024


async def test_what_is_appended_is_read_back() -> None:
    with open_spool() as spool:
        for n in range(5):
            await spool.append(bytes([n]) * (MIB // 2))
        await spool.flush()
        assert spool.size == 5 * MIB // 2
        part = spool.part(MIB // 2 - 1, 2)
        assert part.read() == b"\x00\x01"
        assert part.read() == b""


async def test_a_cancelled_upload_writes_into_no_file_that_has_its_descriptor_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go, pwrite = threading.Event(), threading.Event(), os.pwrite

    def slowly(fd: int, data: bytes, at: int) -> int:
        begun.set()
        go.wait(60)
        return pwrite(fd, data, at)

    monkeypatch.setattr(os, "pwrite", slowly)
    with ThreadPoolExecutor(1) as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        with open_spool() as spool:
            fd = spool._fd
            appending = asyncio.create_task(spool.append(b"secret" * MIB))
            await asyncio.sleep(0)
            begun.wait(60)
            appending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await appending
            threading.Timer(0.2, go.set).start()
        with tempfile.TemporaryFile(buffering=0) as other:
            assert other.fileno() == fd, "descriptors are used again at once"
            threads.shutdown()
            assert other.read() == b""
