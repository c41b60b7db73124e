"""Worker processes: a child's death fails one exam, not the worker; none outlives its parent."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pool_tasks
import pytest

from contracts.errors import ErrorCode, Permanent, Transient
from runtime.pool import Pool, Workers, open_workers
from runtime.verdict import WorkerDied

LONG = 60.0
"""Seconds that a busy machine may take to begin a process."""


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with open_workers("ocr", Pool(initializer=pool_tasks.load, initargs=("model",), max_tasks=3)) as running:
        yield running


async def test_the_initializer_has_run_once_before_the_first_call(workers: Workers) -> None:
    assert workers.warm
    assert (await workers.call(pool_tasks.loaded, (), LONG))[0] == ["model"]


async def test_errors_of_the_core_come_through_as_they_are(workers: Workers) -> None:
    with pytest.raises(Permanent) as caught:
        await workers.call(pool_tasks.encrypted, (), LONG)
    assert caught.value.code is ErrorCode.ENCRYPTED_PDF
    with pytest.raises(TimeoutError, match="own"):
        await workers.call(pool_tasks.late, (), LONG)


async def test_cpu_seconds_are_those_the_child_spent(workers: Workers) -> None:
    _, cpu = await workers.call(pool_tasks.burn, (0.2,), LONG)
    assert 0.19 < cpu < 1


async def test_a_child_that_dies_fails_its_call_and_the_next_gets_a_new_one(workers: Workers) -> None:
    with pytest.raises(WorkerDied):
        await workers.call(pool_tasks.die, (), LONG)
    assert (await workers.call(pool_tasks.loaded, (), LONG))[0] == ["model"]


async def test_out_of_memory_a_worker_goes_before_the_process_that_holds_the_consumers(workers: Workers) -> None:
    child, _ = await workers.call(pool_tasks.first_to_go, (), LONG)
    assert child > pool_tasks.first_to_go()


async def test_a_child_that_dies_while_idle_breaks_only_what_was_under_way(workers: Workers) -> None:
    child, _ = await workers.call(pool_tasks.pid, (), LONG)
    os.kill(child, signal.SIGKILL)
    async with asyncio.timeout(LONG):
        while workers._processes.active:  # noqa: ASYNC110 - nobody tells; once noticed, the pool is given up
            await asyncio.sleep(0.02)
    calls = [workers.call(pool_tasks.loaded, (), LONG) for _ in range(3)]
    assert [result for result, _ in await asyncio.gather(*calls)] == [["model"]] * 3


async def test_calls_that_a_broken_pool_never_took_up_are_told(tmp_path: Path) -> None:
    """They are larger than the pipe, so all but one wait in the parent when the pool is given up."""
    pool = Pool(initializer=pool_tasks.load_once, initargs=(str(tmp_path / "loaded"),))
    async with open_workers("ocr", pool) as workers:
        first = asyncio.create_task(workers.call(pool_tasks.die, (), 60))
        others = [asyncio.create_task(workers.call(pool_tasks.size, (bytes(2_000_000),), 60)) for _ in range(4)]
        with pytest.raises((WorkerDied, Transient)):  # Transient, if its death is noticed before its start
            await first
        done, waiting = await asyncio.wait(others, timeout=60)
        assert not waiting
        assert {type(call.exception()) for call in done} == {Transient}


async def test_a_call_over_its_limit_is_killed(workers: Workers) -> None:
    with pytest.raises(Permanent) as caught:
        await workers.call(pool_tasks.hang, (), 0.3)  # it would hang for ten minutes
    assert caught.value.code is ErrorCode.STAGE_TIMEOUT
    assert (await workers.call(pool_tasks.loaded, (), LONG))[0] == ["model"]


async def test_a_cancelled_call_frees_its_process(workers: Workers) -> None:
    call = asyncio.create_task(workers.call(pool_tasks.hang, (), 600))
    await asyncio.sleep(0.2)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await workers.call(pool_tasks.loaded, (), LONG))[0] == ["model"]


async def test_a_process_is_replaced_after_max_tasks(workers: Workers) -> None:
    pids = {(await workers.call(pool_tasks.pid, (), LONG))[0] for _ in range(6)}
    assert len(pids) > 1


async def test_ctrl_c_is_left_to_the_parent(workers: Workers) -> None:
    assert (await workers.call(pool_tasks.ignores_interrupt, (), LONG))[0]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "child"
    program = [sys.executable, pool_tasks.__file__, str(pid_file)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(program, env=environment, cwd=Path.cwd()) as parent:
        _wait(pid_file.exists)
        child = int(pid_file.read_text())
        parent.kill()
    _wait(lambda: not _alive(child))


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait(condition, seconds: float = LONG) -> None:  # type: ignore[no-untyped-def]
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.02)
