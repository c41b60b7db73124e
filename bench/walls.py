"""What row-level security costs a request's query: `python -m bench.walls`. Prints milliseconds and ratios.

The peer is the textbook way, `SET LOCAL app.tenant` in a transaction around every query.
"""

import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable

import asyncpg
from pydantic import SecretStr

from deploy.native.stack import embedded_stack
from services.gateway.database import TENANT, open_api_pool, open_database
from services.gateway.settings import PostgresSettings

TENANTS, EXAMS, RUNS = 50, 200, 2000
QUERY = "SELECT * FROM exams WHERE exam_id = $1 AND tenant = $2"
Look = Callable[[str, uuid.UUID], Awaitable[object]]


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, embedded_stack(folder, durable=False) as stack:
        settings = PostgresSettings(dsn=SecretStr(stack.postgres_dsn), pool=4)
        async with open_database(settings) as owner, open_api_pool(settings) as api:
            exams = await fill(owner)

            async def plain(tenant: str, exam_id: uuid.UUID) -> object:
                return await owner.fetchrow(QUERY, exam_id, tenant)

            async def guarded(tenant: str, exam_id: uuid.UUID) -> object:
                TENANT.set(tenant)
                return await api.fetchrow(QUERY, exam_id, tenant)

            async def set_local(tenant: str, exam_id: uuid.UUID) -> object:
                async with api.acquire() as connection, connection.transaction():
                    await connection.fetchval("SELECT set_config('app.tenant', $1, true)", tenant)
                    return await connection.fetchrow(QUERY, exam_id, tenant)

            one = [(tenant, exam_id) for tenant, exam_id in exams if tenant == "t0"]
            ways: dict[str, tuple[Look, list[tuple[str, uuid.UUID]]]] = {
                "no wall": (plain, exams),
                "wall, the same tenant": (guarded, one),
                "wall, another tenant each time": (guarded, exams),
                "SET LOCAL in a transaction": (set_local, exams),
            }
            show(await measure(ways))


async def measure(ways: dict[str, tuple[Look, list[tuple[str, uuid.UUID]]]]) -> dict[str, list[float]]:
    """Seconds of each query, in blocks that take turns: what else the machine does hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for block in range(0, RUNS, 50):
        for name, (look, asked) in ways.items():
            for number in range(block, block + 50):
                began = time.perf_counter()
                assert await look(*asked[number % len(asked)]) is not None
                seconds[name].append(time.perf_counter() - began)
    return seconds


def show(seconds: dict[str, list[float]]) -> None:
    base = sorted(seconds["no wall"])[RUNS // 10]
    for name, each in seconds.items():
        p50, quick = statistics.median(each), sorted(each)[RUNS // 10]
        print(f"{name:32} p10 {quick * 1000:.3f} ms  p50 {p50 * 1000:.3f} ms  × {quick / base:.2f}")


async def fill(owner: asyncpg.Pool) -> list[tuple[str, uuid.UUID]]:
    """Exams of many tenants, in such an order that every query is another tenant's."""
    tenants = [f"t{number}" for number in range(TENANTS)]
    exams = [(tenant, uuid.uuid4()) for _ in range(EXAMS) for tenant in tenants]
    await owner.executemany("INSERT INTO tenants (name) VALUES ($1)", [(tenant,) for tenant in tenants])
    await owner.executemany(
        """INSERT INTO exams (exam_id, tenant, priority, subject, grade, locale, files, created_at, deadline, updated_at,
                              status_at, heard_at)
           VALUES ($1, $2, 'batch', 'math', 7, 'zh-CN', 1, now(), now(), now(), now(), now())""",
        [(exam_id, tenant) for tenant, exam_id in exams],
    )
    await owner.execute("ANALYZE exams")
    return exams


if __name__ == "__main__":
    asyncio.run(main())
