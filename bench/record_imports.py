"""An import of past records, from the stored file to its outcome: `python -m bench.record_imports [--rows 100000]`.

The importer as the gateway runs it, on a Postgres of its own (fsync off, as in tests). Beside it, in the same run, COPY of
the same rows into a bare table without a key: what the rows themselves take. CPU seconds are the importer's and Postgres'
together, so that a loaded machine shows in the wall clock only.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from pydantic import SecretStr

from deploy.native.stack import embedded_stack
from runtime.blobs_local import LocalBlobs
from services.gateway.database import open_database
from services.gateway.records import imports
from services.gateway.records.importer import Importer
from services.gateway.records.settings import RecordSettings
from services.gateway.settings import PostgresSettings

HEADER = "student_id,class_id,subject,date,paper,item,knowledge_points,earned,max\n"
PER_STUDENT = 250


def line(number: int) -> str:
    """One row in fifty is wrong."""
    student, item = divmod(number, PER_STUDENT)
    earned = 9 if number % 50 == 0 else number % 4
    return f"s-{student},7-{student % 8},math,2025-{item % 12 + 1:02}-15,单元{item % 10},{item},有理数与实数;代数式,{earned},4\n"


async def file_of(rows: int) -> AsyncIterator[bytes]:
    yield HEADER.encode()
    for start in range(0, rows, 1000):
        yield "".join(map(line, range(start, min(rows, start + 1000)))).encode()


def cpu(postgres: list[psutil.Process]) -> float:
    """Of this process and of Postgres' processes that are alive, in seconds."""
    found = {}
    for process in postgres:
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {each.pid: each for each in (process, *process.children(recursive=True))}
    times = [os.times()[:2]]
    for each in found.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            times.append(each.cpu_times()[:2])
    return sum(sum(each) for each in times)


async def measured(name: str, rows: int, postgres: list[psutil.Process], work: Awaitable[Any]) -> None:
    began, spent = time.monotonic(), cpu(postgres)
    outcome = await work
    seconds, used = time.monotonic() - began, cpu(postgres) - spent
    print(
        f"| {name} | {rows / seconds:,.0f} | {seconds:.1f} | {used:.1f} | {1e6 * used / rows:.0f} | {outcome} |",
        flush=True,
    )


async def taken(pool: asyncpg.Pool, blobs: LocalBlobs, rows: int, name: str) -> str:
    file = await blobs.put_stream(f"bench/imports/{name}", file_of(rows))
    new = imports.fresh("bench", "text/csv", None, file, "bench")
    await imports.create(pool, new)
    await Importer(pool, blobs, RecordSettings()).round()
    found = await imports.find(pool, "bench", new.import_id)
    assert found is not None
    counts = found[1]
    assert found[0].ended_at is not None
    assert counts.rows == rows
    return f"{counts.created} created, {counts.updated} updated, {counts.refused} refused"


async def copied(pool: asyncpg.Pool, rows: int) -> str:
    async with pool.acquire() as connection:
        await connection.execute(
            "CREATE TEMP TABLE bare (a text, b text, c text, d text, e text, f text, g text, h float8, i float8)"
        )
        records = [line(number).strip().split(",") for number in range(rows)]
        typed = [(*each[:7], float(each[7]), float(each[8])) for each in records]
        await connection.copy_records_to_table("bare", records=typed, timeout=300)
    return f"{rows} copied"


async def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder, embedded_stack(Path(folder), durable=False) as stack:
        settings = PostgresSettings(dsn=SecretStr(stack.postgres_dsn), pool=8)
        postgres = [p for p in psutil.Process().children(recursive=True) if "postgres" in p.name()]
        blobs = LocalBlobs(Path(folder) / "blobs")
        async with open_database(settings) as pool:
            await pool.execute("INSERT INTO tenants (name) VALUES ('bench')")
            print("| what | rows/s | seconds | CPU seconds | CPU µs a row | outcome |\n|---|---|---|---|---|---|")
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            await measured("import", rows, postgres, taken(pool, blobs, rows, "first"))
            await measured("the same file again", rows, postgres, taken(pool, blobs, rows, "again"))
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            await measured("COPY into a bare table", rows, postgres, copied(pool, rows))
            print(f"\nThe importer's memory grew by {grown:.0f} MB while it read {rows} rows, twice.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    asyncio.run(main(parser.parse_args().rows))
